//! A service in this process, as the demo and the benchmarks start it.

use crate::tracker::{TOKEN, Tracker};
use issuesync::wiring::Start;
use issuesync::{Config, Service};
use issuesync_engine::NewConnection;
use issuesync_model::{Secret, Settings};
use std::path::Path;

const QUIET: Start = Start { web: false, roles: None };

async fn start(data: &Path) -> Service {
    let config = Config::in_dir(data).expect("a configuration");
    Service::try_start(config, QUIET).await.expect("it starts").expect("nobody else is there")
}

fn new(tracker: &Tracker) -> NewConnection {
    NewConnection {
        name: Some("web".to_owned()),
        project: "acme".to_owned(),
        url: format!("{}/acme/web", tracker.url),
        token: Secret::new(TOKEN),
        provider: None,
        settings: Settings { allow_private_network: true, allow_http: true, ..Settings::default() },
    }
}

#[test]
fn an_unclean_stop_makes_every_connection_dirty_and_a_clean_one_does_not() {
    let tracker = Tracker::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    tracker.block_on(async {
        let first = start(folder.path()).await;
        let made = first.engine().connect(first.cx(), new(&tracker)).await.expect("connected");
        drop(first);

        let second = start(folder.path()).await;
        let store = second.engine().store();
        let after = store.connection(made.id).await.expect("readable").expect("there");
        assert_eq!(after.dirty_gen, made.dirty_gen + 1);
        let events = store.connection_log(made.id, 1).await.expect("readable");
        assert!(events[0].kind == "dirty" && events[0].detail.contains("did not stop in order"), "{events:?}");
        second.stop().await.expect("stopped");

        let third = start(folder.path()).await;
        let again = third.engine().store().connection(made.id).await.expect("readable").expect("there");
        assert_eq!(again.dirty_gen, after.dirty_gen);
        third.stop().await.expect("stopped");
    });
}

#[test]
fn two_services_do_not_share_a_data_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let first = Service::start(Config::in_dir(folder.path()).expect("a configuration")).await.expect("it starts");
        assert!(first.url().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
        let second = Service::start(Config::in_dir(folder.path()).expect("a configuration")).await;
        assert!(second.err().is_some_and(|error| error.to_string().contains("another issuesync process")));
        first.stop().await.expect("stopped");
    });
}
