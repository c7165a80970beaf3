//! The tracker's document for the judge: what the simulated tracker recorded, in the judge's own rows.

use crate::transport::lock;
use crate::world::{BOT, World};
use issuesync_forge_sim::History;
use issuesync_judge::input::{self, DeliveryRow, EditRow, Forge, ObjectRow, RequestRow};
use serde::Deserialize;

/// Everything that the tracker knows to be true.
///
/// # Errors
/// When its present state has another shape than the judge reads.
pub fn document(world: &World) -> Result<Forge, String> {
    let sim = lock(&world.sim);
    let state = input::State::deserialize(sim.state_json()).map_err(|error| error.to_string())?;
    Ok(Forge { state, history: history(sim.history()), own: BOT.into() })
}

fn history(history: &History) -> input::History {
    let requests = history.requests.iter().map(|row| RequestRow {
        seq: row.seq,
        at_ms: row.at_ms,
        user: row.user.clone(),
        method: row.method.clone(),
        path: row.path.clone(),
        status: row.status,
        lost: row.lost.map(str::to_owned),
        stale: row.stale,
        repo_id: row.repo_id,
    });
    let edits = history.edits.iter().map(|row| EditRow {
        seq: row.seq,
        at_ms: row.at_ms,
        request: row.request,
        user: row.user.clone(),
        repo_id: row.repo_id,
        number: row.number,
        comment_id: row.comment_id,
        field: row.field.to_owned(),
        before: row.before.clone(),
        after: row.after.clone(),
    });
    let objects = history.objects.iter().map(|row| ObjectRow {
        seq: row.seq,
        at_ms: row.at_ms,
        action: row.action.to_owned(),
        kind: row.kind.to_owned(),
        user: row.user.clone(),
        repo_id: row.repo_id,
        number: row.number,
        comment_id: row.comment_id,
        value: row.value.clone(),
    });
    let deliveries = history.deliveries.iter().map(|row| DeliveryRow {
        at_ms: row.at_ms,
        label: row.label.clone(),
        number: row.number,
        fate: row.fate.to_owned(),
    });
    input::History {
        requests: requests.collect(),
        edits: edits.collect(),
        objects: objects.collect(),
        deliveries: deliveries.collect(),
    }
}
