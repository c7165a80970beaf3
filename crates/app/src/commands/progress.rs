//! Waits for an import with a progress bar; nothing is drawn where nobody looks.

use crate::api::{Api, segment};
use crate::failure::Failure;
use crate::output::one_line;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(200);

/// Waits until a connection's issues are imported; answers the connection as it is then.
pub(super) async fn import(api: &Api, id: &str) -> Result<Value, Failure> {
    let bar = ProgressBar::no_length().with_style(style("{spinner} looking for issues"));
    let mut lost = 0;
    loop {
        let connection = match api.get(&format!("/connections/{}", segment(id)), &[]).await {
            Ok(connection) => connection,
            // A service that restarts meanwhile goes on with the import by itself.
            Err(failure) if failure.exit == crate::failure::Exit::Unreachable && lost < 50 => {
                lost += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let import = &connection["import"];
        if let Some(total) = import["total"].as_u64() {
            if bar.length().is_none() {
                bar.set_style(style("{spinner} {pos}/{len} issues [{bar:30}] {speed}, {eta} left"));
            }
            bar.set_length(total.max(1));
        }
        bar.set_position(import["done"].as_u64().unwrap_or(0));
        if let Some(reason) = connection["parked_reason"].as_str() {
            bar.abandon();
            return Err(Failure::no(format!("the connection is parked: {}", one_line(reason))));
        }
        if import["complete"] == true && !connection["last_poll_at"].is_null() {
            bar.finish_and_clear();
            return Ok(connection);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("speed", |state: &ProgressState, out: &mut dyn Write| {
        // A bar that cannot be written is not worth an error.
        let _unseen = write!(out, "{:.0}/s", state.per_sec());
    })
}
