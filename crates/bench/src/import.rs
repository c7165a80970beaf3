//! Import of a repository over HTTP, beside the bare time of fetching the same pages.

use crate::report::{Figure, median};
use crate::rig::{self, BOT, REPO};
use anyhow::{Result, ensure};
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 3;
const PAGE: usize = 50;

pub(crate) async fn measure(issues: usize) -> Result<Figure> {
    eprintln!("import: {issues} issues, {ROUNDS} rounds");
    let sim = rig::sim(issues);
    let tracker = rig::serve(&sim).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let cx = rig::cx();
        let transport = Arc::new(issuesync::HttpTransport::new(Arc::clone(&cx.clock))?);
        let product = rig::product(&tracker, transport, cx, None).await?;
        let started = Instant::now();
        product.engine.sync(&product.cx, product.connection.id, false).await?;
        ours.push(started.elapsed().as_secs_f64());
        let counts = product.store.counts(product.connection.id).await?;
        ensure!(counts.issues == issues as i64, "{} of {issues} issues are mirrored", counts.issues);
        limit.push(fetch(&tracker, issues).await?);
    }
    Ok(Figure::cost(&format!("import of {issues} issues"), median(ours), median(limit), "s"))
}

async fn fetch(tracker: &str, issues: usize) -> Result<f64> {
    let client = reqwest::Client::new();
    let started = Instant::now();
    let mut fetched = 0;
    for page in 1..=issues.div_ceil(PAGE) {
        let url = format!("{tracker}/api/v1/repos/{REPO}/issues?state=all&type=issues&limit={PAGE}&page={page}");
        let answer =
            client.get(url).header("authorization", format!("token {BOT}")).send().await?.error_for_status()?;
        fetched += answer.bytes().await?.len();
    }
    ensure!(fetched > 0, "nothing was fetched");
    Ok(started.elapsed().as_secs_f64())
}
