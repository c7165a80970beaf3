//! The audit log in order of commit, and the check of its hash chains.

use super::{Answer, AppState, Json, Params, Problem, State};
use crate::paging;
use crate::views::Paged;
use crate::views::log::{LogRowView, log_row};
use issuesync_model::log::hash_of;
use issuesync_model::{ItemId, LogRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Rows that a check reads at once.
const VERIFY_PAGE: usize = 1_000;
/// Faults that a check names; more are counted.
const FAULTS_NAMED: usize = 100;

/// Which rows to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Rows behind this position; 0 or left out for all.
    after_seq: Option<i64>,
    /// The same, as `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows per page, 50 unless told, 200 at most.
    limit: Option<usize>,
}

/// What a check of the hash chains found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verified {
    /// Rows that were read.
    rows: u64,
    /// Issues and comments that have rows.
    items: usize,
    /// Whether every chain is whole.
    intact: bool,
    /// How many faults there are.
    fault_count: usize,
    /// The first faults.
    faults: Vec<Fault>,
}

/// A place where a chain is broken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Fault {
    /// The issue or comment.
    item_id: Uuid,
    /// The row of it.
    item_seq: i64,
    /// What is wrong there.
    reason: &'static str,
}

/// Rows of the log, oldest first.
#[utoipa::path(get, path = "/api/v1/log", tag = "log", params(From), responses((status = 200, body = Paged<LogRowView>)))]
pub(crate) async fn list(State(state): State<AppState>, Params(from): Params<From>) -> Answer<Json<Paged<LogRowView>>> {
    let after = match from.cursor.as_deref().map(str::parse) {
        Some(Ok(position)) => position,
        Some(Err(_)) => {
            return Err(Problem::invalid(
                "cursor",
                "This cursor is not one of ours; use next_cursor of the page before.",
            ));
        }
        None => from.after_seq.unwrap_or(0),
    };
    let limit = paging::limit(from.limit);
    let mut rows = state.store().log_after(after, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(position, _)| position.to_string());
    Ok(Json(Paged { items: rows.iter().map(|(position, row)| log_row(*position, row)).collect(), next_cursor }))
}

/// Checks the hash chain of every issue and comment.
#[utoipa::path(get, path = "/api/v1/log/verify", tag = "log", responses((status = 200, body = Verified)))]
pub(crate) async fn verify(State(state): State<AppState>) -> Answer<Json<Verified>> {
    let mut chains = Chains::default();
    let mut position = 0;
    loop {
        let rows = state.store().log_after(position, VERIFY_PAGE).await?;
        let Some((last, _)) = rows.last() else { break };
        position = *last;
        rows.iter().for_each(|(_, row)| chains.follow(row));
    }
    let mut after = None;
    loop {
        let heads = state.store().heads(after, VERIFY_PAGE).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.item);
        for head in &heads {
            // Rows that were added after the first loop had ended are behind the end it saw, not a fault.
            let (seq, hash) = chains.ends.get(&head.item).cloned().unwrap_or_default();
            if head.seq < seq || (head.seq == seq && head.hash != hash) {
                chains.fault(head.item, head.seq, "the item's head does not match its last row");
            }
        }
    }
    let fault_count = chains.fault_count;
    let (rows, items, intact) = (chains.rows, chains.ends.len(), fault_count == 0);
    Ok(Json(Verified { rows, items, intact, fault_count, faults: chains.faults }))
}

/// Where each chain ends so far.
#[derive(Default)]
struct Chains {
    rows: u64,
    ends: BTreeMap<ItemId, (i64, String)>,
    fault_count: usize,
    faults: Vec<Fault>,
}

impl Chains {
    fn follow(&mut self, row: &LogRow) {
        self.rows += 1;
        let item = row.comment.unwrap_or(row.issue);
        let (seq, hash) = self.ends.get(&item).cloned().unwrap_or_default();
        if row.hash != hash_of(row) {
            self.fault(item, row.seq, "the row does not match its hash");
        } else if row.seq != seq + 1 {
            self.fault(item, row.seq, "the row before it is missing");
        } else if row.prev_hash != hash {
            self.fault(item, row.seq, "the row does not follow the one before it");
        }
        self.ends.insert(item, (row.seq, row.hash.clone()));
    }

    fn fault(&mut self, item: ItemId, item_seq: i64, reason: &'static str) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_NAMED {
            self.faults.push(Fault { item_id: item.0, item_seq, reason });
        }
    }
}
