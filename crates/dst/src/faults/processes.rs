//! Processes that die, pause, work at once, or wake under another clock; and a database that comes back from yesterday.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::webhooks::{only, refused};
use super::{Story, Told, must, same, struck};
use crate::dice::Dice;
use crate::exec::Actor;
use crate::transport::lock;
use crate::world::now;
use issuesync_forge_sim::Faults;
use issuesync_model::{DeliveryKey, Field, Lifecycle, LogKind, OutboxStatus};
use serde_json::json;

pub(super) const ALL: &[Story] = &[
    Story {
        row: 16,
        name: "crash between commit and acknowledgement",
        forces: "the process dies at every point while it works off a delivery, and the queue hands the delivery out again. (The embedded queue settles it in the commit itself; a queue apart acknowledges later, which the second handing-out stands for.)",
        must: "the second time changes nothing: the rows and their log are equal",
        run: killed_at_work,
    },
    Story {
        row: 17,
        name: "worker paused beyond its lease",
        forces: "a pusher stands still for more than 120 s: between its intent and its request, and between the request's effect and its answer; another takes the row and is in the middle of its own write when the late outcome comes",
        must: "the fence moves on, the late outcome is dropped, no second write leaves, the values are right",
        run: paused,
    },
    Story {
        row: 18,
        name: "two workers, one issue",
        forces: "two pushers, two workers and people who edit run at once, in fifty interleavings; one write is held up in flight",
        must: "never two writes in flight to one issue; the edit made meanwhile is sent afterwards",
        run: two_at_once,
    },
    Story {
        row: 36,
        name: "local clock jumps",
        forces: "the process dies in the middle of a push and starts again on a clock that was set ten minutes back or forward. (Two processes with clocks apart need the store's own time, which only a shared database has.)",
        must: "no lease of the dead one holds anything up, edits keep their order, everything is sent",
        run: clock_set,
    },
    Story {
        row: 43,
        name: "day-old backup restored",
        forces: "the database comes back as it was a day ago: edits of both sides, pushes and a create have happened since",
        must: "nothing stale is pushed before a pass; what was made is adopted by its marker; both sides agree",
        run: restored,
    },
];

fn killed_at_work() -> Told {
    let mut committed = 0;
    for k in 1.. {
        let mut stage = Stage::with_issue()?;
        let id = stage.row(1)?.id;
        stage.edit_there(1, &json!({ "title": "Two" }));
        let caught = only(stage.catch())?;
        stage.deliver(&caught).map_err(refused)?;
        stage.world.gate.crash_in(k);
        stage.alone(Actor::Worker(0));
        let died = stage.world.gate.crashed();
        if died {
            stage.world.restart();
        } else {
            stage.world.gate.restart();
        }
        if stage.title(1) == "Two" {
            committed += u64::from(died);
            let picture = stage.picture();
            let key = DeliveryKey { connection: stage.world.connections[0], id: caught.id.clone() };
            let again = now(stage.world.store.replay(key)).unwrap_or(false);
            let before = stage.world.engine().counters().observations;
            stage.alone(Actor::Worker(0));
            struck(again && stage.world.engine().counters().observations > before, "it was not handed out again")?;
            must(stage.picture() == picture, format!("the second time changed a row (death at point {k})"))?;
        }
        stage.settle()?;
        same("the title", stage.title(1), "Two".to_owned())?;
        same("pulls in the log", stage.logged(id, LogKind::Pull), 1)?;
        stage.lawful()?;
        if !died {
            break;
        }
    }
    struck(committed > 0, "the process never died behind the commit")
}

fn paused() -> Told {
    before_the_request()?;
    after_the_effect()
}

/// The pusher stands still between its intent and its request.
fn before_the_request() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    stage.title_here(id, "Ours")?;
    let intends = |world: &crate::world::World| world.issues().iter().any(|item| !item.attempts.is_empty());
    stage.turn_until(Actor::Pusher(0), intends);
    struck(stage.world.exec.is_busy(Actor::Pusher(0)), "nobody was in the middle of a push")?;
    let fence = stage.item(id)?.outbox.fence;
    // Beyond the lease, and beyond what a replica may show of the time before it.
    stage.wait(136 * SECOND_US);
    stage.alone(Actor::Pusher(1));
    let taken = stage.item(id)?;
    struck(taken.outbox.fence == fence + 1, format!("the fence is {} after {fence}", taken.outbox.fence))?;
    stage.alone(Actor::Pusher(0));
    must(!stage.world.exec.is_busy(Actor::Pusher(0)), "the late one never came to its end")?;
    same("the outbox after the late one", stage.item(id)?.outbox, taken.outbox)?;
    same("writes", stage.writes().len(), 1)?;
    same("the title there", stage.shown(1)["title"].clone(), json!("Ours"))?;
    stage.lawful()
}

/// The pusher stands still between its request's effect and the answer; the late outcome comes while another one writes.
fn after_the_effect() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    stage.title_here(id, "Ours")?;
    stage.to_next_effect(Actor::Pusher(0));
    struck(stage.world.exec.is_busy(Actor::Pusher(0)), "nobody was in the middle of a push")?;
    stage.title_here(id, "Ours again")?;
    let fence = stage.item(id)?.outbox.fence;
    stage.wait(121 * SECOND_US);
    // The mirror has gone on, and what shows is the value that was sent: whether it was ours is read in the dated history.
    stage.alone(Actor::Pusher(1));
    stage.alone(Actor::Checker);
    stage.wait(20 * SECOND_US);
    stage.to_next_write(Actor::Pusher(1));
    let taken = stage.item(id)?;
    struck(taken.outbox.fence == fence + 2, format!("the fence is {} after {fence}", taken.outbox.fence))?;
    let log = stage.log(id).len();
    stage.alone(Actor::Pusher(0));
    must(!stage.world.exec.is_busy(Actor::Pusher(0)), "the late one never came to its end")?;
    same("the outbox after the late outcome", stage.item(id)?.outbox, taken.outbox)?;
    same("rows of the log after the late outcome", stage.log(id).len(), log)?;
    stage.alone(Actor::Pusher(1));
    same("the outbox in the end", stage.item(id)?.outbox.status, OutboxStatus::Completed)?;
    same("writes", stage.writes().len(), 2)?;
    same("two writes at a time", stage.doubled(), 0)?;
    same("the title there", stage.shown(1)["title"].clone(), json!("Ours again"))?;
    same("conflicts in the log", stage.logged(id, LogKind::ConflictOpen), 0)?;
    stage.lawful()
}

fn two_at_once() -> Told {
    let mut together = 0;
    for seed in 0..50 {
        let mut stage = Stage::with_issue()?;
        let dice = Dice::new(seed, 18);
        let id = stage.row(1)?.id;
        stage.title_here(id, "First")?;
        stage.to_next_write(Actor::Pusher(0));
        stage.title_here(id, "Second")?;
        stage.edit_there(1, &json!({ "body": "Alice's text." }));
        stage.world.pump();
        for actor in [Actor::Pusher(1), Actor::Worker(0), Actor::Worker(1)] {
            stage.world.start(actor);
        }
        // The first pusher stands still for a while: everybody else meets its write in flight.
        for _ in 0..dice.below(60) {
            for actor in [Actor::Pusher(1), Actor::Worker(0), Actor::Worker(1)] {
                together += u64::from(stage.world.exec.is_busy(Actor::Pusher(0)) && stage.world.exec.turn(actor));
            }
        }
        while !stage.world.exec.is_idle() {
            if stage.world.exec.step(&dice).is_none() {
                return Err(super::Failure::Broken("a step waits for nobody".to_owned()));
            }
            stage.wait(500);
        }
        same("two writes at a time", stage.doubled(), 0)?;
        stage.settle()?;
        same("the title there", stage.shown(1)["title"].clone(), json!("Second"))?;
        same("the body here", stage.row(1)?.local.text(Field::Body).to_owned(), "Alice's text.".to_owned())?;
        same("conflicts in the log", stage.logged(id, LogKind::ConflictOpen), 0)?;
        stage.lawful()?;
    }
    struck(together > 100, format!("others went on {together} times beside a write in flight"))
}

fn clock_set() -> Told {
    for jump_us in [-10 * MINUTE_US, 10 * MINUTE_US] {
        for after_effect in [false, true] {
            let mut stage = Stage::with_issue()?.and_issue()?;
            let (id, other) = (stage.row(1)?.id, stage.row(2)?.id);
            // All within one second of the tracker, so that its stamps order nothing and the times here have to.
            stage.wait(SECOND_US - stage.now_us() % SECOND_US);
            stage.edit_there(2, &json!({ "body": "Alice's text." }));
            stage.deliver(&only(stage.catch())?).map_err(refused)?;
            stage.alone(Actor::Worker(0));
            stage.title_here(other, "Waits its turn")?;
            stage.title_here(id, "Before the jump")?;
            if after_effect {
                stage.to_next_effect(Actor::Pusher(0))
            } else {
                stage.to_next_write(Actor::Pusher(0))
            };
            struck(stage.item(id)?.outbox.lease_until_us > stage.now_us(), "nobody held a lease")?;
            let set_us = stage.item(id)?.edits.get(&Field::Title).map_or(0, |edit| edit.at_us);
            stage.world.exec.kill();
            stage.world.clock.set_by(jump_us);
            // The tracker's clock is another machine's: it does not jump.
            stage.faults(Faults { clock_skew_ms: -jump_us / 1000, ..Faults::default() });
            stage.world.restart();
            let jumped_us = stage.now_us();
            struck((jumped_us - set_us > 9 * MINUTE_US) == (jump_us > 0), "the clock did not jump")?;
            must(stage.item(id)?.outbox.lease_until_us == 0, "a lease of the dead process is left")?;
            stage.title_here(other, "Edited after the jump")?;
            let again_us = stage.item(other)?.edits.get(&Field::Title).map_or(0, |edit| edit.at_us);
            must(again_us > set_us - SECOND_US, "a later edit bears an earlier time")?;
            let requests = lock(&stage.world.sim).requests();
            stage.live(15 * MINUTE_US)?;
            let requests = lock(&stage.world.sim).requests() - requests;
            must(requests <= 100, format!("{requests} requests were spent in a quarter of an hour"))?;
            for (number, title) in [(1, "Before the jump"), (2, "Edited after the jump")] {
                same("the title there", stage.shown(number)["title"].clone(), json!(title))?;
                same("the title here", stage.title(number), title.to_owned())?;
                must(stage.row(number)?.conflicts.is_empty(), "the jump was taken for a conflict")?;
                let pulled = stage.log(stage.row(number)?.id).into_iter().filter(|row| row.kind == LogKind::Pull);
                same("pulls of titles", pulled.filter(|row| row.after.get(Field::Title).is_some()).count(), 0)?;
            }
            stage.lawful()?;
        }
    }
    Ok(())
}

fn restored() -> Told {
    let mut stage = Stage::with_issue()?.and_issue()?;
    let (first, second) = (stage.row(1)?.id, stage.row(2)?.id);
    let made = stage.create_here("Made here")?.id;
    stage.title_here(first, "Ours, sent")?;
    stage.world.back_up();
    stage.settle()?;
    struck(stage.item(made)?.number == Some(3), "the issue was not made before the database went back")?;
    stage.edit_there(1, &json!({ "title": "Alice's, a day later" }));
    stage.title_here(second, "Ours, forgotten")?;
    stage.settle()?;
    stage.wait(24 * 60 * MINUTE_US);
    let writes = stage.writes().len();
    struck(stage.world.restore(), "no backup was restored")?;
    stage.forget_marks();
    same("the life of the row by the backup", stage.item(made)?.lifecycle, Lifecycle::Creating)?;
    stage.alone(Actor::Pusher(0));
    same("writes before the first pass", stage.writes().len(), writes)?;
    stage.settle()?;
    same("writes after it", stage.writes().len(), writes)?;
    same("#1 there", stage.shown(1)["title"].clone(), json!("Alice's, a day later"))?;
    same("#1 here", stage.title(1), "Alice's, a day later".to_owned())?;
    same("#2 here", stage.title(2), "Ours, forgotten".to_owned())?;
    same("the number of what was made", stage.item(made)?.number, Some(3))?;
    same("adoptions in the log", stage.logged(made, LogKind::Adopt), 1)?;
    same("the tracker's issues", lock(&stage.world.sim).issue_numbers(stage.world.repos[0]).len(), 3)?;
    stage.lawful()
}
