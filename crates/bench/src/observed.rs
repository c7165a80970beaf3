//! Observations applied per second (a full pass over a repository whose every title changed), beside the same rows written by bare bulk SQL.

use crate::report::{Figure, median};
use crate::rig::{self, Direct, REPO};
use anyhow::{Result, ensure};
use issuesync_model::{Field, Item};
use issuesync_store::IssueQuery;
use rusqlite::{Connection, params};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

pub(crate) async fn measure(issues: usize) -> Result<Figure> {
    eprintln!("observations applied: {issues} changed issues, {ROUNDS} rounds");
    let sim = rig::sim(issues);
    let cx = rig::cx();
    let transport =
        Arc::new(Direct { sim: Arc::clone(&sim), clock: Arc::clone(&cx.clock), spent_ns: AtomicU64::new(0) });
    let product = rig::product("http://127.0.0.1:1", Arc::<Direct>::clone(&transport), cx, None).await?;
    product.engine.sync(&product.cx, product.connection.id, false).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Whole seconds are all that a tracker keeps, so each round's edits get a second of their own.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        for number in 1..=issues {
            let path = format!("/api/v1/repos/{REPO}/issues/{number}");
            let now_ms = product.cx.now_us() / 1000;
            let title = json!({"title": format!("Round {round} of issue {number}")});
            rig::call(&mut sim.lock().unwrap_or_else(PoisonError::into_inner), now_ms, "PATCH", &path, &title);
        }
        transport.spent_ns.store(0, Ordering::Relaxed);
        let started = Instant::now();
        let report = product.engine.sync(&product.cx, product.connection.id, true).await?;
        // What the simulated tracker needs for its answers is no part of applying them.
        let tracker = Duration::from_nanos(transport.spent_ns.load(Ordering::Relaxed));
        ours.push(issues as f64 / started.elapsed().saturating_sub(tracker).as_secs_f64());
        ensure!(report.changed >= issues, "{} of {issues} issues changed", report.changed);
        let page = product.store.list(IssueQuery { limit: issues, ..IssueQuery::default() }).await?;
        limit.push(bulk(&product.folder.path().join(format!("bulk-{round}.db")), &page.items)?);
    }
    Ok(Figure::rate("observations applied", median(ours), median(limit), "rows/s"))
}

/// The same rows: one issue row rewritten and one log row appended for each, in one transaction. Answers how many per second.
fn bulk(path: &Path, items: &[Item]) -> Result<f64> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE issues (id TEXT PRIMARY KEY, number INTEGER UNIQUE, updated INTEGER, title TEXT, local TEXT);
         CREATE INDEX issues_updated ON issues (updated, id);
         CREATE TABLE log (position INTEGER PRIMARY KEY, id TEXT UNIQUE, issue TEXT, before TEXT, after TEXT);
         CREATE INDEX log_issue ON log (issue, position);",
    )?;
    let write = |connection: &mut Connection, round: i64| -> Result<()> {
        let tx = connection.transaction()?;
        {
            let mut issue = tx.prepare("INSERT OR REPLACE INTO issues VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut log = tx.prepare("INSERT INTO log (id, issue, before, after) VALUES (?1, ?2, ?3, ?4)")?;
            for item in items {
                let id = item.id.to_string();
                let local = serde_json::to_string(&item.local)?;
                issue.execute(params![id, item.number, item.updated_us, item.local.text(Field::Title), local])?;
                log.execute(params![format!("{id}-{round}"), id, "{}", item.local.text(Field::Title)])?;
            }
        }
        Ok(tx.commit()?)
    };
    write(&mut connection, 0)?;
    let started = Instant::now();
    write(&mut connection, 1)?;
    Ok(items.len() as f64 / started.elapsed().as_secs_f64())
}
