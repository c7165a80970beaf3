//! The laws see what they are there to see: a world in which somebody breaks a promise does not pass.

use issuesync_dst::exec::Actor;
use issuesync_dst::laws::{Marks, judged, litter};
use issuesync_dst::setup::Setup;
use issuesync_dst::world::{ALICE, BOT_TOKEN, REPO, World, now};
use issuesync_store::{Batch, ChangeSet, Write};
use serde_json::json;

fn world() -> World {
    let mut world = World::new(Setup::new(7)).expect("a peaceful beginning");
    let issue = json!({ "title": "One", "body": "Text" });
    assert_eq!(world.person(ALICE, "POST", &format!("{REPO}/issues"), &issue).status, 201);
    turn(&mut world);
    world
}

/// A full pass, and whatever is due.
fn turn(world: &mut World) {
    let dice = issuesync_dst::dice::Dice::new(7, 9);
    for actor in [Actor::Poller(0, true), Actor::Worker(0), Actor::Pusher(0)] {
        world.start(actor);
    }
    while !world.exec.is_idle() {
        world.exec.step(&dice);
        world.clock.advance(1000);
    }
}

#[test]
fn equal_sides_pass() {
    let world = world();
    assert_eq!(world.issues().len(), 1);
    assert_eq!(judged(&world).1, Vec::<String>::new());
    assert_eq!(litter(&world), Vec::<String>::new());
}

#[test]
fn an_edit_that_never_arrived_is_divergence() {
    let world = world();
    world.person(ALICE, "PATCH", &format!("{REPO}/issues/1"), &json!({ "title": "Two" }));
    assert!(!judged(&world).1.is_empty());
}

#[test]
fn a_second_remote_issue_with_one_marker_is_a_duplicate() {
    let world = world();
    let marked = json!({ "title": "A", "body": "B\n\n<!-- issuesync:0192f0c1d2e37a4b8c5d6e7f80912a3b -->" });
    for _ in 0..2 {
        assert_eq!(world.person(BOT_TOKEN, "POST", &format!("{REPO}/issues"), &marked).status, 201);
    }
    assert!(judged(&world).0.duplicates > 0);
}

#[test]
fn a_row_that_goes_back_is_seen() {
    let world = world();
    let mut marks = Marks::default();
    assert_eq!(marks.check(&world), Vec::<String>::new());
    let mut item = world.issues().remove(0);
    item.version -= 1;
    let expected = Some(item.rev);
    item.rev += 1;
    let set = ChangeSet { writes: vec![Write { item, expected }], ..ChangeSet::default() };
    now(world.store.commit(Batch { sets: vec![set], tail: None })).expect("the memory store takes it");
    assert_eq!(marks.check(&world).len(), 1);
}
