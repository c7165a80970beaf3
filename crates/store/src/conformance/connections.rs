//! Promises about projects, connections and catalogs.

use super::fixture::*;
use crate::{Inserted, Store};
use issuesync_model::{Catalog, ConnectionChange, ConnectionEvent, Label, Milestone, Project, ProjectId, User};
use std::sync::Arc;
use uuid::Uuid;

pub(super) async fn a_project_is_made_once(store: Arc<dyn Store>) {
    let first = store.project(project()).await.expect("a project");
    let again = store
        .project(Project { id: ProjectId(Uuid::from_u128(99)), name: "acme".to_owned() })
        .await
        .expect("a project");
    assert_eq!(first, again);
    assert_eq!(store.projects().await.expect("projects").len(), 1);
}

pub(super) async fn a_name_or_a_repository_is_taken_once(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut other = connection(2);
    other.repo_id = connection(1).repo_id;
    assert!(matches!(store.insert_connection(other).await, Ok(Inserted::Taken(taken)) if taken.id == connection_id(1)));
    let mut other = connection(2);
    other.name = connection(1).name;
    assert!(matches!(store.insert_connection(other).await, Ok(Inserted::Taken(_))));
    assert_eq!(store.insert_connection(connection(2)).await, Ok(Inserted::New));
    let names: Vec<String> =
        store.connections().await.expect("connections").iter().map(|found| found.name.clone()).collect();
    assert_eq!(names, ["web1", "web2"]);
}

pub(super) async fn changes_mean_what_they_say(store: Arc<dyn Store>) {
    let id = connected(&store).await;
    let event = ConnectionEvent { connection: id, kind: "dirty".to_owned(), detail: "said so".to_owned(), time_us: T };
    let first = vec![
        ConnectionChange::Dirty,
        ConnectionChange::Dirty,
        ConnectionChange::Cursor(T),
        ConnectionChange::NumberSeen(9),
    ];
    store.change_connection(id, first, vec![event.clone()]).await.expect("a change");
    let second = vec![ConnectionChange::Clean(1), ConnectionChange::Cursor(T - 5), ConnectionChange::NumberSeen(3)];
    let now = store.change_connection(id, second, Vec::new()).await.expect("a change").expect("it is there");
    assert!(now.is_dirty(), "a mark set meanwhile survives a pass that began before it");
    assert_eq!((now.cursor_us, now.max_number_seen), (Some(T), 9), "cursor and number only grow");
    assert_eq!(store.connection(id).await.expect("a connection"), Some(now));
    assert_eq!(store.connection_log(id, 10).await.expect("a log"), vec![event]);
    assert_eq!(store.change_connection(connection_id(77), Vec::new(), Vec::new()).await, Ok(None));
}

pub(super) async fn a_pass_is_claimed_by_one(store: Arc<dyn Store>) {
    let id = connected(&store).await;
    assert_eq!(store.claim_pass(id, T, T + 10).await, Ok(true));
    assert_eq!(store.claim_pass(id, T + 9, T + 20).await, Ok(false));
    assert_eq!(store.claim_pass(id, T + 10, T + 20).await, Ok(true), "a claim that ended is free");
    store.release_pass(id).await.expect("a release");
    assert_eq!(store.claim_pass(id, T + 11, T + 20).await, Ok(true));
}

pub(super) async fn the_catalog_reads_back(store: Arc<dyn Store>) {
    let id = connected(&store).await;
    assert_eq!(store.catalog(id).await, Ok(Catalog::default()));
    let label = |id, name: &str| Label { id, name: name.to_owned(), colour: "ededed".to_owned(), exclusive: id == 2 };
    let catalog = Catalog {
        labels: vec![label(1, "bug"), label(2, "bug")],
        milestones: vec![Milestone { id: 3, title: "1.0".to_owned(), open: false }],
        users: vec![User { id: 4, login: "Alice".to_owned(), assignable: true }],
    };
    store.put_catalog(id, catalog.clone()).await.expect("a catalog");
    assert_eq!(store.catalog(id).await, Ok(catalog));
    store.put_catalog(id, Catalog::default()).await.expect("a catalog");
    assert_eq!(store.catalog(id).await, Ok(Catalog::default()), "a new catalog replaces the old one");
}

pub(super) async fn a_catalog_is_in_the_order_of_ids(store: Arc<dyn Store>) {
    let id = connected(&store).await;
    let user = |id, login: &str| User { id, login: login.to_owned(), assignable: true };
    let mixed = Catalog { users: vec![user(5, "eve"), user(4, "alice"), user(5, "bob")], ..Catalog::default() };
    store.put_catalog(id, mixed).await.expect("a catalog");
    assert_eq!(store.catalog(id).await.expect("a catalog").users, [user(4, "alice"), user(5, "bob")]);
}

pub(super) async fn removal_takes_everything_along(store: Arc<dyn Store>) {
    let id = connected(&store).await;
    put(&store, vec![issue(1), comment(2, 1)]).await;
    commit(&store, vec![logged(get(&store, 1).await, "new", 1)]).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    assert_eq!(store.remove_connection(id).await, Ok(true));
    assert_eq!(store.remove_connection(id).await, Ok(false));
    assert!(store.items(vec![super::fixture::id(1), super::fixture::id(2)]).await.expect("items").is_empty());
    assert!(store.deliveries(None, None, 10).await.expect("deliveries").is_empty());
    assert!(store.log_after(0, 10).await.expect("a log").is_empty());
}
