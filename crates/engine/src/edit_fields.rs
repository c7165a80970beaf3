//! Turns what a person asks for into canonical field values, or says which field cannot have that value and why.

use crate::create;
use crate::edit::{Changes, EditError};
use crate::engine::Engine;
use crate::link::Link;
use issuesync_model::{Catalog, Cx, Field, FieldDirection, Fields, State, Value};
use std::collections::BTreeSet;

/// The fields after the changes. Labels that nobody defined are allowed where they will be created.
pub(crate) async fn apply(
    engine: &Engine,
    cx: &Cx,
    link: &mut Link,
    local: &Fields,
    changes: &Changes,
) -> Result<Fields, EditError> {
    let mut catalog = engine.store.catalog(link.connection.id).await?;
    match resolve(link, &catalog, local, changes) {
        Err(EditError::Invalid { field, .. }) if matches!(field.as_str(), "labels" | "assignees" | "milestone") => {
            // It may have been defined since the last full pass.
            catalog = engine.refresh_catalog(cx, link).await?;
            resolve(link, &catalog, local, changes)
        }
        other => other,
    }
}

fn resolve(link: &Link, catalog: &Catalog, local: &Fields, changes: &Changes) -> Result<Fields, EditError> {
    let rules = &link.connection.capabilities.canon;
    let mut fields = local.clone();
    if let Some(title) = &changes.title {
        fields.set(Field::Title, Value::Text(checked_title(link, title)?));
    }
    if let Some(body) = &changes.body {
        fields.set(Field::Body, Value::Text(body.clone()));
    }
    if let Some(state) = changes.state {
        fields.set(Field::State, Value::State(checked_state(link, local, state)?));
    }
    if changes.labels.is_some() || !changes.add_labels.is_empty() || !changes.remove_labels.is_empty() {
        fields.set(Field::Labels, Value::Set(labels(link, catalog, local, changes)?));
    }
    if changes.assignees.is_some() || !changes.add_assignees.is_empty() || !changes.remove_assignees.is_empty() {
        fields.set(Field::Assignees, Value::Set(assignees(catalog, local, changes)?));
    }
    if let Some(milestone) = &changes.milestone {
        fields.set(Field::Milestone, Value::Id(milestone_id(catalog, milestone.as_deref())?));
    }
    if let Some(day) = changes.due_date {
        fields.set(Field::DueDate, Value::Date(day));
    }
    if let Some(locked) = changes.locked {
        if !rules.fields.has(Field::Locked) {
            return Err(invalid("locked", "this tracker cannot lock issues by API"));
        }
        fields.set(Field::Locked, Value::Flag(locked));
    }
    let fields = create::complete(issuesync_merge::canon(&fields, rules), rules.fields);
    for (field, value) in fields.iter() {
        if local.get(field) != Some(value) && link.connection.settings.direction_of(field) == FieldDirection::Pull {
            return Err(invalid(field.name(), "pulled only: this connection takes it from the tracker; edit it there"));
        }
    }
    Ok(fields)
}

/// A comment's canonical text.
pub(crate) fn comment_body(link: &Link, body: String) -> Result<Fields, EditError> {
    let fields = issuesync_merge::canon(&create::comment(body), &link.connection.capabilities.canon);
    if fields.text(Field::Body).is_empty() {
        return Err(invalid("body", "a comment needs a text"));
    }
    if link.connection.settings.direction_of(Field::Body) == FieldDirection::Pull {
        return Err(invalid("body", "pulled only: this connection takes it from the tracker; edit it there"));
    }
    Ok(fields)
}

fn checked_title(link: &Link, title: &str) -> Result<String, EditError> {
    if title.trim().is_empty() {
        return Err(invalid("title", "a title cannot be empty"));
    }
    match issuesync_merge::title_excess(title, &link.connection.capabilities.canon) {
        Some((length, limit)) => {
            Err(invalid("title", &format!("it is {length} long; the tracker keeps at most {limit}")))
        }
        None => Ok(title.to_owned()),
    }
}

fn checked_state(link: &Link, local: &Fields, state: State) -> Result<State, EditError> {
    let both_closed = !state.is_open() && !local.state().is_open() && state != local.state();
    let capabilities = &link.connection.capabilities;
    if both_closed && capabilities.canon.reasons && !capabilities.reason_alone {
        return Err(invalid("state", "this tracker cannot change the reason of a closed issue alone; reopen it first"));
    }
    Ok(state)
}

fn labels(link: &Link, catalog: &Catalog, local: &Fields, changes: &Changes) -> Result<BTreeSet<String>, EditError> {
    let fold = link.connection.capabilities.canon.label_fold;
    let canon = |name: &String| if fold { name.trim().to_lowercase() } else { name.trim().to_owned() };
    let mut set: BTreeSet<String> = match &changes.labels {
        Some(all) => all.iter().map(canon).collect(),
        None => local.elements(Field::Labels),
    };
    set.extend(changes.add_labels.iter().map(canon));
    for name in changes.remove_labels.iter().map(canon) {
        set.remove(&name);
    }
    let before = local.elements(Field::Labels);
    for name in set.difference(&before) {
        if name.is_empty() {
            return Err(invalid("labels", "a label needs a name"));
        }
        if !link.connection.settings.create_labels && catalog.labels_named(name, fold).next().is_none() {
            return Err(invalid(
                "labels",
                &format!("the tracker has no label \"{name}\"; create it there or allow create_labels"),
            ));
        }
    }
    Ok(set)
}

fn assignees(catalog: &Catalog, local: &Fields, changes: &Changes) -> Result<BTreeSet<String>, EditError> {
    let before = local.elements(Field::Assignees);
    let mut set = match &changes.assignees {
        Some(all) => all.iter().map(|login| user_id(catalog, login, &before)).collect::<Result<_, _>>()?,
        None => before.clone(),
    };
    for login in &changes.add_assignees {
        set.insert(user_id(catalog, login, &before)?);
    }
    for login in &changes.remove_assignees {
        if let Some(user) = catalog.user_named(login) {
            set.remove(&user.id.to_string());
        }
    }
    Ok(set)
}

/// Who is assigned already may stay so, even when the tracker would not assign them anew.
fn user_id(catalog: &Catalog, login: &str, before: &BTreeSet<String>) -> Result<String, EditError> {
    match catalog.user_named(login) {
        Some(user) if user.assignable || before.contains(&user.id.to_string()) => Ok(user.id.to_string()),
        Some(_) => Err(invalid("assignees", &format!("\"{login}\" cannot be assigned to issues of this repository"))),
        None => Err(invalid("assignees", &format!("the tracker knows no \"{login}\" for this repository"))),
    }
}

fn milestone_id(catalog: &Catalog, title: Option<&str>) -> Result<Option<i64>, EditError> {
    match title {
        None | Some("") => Ok(None),
        Some(title) => match catalog.milestone_titled(title) {
            Some(milestone) => Ok(Some(milestone.id)),
            None => Err(invalid("milestone", &format!("the tracker has no milestone \"{title}\""))),
        },
    }
}

pub(crate) fn invalid(field: &str, message: &str) -> EditError {
    EditError::Invalid { field: field.to_owned(), message: message.to_owned() }
}
