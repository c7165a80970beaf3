//! Write plans: which calls, in which order, and what a catalog must know.

use crate::fixture::{capabilities, catalog};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Capabilities, Field, Fields, Reason, State, Value, marker};
use issuesync_provider::{Call, PlanError, Provider, WritePlan};
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};

const DIGITS: &str = "0123456789abcdef0123456789abcdef";

type Elements = BTreeMap<Field, BTreeSet<String>>;

/// An update of issue 7, as the engine would ask for it.
#[derive(Default)]
struct Update {
    scalars: Fields,
    add: Elements,
    remove: Elements,
    remote: Fields,
    marker: Option<&'static str>,
    content_version: Option<i64>,
}

impl Update {
    fn plan(&self, one_by_one: bool) -> Result<Vec<Call>, PlanError> {
        self.plan_on(&capabilities(), one_by_one)
    }

    fn plan_on(&self, capabilities: &Capabilities, one_by_one: bool) -> Result<Vec<Call>, PlanError> {
        let write = WritePlan::UpdateIssue {
            number: 7,
            scalars: &self.scalars,
            add: &self.add,
            remove: &self.remove,
            remote: &self.remote,
            marker: self.marker,
            content_version: self.content_version,
        };
        Gitea.plan(&write, &catalog(), capabilities, one_by_one)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn names(elements: &[&str]) -> BTreeSet<String> {
    elements.iter().map(|element| (*element).to_owned()).collect()
}

fn one(field: Field, elements: &[&str]) -> Elements {
    BTreeMap::from([(field, names(elements))])
}

fn edit(fields: Fields, assignees: Option<&[&str]>) -> Call {
    let assignees = assignees.map(|logins| logins.iter().map(|login| (*login).to_owned()).collect());
    Call::EditIssue { number: 7, fields, assignees, content_version: None }
}

fn everything() -> Update {
    Update {
        scalars: Fields::new()
            .with(Field::State, Value::State(State::Closed(Reason::None)))
            .with(Field::Locked, Value::Flag(true))
            .with(Field::DueDate, Value::Date(Some(date(2026, 12, 25))))
            .with(Field::Milestone, Value::Id(None))
            .with(Field::Body, text("B"))
            .with(Field::Title, text("T")),
        add: BTreeMap::from([(Field::Labels, names(&["help"])), (Field::Assignees, names(&["3"]))]),
        remove: BTreeMap::from([(Field::Labels, names(&["bug"])), (Field::Assignees, names(&["2"]))]),
        remote: Fields::new().with(Field::Assignees, Value::Set(names(&["2", "7"]))),
        ..Update::default()
    }
}

#[test]
fn the_order_is_scalars_adds_removes_due_date_lock_state() {
    let scalars = Fields::new()
        .with(Field::Title, text("T"))
        .with(Field::Body, text("B"))
        .with(Field::Milestone, Value::Id(None));
    let closed = Fields::new().with(Field::State, Value::State(State::Closed(Reason::None)));
    assert_eq!(
        everything().plan(false),
        Ok(vec![
            edit(scalars, Some(&["bob", "carol"])),
            Call::AddLabels { number: 7, labels: vec![6] },
            Call::RemoveLabel { number: 7, label: 9 },
            Call::RemoveLabel { number: 7, label: 4 },
            Call::SetDueDate { number: 7, day: Some(date(2026, 12, 25)) },
            Call::SetLock { number: 7, locked: true },
            edit(closed, None),
        ])
    );
}

#[test]
fn one_by_one_no_call_carries_two_fields() {
    let calls = everything().plan(true).expect("the catalog knows everything");
    assert!(calls.iter().all(|call| call.sends().len() == 1), "{calls:?}");
    let sent: BTreeSet<Field> = calls.iter().flat_map(Call::sends).collect();
    assert_eq!(sent, BTreeSet::from(Field::ALL));
    assert_eq!(calls.last().map(Call::sends), Some(vec![Field::State]));
}

#[test]
fn nothing_to_write_is_no_call() {
    assert_eq!(Update::default().plan(false), Ok(Vec::new()));
    let blank = Update { scalars: Fields::new().with(Field::Title, text("  ")), ..Update::default() };
    assert_eq!(blank.plan(false), Ok(Vec::new()), "a blank title is ignored or spoiled by the server");
}

#[test]
fn the_body_of_what_we_created_keeps_its_marker() {
    let body = |marker| Update { scalars: Fields::new().with(Field::Body, text("B")), marker, ..Update::default() };
    let sent = |text: String| Ok(vec![edit(Fields::new().with(Field::Body, Value::Text(text)), None)]);
    assert_eq!(body(Some(DIGITS)).plan(false), sent(marker::with("B", DIGITS)));
    assert_eq!(body(None).plan(false), sent("B".to_owned()));
}

#[test]
fn the_guard_goes_with_a_body_alone() {
    let guarded = |field: Field, value: Value| {
        let update =
            Update { scalars: Fields::new().with(field, value), content_version: Some(5), ..Update::default() };
        let capabilities = Capabilities { content_version: true, ..capabilities() };
        match update.plan_on(&capabilities, false).expect("it names nothing unknown").as_slice() {
            [Call::EditIssue { content_version, .. }] => *content_version,
            other => panic!("one edit was expected, not {other:?}"),
        }
    };
    assert_eq!(guarded(Field::Body, text("B")), Some(5));
    assert_eq!(guarded(Field::Title, text("T")), None);
    assert_eq!(guarded(Field::State, Value::State(State::Open)), None);
}

#[test]
fn a_label_is_added_once_and_each_definition_of_its_name_removed() {
    let added = Update { add: one(Field::Labels, &["bug"]), ..Update::default() };
    assert_eq!(added.plan(false), Ok(vec![Call::AddLabels { number: 7, labels: vec![4] }]));
    let folding = {
        let mut capabilities = capabilities();
        capabilities.canon.label_fold = true;
        capabilities
    };
    let removed = Update { remove: one(Field::Labels, &["bug"]), ..Update::default() };
    let ids = |calls: Result<Vec<Call>, PlanError>| -> Vec<i64> {
        let id = |call: &Call| if let Call::RemoveLabel { label, .. } = call { Some(*label) } else { None };
        calls.expect("removing needs no definition").iter().filter_map(id).collect()
    };
    assert_eq!(ids(removed.plan(false)), [9, 4]);
    assert_eq!(ids(removed.plan_on(&folding, false)), [9, 4, 5]);
}

#[test]
fn what_the_catalog_lacks_is_named() {
    let labels = Update { add: one(Field::Labels, &["bug", "new", "newer"]), ..Update::default() };
    assert_eq!(labels.plan(false), Err(PlanError::UnknownLabels(vec!["new".to_owned(), "newer".to_owned()])));
    let people = Update { add: one(Field::Assignees, &["3", "99"]), ..Update::default() };
    assert_eq!(people.plan(false), Err(PlanError::UnknownUsers(vec!["99".to_owned()])));
}

#[test]
fn people_whom_others_assigned_stay_assigned() {
    let update = Update {
        add: one(Field::Assignees, &["3"]),
        remote: Fields::new().with(Field::Assignees, Value::Set(names(&["7"]))),
        ..Update::default()
    };
    assert_eq!(update.plan(false), Ok(vec![edit(Fields::new(), Some(&["bob", "carol"]))]));
    let last = Update {
        remove: one(Field::Assignees, &["7"]),
        remote: Fields::new().with(Field::Assignees, Value::Set(names(&["7"]))),
        ..Update::default()
    };
    assert_eq!(last.plan(false), Ok(vec![edit(Fields::new(), Some(&[]))]));
}

#[test]
fn a_create_is_one_call_with_what_it_can_carry() {
    let fields = Fields::new()
        .with(Field::Title, text("T"))
        .with(Field::Body, text("B"))
        .with(Field::Labels, Value::Set(names(&["bug", "help"])))
        .with(Field::Assignees, Value::Set(names(&["2"])))
        .with(Field::Milestone, Value::Id(Some(3)))
        .with(Field::DueDate, Value::Date(Some(date(2026, 12, 25))))
        .with(Field::Locked, Value::Flag(true))
        .with(Field::State, Value::State(State::Closed(Reason::None)));
    let write = WritePlan::CreateIssue { fields: &fields, marker: DIGITS };
    let sent = Fields::new()
        .with(Field::Title, text("T"))
        .with(Field::Body, Value::Text(marker::with("B", DIGITS)))
        .with(Field::Milestone, Value::Id(Some(3)));
    assert_eq!(
        Gitea.plan(&write, &catalog(), &capabilities(), true),
        Ok(vec![Call::CreateIssue { fields: sent, labels: vec![4, 6], assignees: vec!["alice".to_owned()] }])
    );
}

#[test]
fn comments_and_deletions_are_one_call_each() {
    let plan = |write: WritePlan<'_>| Gitea.plan(&write, &catalog(), &capabilities(), false);
    assert_eq!(
        plan(WritePlan::CreateComment { issue: 7, body: "B", marker: DIGITS }),
        Ok(vec![Call::CreateComment { issue: 7, body: marker::with("B", DIGITS) }])
    );
    assert_eq!(
        plan(WritePlan::UpdateComment { issue: 7, id: 77, body: "B", marker: None }),
        Ok(vec![Call::EditComment { issue: 7, id: 77, body: "B".to_owned() }])
    );
    assert_eq!(
        plan(WritePlan::UpdateComment { issue: 7, id: 77, body: "B", marker: Some(DIGITS) }),
        Ok(vec![Call::EditComment { issue: 7, id: 77, body: marker::with("B", DIGITS) }])
    );
    assert_eq!(plan(WritePlan::DeleteComment { issue: 7, id: 77 }), Ok(vec![Call::DeleteComment { issue: 7, id: 77 }]));
    assert_eq!(plan(WritePlan::DeleteIssue { number: 7 }), Ok(vec![Call::DeleteIssue { number: 7 }]));
}
