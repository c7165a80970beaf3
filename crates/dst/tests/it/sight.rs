//! A repository that is out of sight for a moment: no issue is taken for gone, and no history for empty, by looks that fall into it.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::transport::lock;
use issuesync_dst::world::{BOT, World, now};
use issuesync_forge_sim::{Access, Faults};
use issuesync_model::{Check, CheckKey, CheckKind, Conflict, ConflictKind, Evidence, Lifecycle};
use serde_json::{Value, json};

fn out_of_sight(stage: &Stage, gone: bool) {
    let mut sim = lock(&stage.world.sim);
    sim.set_private(stage.world.repos[0], gone);
    sim.set_access(stage.world.repos[0], BOT, (!gone).then_some(Access::Admin));
}

/// Lets the checker go on until the mirror asked for a path that ends like this: the answer is on its way.
fn checker_asks(stage: &mut Stage, end: &str) -> bool {
    let before = stage.history("requests").len();
    stage.turn_until(Actor::Checker, |world: &World| {
        let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
        let asked = |row: &Value| row["path"].as_str().is_some_and(|path| path.ends_with(end));
        requests.get(before..).is_some_and(|new| new.last().is_some_and(asked))
    })
}

/// The checker looks while the issue is out of sight but for the moment in which it looks at the repository.
fn unlucky_look(stage: &mut Stage) {
    out_of_sight(stage, true);
    assert!(checker_asks(stage, "/issues/1"), "the issue was not looked at");
    out_of_sight(stage, false);
    assert!(checker_asks(stage, "/acme/web"), "the repository was not looked at");
    out_of_sight(stage, true);
    stage.alone(Actor::Checker);
    out_of_sight(stage, false);
}

fn owe(stage: &Stage, kind: CheckKind, comment: Option<i64>) -> CheckKey {
    let key = CheckKey { connection: stage.world.connections[0], number: 1, comment, kind };
    let check = Check { key: key.clone(), due_us: stage.now_us(), evidence: Evidence::default(), tries: 0 };
    now(stage.world.store.put_checks(vec![check])).expect("kept");
    key
}

/// By which way the mirror first meets an issue that is out of sight.
#[derive(Clone, Copy, Debug)]
enum Door {
    Delivery,
    Refetch,
    Comment,
}

#[test]
fn a_first_look_that_no_look_at_the_repository_confirmed_buries_nothing() {
    for door in [Door::Delivery, Door::Refetch, Door::Comment] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.there("POST", "issues/1/comments", &json!({ "body": "Alice's." }));
        stage.settle().expect("rest");
        let comment = stage.world.comments(&stage.item(id).expect("the row"))[0].number;
        stage.edit_there(1, &json!({ "body": "Alice's text." }));
        let told = stage.catch();
        out_of_sight(&stage, true);
        match door {
            Door::Delivery => {
                told.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
                stage.alone(Actor::Worker(0));
            }
            Door::Refetch => {
                owe(&stage, CheckKind::Refetch, None);
                stage.alone(Actor::Checker);
            }
            Door::Comment => {
                let key = owe(&stage, CheckKind::Gone, comment);
                stage.alone(Actor::Checker);
                now(stage.world.store.settle_checks(vec![key])).expect("settled");
            }
        }
        out_of_sight(&stage, false);
        let owed = now(stage.world.store.checks(stage.world.connections[0], CheckKind::Gone)).expect("checks");
        assert!(owed.iter().any(|check| check.key.comment.is_none()), "nothing is missed: {door:?}");
        stage.wait(61 * SECOND_US);
        unlucky_look(&mut stage);
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "{door:?}");
        stage.lawful().expect("every law");
    }
}

#[test]
fn an_issue_that_shows_again_before_its_second_look_counts_is_not_buried() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    owe(&stage, CheckKind::Gone, None);
    unlucky_look(&mut stage);
    let owed = now(stage.world.store.checks(stage.world.connections[0], CheckKind::Gone)).expect("checks");
    assert!(owed[0].evidence.first_us > 0, "the first look does not count");
    stage.wait(61 * SECOND_US);
    out_of_sight(&stage, true);
    assert!(checker_asks(&mut stage, "/issues/1"), "the issue was not looked at");
    out_of_sight(&stage, false);
    stage.alone(Actor::Checker);
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "it is on the tracker");
    stage.lawful().expect("every law");
}

/// Our write replaced Alice's edit, no echo came, and the history alone tells.
#[test]
fn a_history_that_is_out_of_sight_is_not_taken_for_empty() {
    for for_a_moment in [false, true] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.title_here(id, "Ours").expect("an edit");
        assert!(stage.to_next_write(Actor::Pusher(0)));
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        stage.alone(Actor::Pusher(0));
        assert_eq!(stage.shown(1)["title"], "Ours");
        drop(stage.catch());
        stage.wait(121 * SECOND_US);
        out_of_sight(&stage, true);
        assert!(checker_asks(&mut stage, "/issues/1/timeline"), "the history was not asked for");
        out_of_sight(&stage, !for_a_moment);
        stage.alone(Actor::Checker);
        out_of_sight(&stage, false);
        stage.live(10 * MINUTE_US).expect("an ordinary time");
        let lost = |open: &Conflict| open.kind == ConflictKind::LostUpdate;
        let open = stage.item(id).expect("the row").conflicts;
        assert!(open.iter().any(lost), "Alice's title is told by nothing else, for a moment: {for_a_moment}");
        stage.lawful().expect("every law");
    }
}

/// Our write replaced Alice's edit and got no answer. Its history was read, and the look against which it is weighed falls into the moment.
#[test]
fn an_audit_whose_look_finds_nothing_stays_owed() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.faults(Faults { lose_answer_pm: 1000, ..Faults::default() });
    stage.alone(Actor::Pusher(0));
    stage.faults(Faults::default());
    assert_eq!(stage.shown(1)["title"], "Ours");
    drop(stage.catch());
    stage.wait(121 * SECOND_US);
    for page in 1..=2 {
        assert!(checker_asks(&mut stage, "/issues/1/timeline"), "page {page} of the history was not asked for");
    }
    out_of_sight(&stage, true);
    stage.alone(Actor::Checker);
    out_of_sight(&stage, false);
    stage.live(10 * MINUTE_US).expect("an ordinary time");
    let lost = |open: &Conflict| open.kind == ConflictKind::LostUpdate;
    assert!(stage.item(id).expect("the row").conflicts.iter().any(lost), "Alice's title is told by nothing else");
    stage.lawful().expect("every law");
}
