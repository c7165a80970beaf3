//! What looks like one thing and may be another, forced one by one: an empty list of a stranger's repository, a list that lags behind a backup.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::transport::lock;
use issuesync_dst::world::{BOT, now};
use issuesync_forge_sim::{Access, Faults, RepoSpec};
use issuesync_model::Lifecycle;
use serde_json::Value;

fn made(stage: &Stage) -> usize {
    let ours = |row: &&Value| row["action"] == "create" && row["kind"] == "issue" && row["user"] == BOT;
    stage.history("objects").iter().filter(ours).count()
}

/// A stranger without issues takes over the path of our repository.
fn take_path(stage: &Stage) {
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

fn give_path_back(stage: &Stage) {
    let mut sim = lock(&stage.world.sim);
    let stranger = sim.repo_id("acme/web").expect("a stranger");
    sim.rename(stranger, "stranger");
    sim.rename(stage.world.repos[0], "web");
}

#[test]
fn an_empty_list_of_a_strangers_repository_says_nothing_of_ours() {
    for k in 1.. {
        let mut stage = Stage::new().expect("a stage");
        let id = stage.create_here("Made here").expect("a row").id;
        stage.world.back_up();
        stage.alone(Actor::Pusher(0));
        assert_eq!(made(&stage), 1);
        drop(stage.catch());
        assert!(stage.world.restore());
        stage.forget_marks();
        take_path(&stage);
        stage.world.start(Actor::Poller(0, false));
        let ended = (0..k).any(|_| {
            stage.wait(500);
            !stage.world.exec.turn(Actor::Poller(0, false))
        });
        give_path_back(&stage);
        stage.alone(Actor::Poller(0, false));
        stage.alone(Actor::Pusher(0));
        stage.settle().expect("rest");
        assert_eq!(made(&stage), 1, "given back at turn {k}");
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "given back at turn {k}");
        stage.lawful().expect("every law");
        if ended {
            assert!(k > 10, "a pass has more than ten turns");
            break;
        }
    }
}

#[test]
fn what_a_lagging_list_does_not_show_after_a_restore_is_searched_for() {
    let mut stage = Stage::of(Setup { lagging: true, ..Setup::new(3) }).and_then(Stage::and_issue).expect("a stage");
    let issue = stage.row(1).expect("a row").id;
    let id = stage.create_here("Made here").expect("a row").id;
    let remark =
        now(stage.world.engine().create_comment(&stage.world.cx(), issue, "A remark.".to_owned(), None, "dora"));
    let remark = remark.expect("a comment").id;
    stage.world.back_up();
    stage.alone(Actor::Pusher(0));
    assert_eq!(made(&stage), 1);
    drop(stage.catch());
    assert!(stage.world.restore());
    stage.forget_marks();
    stage.faults(Faults { stale_list_ms: 300_000, ..Faults::default() });
    stage.wait(10 * SECOND_US);
    stage.alone(Actor::Poller(0, false));
    stage.alone(Actor::Pusher(0));
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    assert_eq!(made(&stage), 1, "it was made twice");
    for row in [id, remark] {
        assert_eq!(stage.item(row).expect("the row").lifecycle, Lifecycle::Linked);
    }
    stage.lawful().expect("every law");
}
