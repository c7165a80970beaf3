//! What must hold at every step beside what only ever grows: tombstones are true and not too many, and whoever was away looks at everything.

use crate::transport::lock;
use crate::world::{BOT, World, now};
use issuesync_forge_sim::history::ObjectRow;
use issuesync_model::{
    Clock, Connection, ConnectionId, Item, ItemId, ItemKind, Lifecycle, LogKind, LogRow, OutboxStatus, Timing,
};
use std::collections::BTreeMap;

const HOUR_US: i64 = 3600 * 1_000_000;
/// Rows of a connection's log that are looked through.
const LOG_ROWS: usize = 1000;

/// What a connection owes since it was parked.
#[derive(Debug, Default)]
pub struct Watch {
    /// Connections that were parked, each with its last full pass before.
    away: BTreeMap<ConnectionId, Option<i64>>,
    /// What lies under a tombstone, each with its time, microseconds.
    buried: BTreeMap<ItemId, i64>,
}

impl Watch {
    /// I13: no issue is taken for gone that the tracker still has. I14: deletes in masses wait for a person.
    /// I15: what happened while a connection was parked is looked for by a full pass. I18: what was made here is tied to what we wrote.
    /// I19: nothing comes back from under its tombstone that had been deleted on the tracker by then.
    pub fn check(&mut self, world: &World) -> Vec<String> {
        let (mut found, mut masses) = (Vec::new(), Vec::new());
        world.rows(|rows| {
            let known = world.connections.iter().filter_map(|id| rows.connections.get(id));
            for (connection, repo) in known.zip(&world.repos) {
                found.extend(self.unmarked(connection));
                let own: Vec<&Item> =
                    rows.issues().into_iter().filter(|issue| issue.connection == connection.id).collect();
                found.extend(untrue(world, *repo, &own));
                let all = rows.items.values().filter(|item| item.connection == connection.id);
                found.extend(all.filter_map(|item| self.came_back(world, *repo, item)));
                if too_many(&own, world.clock.now_us()) {
                    masses.push((connection.id, connection.name.clone()));
                }
            }
        });
        let unasked = masses.into_iter().filter(|(id, _)| !accepted(world, *id));
        found.extend(unasked.map(|(_, name)| format!("I14: the issues of {name} are buried in masses")));
        found
    }

    fn came_back(&mut self, world: &World, repo: u64, item: &Item) -> Option<String> {
        if let Some(tombstone) = &item.tombstone {
            self.buried.insert(item.id, tombstone.at_us);
            return None;
        }
        let buried_us = self.buried.remove(&item.id)?;
        let number = item.number.and_then(|number| u64::try_from(number).ok())?;
        let is_it = |row: &&ObjectRow| match item.kind() {
            ItemKind::Issue => row.kind == "issue" && row.number == number,
            ItemKind::Comment => row.comment_id == Some(number),
        };
        let sim = lock(&world.sim);
        let mut deleted = sim.history().objects.iter().filter(|row| row.action == "delete" && row.repo_id == repo);
        let was_gone = deleted.any(|row| is_it(&row) && row.at_ms * 1000 <= buried_us);
        was_gone.then(|| {
            format!("I19: {} came back from under its tombstone, and had been deleted on the tracker", item.id)
        })
    }

    fn unmarked(&mut self, connection: &Connection) -> Option<String> {
        if connection.parked.is_some() {
            self.away.entry(connection.id).or_insert(connection.last_full_us);
            return None;
        }
        let passed_us = *self.away.get(&connection.id)?;
        if connection.last_full_us > passed_us {
            self.away.remove(&connection.id);
            return None;
        }
        (!connection.is_dirty())
            .then(|| format!("I15: {} was parked, and nothing says that it missed something", connection.name))
    }
}

/// Issues that are taken for gone and are there, and such as were made here and tied to what somebody else wrote.
fn untrue(world: &World, repo: u64, own: &[&Item]) -> Vec<String> {
    let there = lock(&world.sim).issue_numbers(repo);
    let is_there =
        |item: &&&Item| item.number.is_some_and(|number| there.iter().any(|known| i64::try_from(*known) == Ok(number)));
    // A delete of ours may meet another repository at its path; what was seen to be gone may not be there.
    let seen_gone = |item: &&&Item| {
        item.tombstone.as_ref().is_some_and(|tombstone| tombstone.reason.starts_with("Deleted on the tracker"))
    };
    let buried = own.iter().filter(seen_gone).filter(is_there);
    let buried = buried.map(|issue| format!("I13: {} is buried, and on the tracker", issue.id));
    let strangers = own.iter().filter(|issue| is_strangers(issue));
    buried
        .chain(
            strangers.map(|issue| format!("I18: {} was made here, and is tied to what somebody else wrote", issue.id)),
        )
        .collect()
}

fn is_strangers(issue: &Item) -> bool {
    issue.made_here && issue.author.as_ref().is_some_and(|author| author.login != BOT)
}

/// Six tombstones within the hour that are more than a tenth, or the last issue of several, the last of them a delete that the fuse let
/// through. What never reached the tracker is nobody's loss there, and passes no fuse.
fn too_many(issues: &[&Item], now_us: i64) -> bool {
    let issues: Vec<&&Item> = issues.iter().filter(|issue| issue.number.is_some()).collect();
    let buried: Vec<i64> = issues
        .iter()
        .filter_map(|issue| issue.tombstone.as_ref())
        .map(|tombstone| tombstone.at_us)
        .filter(|at_us| *at_us > now_us - HOUR_US)
        .collect();
    let live = issues.iter().filter(|issue| issue.lifecycle != Lifecycle::Deleted).count();
    let many = buried.len() >= 6 && buried.len() * 10 > live + buried.len() - 1;
    many || (live == 0 && buried.len() > 1)
}

fn accepted(world: &World, connection: ConnectionId) -> bool {
    let rows = now(world.store.connection_log(connection, LOG_ROWS)).unwrap_or_default();
    rows.iter().any(|row| row.kind == "fuse" && row.detail.starts_with("A person accepted"))
}

/// I16: rows that were given up because the tracker was ill. An outage, however long, is nobody's fault.
#[must_use]
pub fn given_up(world: &World) -> Vec<String> {
    let over_outage = |item: &Item| {
        let error = item.outbox.last_error.as_deref().unwrap_or_default();
        (item.outbox.status == OutboxStatus::Failed && error.starts_with("the tracker does not answer properly"))
            .then(|| format!("I16: {} was given up over an outage: {error}", item.id))
    };
    world.rows(|rows| rows.items.values().filter_map(over_outage).collect())
}

/// I17: what the tracker made of our own write was taken for somebody's edit while the write was still on its way. An answer that comes after
/// its lease comes too late: whoever looks by then knows of no write.
#[must_use]
pub fn mistaken(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for issue in world.issues() {
        let rows = now(world.store.history(issue.id)).unwrap_or_default();
        for (index, answer) in rows.iter().enumerate() {
            let sent_us = answer.cause.as_deref().and_then(attempted_us);
            let Some(sent_us) = sent_us.filter(|_| answer.kind == LogKind::Rewritten) else { continue };
            if answer.time_us - sent_us >= Timing::default().lease_us {
                continue;
            }
            let clashes = |row: &&LogRow| {
                let decided = matches!(row.kind, LogKind::ConflictOpen | LogKind::Superseded);
                let meets =
                    |(field, made)| [&row.before, &row.after].into_iter().any(|side| side.get(field) == Some(made));
                // What was decided before it was sent met an earlier write, of which nobody knew any more.
                decided && row.time_us >= sent_us && row.comment == answer.comment && answer.after.iter().any(meets)
            };
            if rows[..index].iter().any(|row| clashes(&row)) {
                found.push(format!("I17: what became of our own write of {} met it as somebody's edit", issue.id));
            }
        }
    }
    found
}

/// When the attempt began that a row of the log names as its cause: an attempt's id bears its time (RFC 9562, 5.7).
fn attempted_us(cause: &str) -> Option<i64> {
    let id = cause.strip_prefix("attempt ")?;
    let digits: String = id.chars().filter(|digit| *digit != '-').take(12).collect();
    i64::from_str_radix(&digits, 16).ok().map(|ms| ms * 1000)
}
