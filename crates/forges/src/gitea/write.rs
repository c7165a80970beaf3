//! Write plans as ordered calls: scalars, adds, removes, due date, lock, state last.

use issuesync_model::{Capabilities, Catalog, Field, Fields, Value, marker};
use issuesync_provider::{Call, PlanError, WritePlan};
use std::collections::{BTreeMap, BTreeSet};

type Elements = BTreeMap<Field, BTreeSet<String>>;

pub(super) fn plan(
    write: &WritePlan<'_>,
    catalog: &Catalog,
    capabilities: &Capabilities,
    one_by_one: bool,
) -> Result<Vec<Call>, PlanError> {
    match write {
        WritePlan::CreateIssue { fields, marker } => {
            create(fields, marker, catalog, capabilities).map(|call| vec![call])
        }
        WritePlan::UpdateIssue { number, scalars, add, remove, remote, marker, content_version } => {
            let update = Update {
                number: *number,
                scalars,
                add,
                remove,
                remote,
                marker: *marker,
                content_version: *content_version,
            };
            update.calls(catalog, capabilities, one_by_one)
        }
        WritePlan::DeleteIssue { number } => Ok(vec![Call::DeleteIssue { number: *number }]),
        WritePlan::CreateComment { issue, body, marker } => {
            Ok(vec![Call::CreateComment { issue: *issue, body: marker::with(body, marker) }])
        }
        WritePlan::UpdateComment { issue, id, body, marker } => {
            Ok(vec![Call::EditComment { issue: *issue, id: *id, body: marked(body, *marker) }])
        }
        WritePlan::DeleteComment { issue, id } => Ok(vec![Call::DeleteComment { issue: *issue, id: *id }]),
    }
}

fn marked(body: &str, digits: Option<&str>) -> String {
    digits.map_or_else(|| body.to_owned(), |digits| marker::with(body, digits))
}

/// One POST with all it can carry: due date, lock and state follow as an update.
fn create(fields: &Fields, digits: &str, catalog: &Catalog, capabilities: &Capabilities) -> Result<Call, PlanError> {
    let labels = label_ids(&fields.elements(Field::Labels), catalog, capabilities)?;
    let assignees = logins(&fields.elements(Field::Assignees), catalog)?;
    let mut sent = Fields::new()
        .with(Field::Title, fields.value(Field::Title))
        .with(Field::Body, Value::Text(marker::with(fields.text(Field::Body), digits)));
    if let Some(Value::Id(Some(id))) = fields.get(Field::Milestone) {
        sent.set(Field::Milestone, Value::Id(Some(*id)));
    }
    Ok(Call::CreateIssue { fields: sent, labels, assignees })
}

struct Update<'a> {
    number: i64,
    scalars: &'a Fields,
    add: &'a Elements,
    remove: &'a Elements,
    remote: &'a Fields,
    marker: Option<&'a str>,
    content_version: Option<i64>,
}

impl Update<'_> {
    fn calls(&self, catalog: &Catalog, capabilities: &Capabilities, one_by_one: bool) -> Result<Vec<Call>, PlanError> {
        let mut calls = self.edits(catalog, one_by_one)?;
        calls.extend(self.labels(catalog, capabilities)?);
        if let Some(Value::Date(day)) = self.scalars.get(Field::DueDate) {
            calls.push(Call::SetDueDate { number: self.number, day: *day });
        }
        if let Some(Value::Flag(locked)) = self.scalars.get(Field::Locked) {
            calls.push(Call::SetLock { number: self.number, locked: *locked });
        }
        if let Some(state) = self.scalars.get(Field::State) {
            calls.push(self.edit(Fields::new().with(Field::State, state.clone()), None));
        }
        Ok(calls)
    }

    fn edits(&self, catalog: &Catalog, one_by_one: bool) -> Result<Vec<Call>, PlanError> {
        let mut fields = Fields::new();
        for field in [Field::Title, Field::Body, Field::Milestone] {
            match (field, self.scalars.get(field)) {
                (Field::Body, Some(Value::Text(text))) => fields.set(field, Value::Text(marked(text, self.marker))),
                // An empty title is ignored by the server: sending it would look like a refusal.
                (Field::Title, Some(Value::Text(text))) if text.trim().is_empty() => {}
                (_, Some(value)) => fields.set(field, value.clone()),
                (_, None) => {}
            }
        }
        let assignees = self.assignees(catalog)?;
        if !one_by_one {
            let nothing = fields.is_empty() && assignees.is_none();
            return Ok(if nothing { Vec::new() } else { vec![self.edit(fields, assignees)] });
        }
        let mut calls: Vec<Call> =
            fields.iter().map(|(field, value)| self.edit(Fields::new().with(field, value.clone()), None)).collect();
        if assignees.is_some() {
            calls.push(self.edit(Fields::new(), assignees));
        }
        Ok(calls)
    }

    fn edit(&self, fields: Fields, assignees: Option<Vec<String>>) -> Call {
        let content_version = self.content_version.filter(|_| fields.get(Field::Body).is_some());
        Call::EditIssue { number: self.number, fields, assignees, content_version }
    }

    /// The server takes assignees as a whole list only: the one just read, with our adds and removes.
    fn assignees(&self, catalog: &Catalog) -> Result<Option<Vec<String>>, PlanError> {
        let none = BTreeSet::new();
        let add = self.add.get(&Field::Assignees).unwrap_or(&none);
        let remove = self.remove.get(&Field::Assignees).unwrap_or(&none);
        if add.is_empty() && remove.is_empty() {
            return Ok(None);
        }
        let mut ids = self.remote.elements(Field::Assignees);
        ids.extend(add.iter().cloned());
        ids.retain(|id| !remove.contains(id));
        logins(&ids, catalog).map(Some)
    }

    fn labels(&self, catalog: &Catalog, capabilities: &Capabilities) -> Result<Vec<Call>, PlanError> {
        let mut calls = Vec::new();
        if let Some(names) = self.add.get(&Field::Labels).filter(|names| !names.is_empty()) {
            calls.push(Call::AddLabels { number: self.number, labels: label_ids(names, catalog, capabilities)? });
        }
        for name in self.remove.get(&Field::Labels).into_iter().flatten() {
            // Several definitions may bear one name; the issue may have any of them.
            let ids = catalog.labels_named(name, capabilities.canon.label_fold);
            calls.extend(ids.map(|label| Call::RemoveLabel { number: self.number, label: label.id }));
        }
        Ok(calls)
    }
}

fn label_ids(names: &BTreeSet<String>, catalog: &Catalog, capabilities: &Capabilities) -> Result<Vec<i64>, PlanError> {
    let fold = capabilities.canon.label_fold;
    let id = |name: &String| catalog.labels_named(name, fold).map(|label| label.id).min();
    let unknown: Vec<String> = names.iter().filter(|name| id(name).is_none()).cloned().collect();
    if unknown.is_empty() { Ok(names.iter().filter_map(id).collect()) } else { Err(PlanError::UnknownLabels(unknown)) }
}

fn logins(ids: &BTreeSet<String>, catalog: &Catalog) -> Result<Vec<String>, PlanError> {
    let login = |id: &String| id.parse().ok().and_then(|id| catalog.user(id)).map(|user| user.login.clone());
    let unknown: Vec<String> = ids.iter().filter(|id| login(id).is_none()).cloned().collect();
    if unknown.is_empty() { Ok(ids.iter().filter_map(login).collect()) } else { Err(PlanError::UnknownUsers(unknown)) }
}
