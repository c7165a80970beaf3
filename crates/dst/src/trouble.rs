//! Something bigger than a lost packet: the token, the rights, the repository, the store, the queue, the whole tracker.

use crate::dice::Dice;
use crate::plan::Plan;
use crate::transport::lock;
use crate::world::{ALICE, BOT, BOT_TOKEN, World, now};
use issuesync_forge_sim::{Access, RepoSpec, UserSpec};
use issuesync_model::{ConnectionChange, DeliveryState};
use serde_json::json;

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 60 * MINUTE_US;
/// How many outages in a thousand are sat out by everybody.
const LONG_PM: u64 = 400;
/// An outage of hours, in which everybody goes on trying.
pub const LONG_OUTAGE: &str = "long outage";

/// What is out of order now, and how it is put right again.
#[derive(Debug, Default)]
pub struct Trouble {
    token_gone: bool,
    /// Repositories that stand where one of ours was, by our repository's place in the list.
    squatters: Vec<(usize, u64)>,
    renames: u64,
    backed_up: bool,
}

impl Trouble {
    /// Something goes wrong, or right again; answers what.
    pub fn strike(&mut self, world: &mut World, plan: &Plan, dice: &Dice) -> &'static str {
        let n = usize::try_from(dice.below(plan.repos as u64)).unwrap_or(0);
        match if plan.restores && dice.hit(400) { 10 } else { dice.below(12) } {
            0 => {
                let mut faults = lock(&world.sim).faults().clone();
                faults.outage = !faults.outage;
                let begins = faults.outage;
                lock(&world.sim).set_faults(faults);
                if begins && dice.hit(LONG_PM) { LONG_OUTAGE } else { "outage" }
            }
            1 if plan.clock_steps => {
                let mut faults = lock(&world.sim).faults().clone();
                faults.clock_skew_ms += dice.between(-3_600_000, 600_000);
                lock(&world.sim).set_faults(faults);
                "clock step"
            }
            1 | 2 => self.token(world),
            3 => {
                let fails = !world.gate.store_fails();
                world.gate.fail_store(fails);
                "store failing"
            }
            4 => {
                let body = json!({ "has_issues": dice.hit(500) });
                world.person(ALICE, "PATCH", &world.path(n), &body);
                "issues off"
            }
            5 | 6 => {
                let access = if dice.hit(600) {
                    None
                } else {
                    *dice.pick(&[Some(Access::Read), Some(Access::Admin)]).unwrap_or(&None)
                };
                let mut sim = lock(&world.sim);
                sim.set_private(world.repos[n], access.is_none());
                sim.set_access(world.repos[n], BOT, access);
                "rights lost"
            }
            7 => self.rename(world, n),
            8 => self.squat(world, n, dice),
            9 => flush(world),
            10 if plan.restores => self.back_and_forth(world, dice),
            _ => {
                let mut faults = lock(&world.sim).faults().clone();
                faults.hook_drop_pm = u32::try_from(dice.below(1001)).unwrap_or(0);
                lock(&world.sim).set_faults(faults);
                "hooks lost"
            }
        }
    }

    fn token(&mut self, world: &World) -> &'static str {
        if self.token_gone {
            lock(&world.sim).add_user(&UserSpec::new(BOT, BOT_TOKEN));
        } else {
            lock(&world.sim).revoke_token(BOT_TOKEN);
        }
        self.token_gone = !self.token_gone;
        "token revoked"
    }

    fn rename(&mut self, world: &World, n: usize) -> &'static str {
        self.renames += 1;
        lock(&world.sim).rename(world.repos[n], &format!("moved{}", self.renames));
        "rename"
    }

    /// Our repository moves away and another one takes its path.
    fn squat(&mut self, world: &World, n: usize, dice: &Dice) -> &'static str {
        if self.squatters.iter().any(|(known, _)| *known == n) {
            return "path still reused";
        }
        let path = world.path(n);
        let Some((owner, name)) = path.split_once('/') else { return "no path" };
        self.rename(world, n);
        let spec = RepoSpec {
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: false,
            labels: vec!["bug".to_owned()],
            milestones: Vec::new(),
            collaborators: [BOT, "alice", "bob"].map(|login| (login.to_owned(), Access::Admin)).to_vec(),
        };
        let id = lock(&world.sim).add_repo(world.clock.now_ms(), &spec);
        for k in 0..dice.below(3) {
            world.person(
                ALICE,
                "POST",
                &format!("{path}/issues"),
                &json!({ "title": format!("Another {k}"), "body": "" }),
            );
        }
        self.squatters.push((n, id));
        "path reused"
    }

    /// The database is put away, or comes back as it was put away, up to a day ago.
    fn back_and_forth(&mut self, world: &mut World, dice: &Dice) -> &'static str {
        self.backed_up = !self.backed_up;
        if self.backed_up {
            world.back_up();
            return "backup";
        }
        if dice.hit(300) {
            world.clock.advance(DAY_US);
        }
        if world.restore() { "backup restored" } else { "no backup" }
    }

    /// Everything is as it should be: the token, the rights, the paths, the issues.
    pub fn end(&mut self, world: &World) {
        lock(&world.sim).add_user(&UserSpec::new(BOT, BOT_TOKEN));
        self.token_gone = false;
        for (n, id) in std::mem::take(&mut self.squatters) {
            let name = lock(&world.sim).repo_path(id).and_then(|path| path.split('/').nth(1).map(str::to_owned));
            lock(&world.sim).rename(id, &format!("squatter{id}"));
            if let Some(name) = name {
                lock(&world.sim).rename(world.repos[n], &name);
            }
        }
        for (n, id) in world.repos.iter().enumerate() {
            lock(&world.sim).set_private(*id, false);
            lock(&world.sim).set_access(*id, BOT, Some(Access::Admin));
            world.person(ALICE, "PATCH", &world.path(n), &json!({ "has_issues": true }));
        }
    }
}

/// The queue loses what it holds. A queue that can lose entries finds the gap and marks its connections dirty.
fn flush(world: &World) -> &'static str {
    let queued = now(world.store.deliveries(None, Some(DeliveryState::Queued), 10_000)).unwrap_or_default();
    for delivery in &queued {
        lock(&world.sim).delivered(&delivery.key.id, false);
    }
    let keys = queued.into_iter().map(|delivery| delivery.key).collect();
    drop(now(world.store.finish_deliveries(keys)));
    for id in &world.connections {
        drop(now(world.store.change_connection(*id, vec![ConnectionChange::Dirty], Vec::new())));
    }
    "queue flushed"
}

/// The time of a long pause, microseconds, now and then longer than any schedule of retries.
pub fn pause_us(dice: &Dice) -> i64 {
    match dice.below(40) {
        0..=23 => dice.between(10_000, 3_000_000),
        24..=33 => dice.between(3_000_000, 40_000_000),
        34..=36 => dice.between(40_000_000, 5 * MINUTE_US),
        37..=38 => dice.between(5 * MINUTE_US, 60 * MINUTE_US),
        _ => dice.between(60 * MINUTE_US, 300 * MINUTE_US),
    }
}
