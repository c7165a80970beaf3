//! From an edit on the tracker, by its webhook, to the mirror, at 100 edits a second.

use crate::report::{Figure, percentile};
use crate::rig::{self, ALICE, REPO};
use anyhow::{Result, ensure};
use issuesync_engine::{Roles, start};
use issuesync_model::Field;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const EVERY: Duration = Duration::from_millis(10);
const ISSUES: usize = 200;
/// How often the mirror is looked at.
const LOOK: Duration = Duration::from_millis(2);

pub(crate) async fn measure(edits: usize) -> Result<Vec<Figure>> {
    eprintln!("delivery to mirror: {edits} edits, one every {} ms", EVERY.as_millis());
    let sim = rig::sim(ISSUES);
    let tracker = rig::serve(&sim).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let cx = rig::cx();
    let transport = Arc::new(issuesync::HttpTransport::new(Arc::clone(&cx.clock))?);
    let product = rig::product(&tracker, transport, cx, Some(base)).await?;
    tokio::spawn(rig::surface(listener, Arc::clone(&product.engine), product.cx.clone()));
    product.engine.sync(&product.cx, product.connection.id, true).await?;
    let running = start(Arc::clone(&product.engine), product.cx.clone(), Roles::all());

    let log_start = product.store.log_end().await?;
    let store = Arc::clone(&product.store);
    let watcher = tokio::spawn(async move { watch(store.as_ref(), log_start, edits).await });
    let mut sent: BTreeMap<String, i64> = BTreeMap::new();
    let client = reqwest::Client::new();
    let mut tick = tokio::time::interval(EVERY);
    for n in 0..edits {
        tick.tick().await;
        let url = format!("{tracker}/api/v1/repos/{REPO}/issues/{}", n % ISSUES + 1);
        let title = format!("Edit {n}");
        // Counted from before the edit itself, so that the figure is an upper bound.
        sent.insert(title.clone(), product.cx.now_us());
        let request =
            client.patch(url).header("authorization", format!("token {ALICE}")).json(&json!({"title": title}));
        request.send().await?.error_for_status()?;
    }
    let arrived = watcher.await??;
    running.stop().await;
    let mut lags: Vec<f64> = arrived
        .iter()
        .filter_map(|(title, at_us)| sent.get(title).map(|sent_us| (at_us - sent_us) as f64 / 1000.0))
        .collect();
    ensure!(lags.len() * 10 >= edits * 9, "{} of {edits} edits were seen on the mirror one by one", lags.len());
    Ok(vec![
        Figure::alone("delivery to mirror, p50 at 100/s", percentile(&mut lags, 0.5), "ms"),
        Figure::alone("delivery to mirror, p99 at 100/s (aim 250)", percentile(&mut lags, 0.99), "ms"),
    ])
}

/// The titles that came to the mirror and when, until the last one did.
async fn watch(store: &dyn issuesync_store::Store, mut position: i64, edits: usize) -> Result<BTreeMap<String, i64>> {
    let mut arrived = BTreeMap::new();
    let last = format!("Edit {}", edits - 1);
    let patience = Instant::now() + EVERY * u32::try_from(edits)? + Duration::from_secs(30);
    while !arrived.contains_key(&last) && Instant::now() < patience {
        for (at, row) in store.log_after(position, 1000).await? {
            position = at;
            let title = row.after.text(Field::Title);
            if !title.is_empty() {
                arrived.entry(title.to_owned()).or_insert(row.time_us);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(arrived)
}
