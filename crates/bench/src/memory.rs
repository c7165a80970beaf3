//! Memory of the service with many issues mirrored: the tracker lives in this process, the service in another.

use crate::report::Figure;
use crate::rig;
use anyhow::{Context, Result};
use issuesync_engine::{Roles, start};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The most that the service may use, MB.
const LIMIT_MB: f64 = 150.0;

pub(crate) async fn measure(issues: usize) -> Result<Figure> {
    eprintln!("memory: {issues} issues");
    let sim = rig::sim(issues);
    let tracker = rig::serve(&sim).await?;
    let folder = tempfile::tempdir()?;
    let child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("memory-child")
        .arg(&tracker)
        .arg(folder.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.wait_with_output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mb: f64 = text.trim().parse().with_context(|| format!("the service's process said: {text}"))?;
    Ok(Figure::cost(&format!("memory with {issues} issues mirrored"), mb, LIMIT_MB, "MB"))
}

/// The service with every loop and its HTTP surface: imports, makes a full pass, and prints its resident memory in MB.
pub(crate) async fn child(tracker: &str, folder: &Path) -> Result<()> {
    let cx = rig::cx();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let transport = Arc::new(issuesync::HttpTransport::new(Arc::clone(&cx.clock))?);
    let (engine, _store, connection) = rig::connected(folder, tracker, transport, &cx, Some(base)).await?;
    tokio::spawn(rig::surface(listener, Arc::clone(&engine), cx.clone()));
    engine.sync(&cx, connection.id, false).await?;
    let running = start(Arc::clone(&engine), cx.clone(), Roles::all());
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mut full = engine.sync(&cx, connection.id, true).await;
    while matches!(full, Err(issuesync_engine::PassError::Busy)) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        full = engine.sync(&cx, connection.id, true).await;
    }
    full?;
    println!("{:.1}", resident_mb()?);
    running.stop().await;
    Ok(())
}

fn resident_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("this measurement needs Linux")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no resident size")?;
    let kb: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kb / 1024.0)
}
