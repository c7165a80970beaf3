//! What looks like one thing and may be another, forced one by one: an empty list of a stranger's repository.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::Stage;
use issuesync_dst::transport::lock;
use issuesync_dst::world::BOT;
use issuesync_forge_sim::{Access, RepoSpec};
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
