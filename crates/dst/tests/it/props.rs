//! What several stories need: what was made there by us, and a stranger who comes to our path and goes.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{SECOND_US, Stage};
use issuesync_dst::transport::lock;
use issuesync_dst::world::{ALICE, BOT, REPO};
use issuesync_engine::Changes;
use issuesync_forge_sim::{Access, RepoSpec};
use issuesync_model::ItemId;
use serde_json::{Value, json};

/// How many issues our account made on the tracker.
pub(crate) fn made(stage: &Stage) -> usize {
    let ours = |row: &&Value| row["action"] == "create" && row["kind"] == "issue" && row["user"] == BOT;
    stage.history("objects").iter().filter(ours).count()
}

/// A stranger without issues takes over the path of our repository.
pub(crate) fn take_path(stage: &Stage) {
    let mut sim = lock(&stage.world.sim);
    sim.rename(stage.world.repos[0], "elsewhere");
    let spec = RepoSpec {
        owner: "acme".to_owned(),
        name: "web".to_owned(),
        private: false,
        labels: Vec::new(),
        milestones: Vec::new(),
        collaborators: vec![(BOT.to_owned(), Access::Admin)],
    };
    sim.add_repo(stage.now_us() / 1000, &spec);
}

/// A stranger takes over the path with an issue of the number that ours has, and a comment on it.
pub(crate) fn take_path_with_a_comment(stage: &Stage) {
    take_path(stage);
    stage.world.person(ALICE, "POST", &format!("{REPO}/issues"), &json!({ "title": "Elsewhere", "body": "" }));
    stage.world.person(ALICE, "POST", &format!("{REPO}/issues/1/comments"), &json!({ "body": "Elsewhere." }));
    drop(stage.catch());
}

/// And gives it back.
pub(crate) fn give_path_back(stage: &Stage) {
    let mut sim = lock(&stage.world.sim);
    let stranger = sim.repo_id("acme/web").expect("a stranger");
    sim.rename(stranger, "stranger");
    sim.rename(stage.world.repos[0], "web");
}

/// An actor takes `turns` turns while the stranger has the path, and ends when it is ours again. Answers whether it had ended before.
pub(crate) fn lives_beside_a_stranger(stage: &mut Stage, actor: Actor, turns: u32) -> bool {
    take_path(stage);
    stage.world.start(actor);
    let ended = (0..turns).any(|_| {
        stage.wait(500);
        !stage.world.exec.turn(actor)
    });
    give_path_back(stage);
    stage.alone(actor);
    ended
}

/// The account may not see the repository, as if it were gone, or may again.
pub(crate) fn out_of_sight(stage: &Stage, gone: bool) {
    let mut sim = lock(&stage.world.sim);
    sim.set_private(stage.world.repos[0], gone);
    sim.set_access(stage.world.repos[0], BOT, (!gone).then_some(Access::Admin));
}

/// A tenth into one of the tracker's seconds.
pub(crate) fn into_a_second(stage: &Stage) {
    let into_second_us = stage.now_us() % SECOND_US;
    stage.wait(10 * SECOND_US - into_second_us + 100_000);
}

/// Dora writes another text on the mirror.
pub(crate) fn body_here(stage: &Stage, id: ItemId, body: &str) {
    stage.edit_here(id, Changes { body: Some(body.to_owned()), ..Changes::default() }).expect("an edit");
}
