//! Keeps the catalog of a connection: definitions of labels and milestones, and people.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::seen::Seen;
use issuesync_model::{Catalog, Cx};
use issuesync_provider::{Answer, Call, CallError};

/// More pages than any catalog has: a server that never ends a list must not hold a pass for ever.
const PAGES_MAX: i64 = 1000;

impl Engine {
    /// Reads every definition anew. People who were merely seen stay known, though not assignable.
    pub(crate) async fn refresh_catalog(&self, cx: &Cx, link: &mut Link) -> Result<Catalog, StepError> {
        let mut catalog = Catalog::default();
        for kind in [
            |page| Call::Labels { page },
            |page| Call::SharedLabels { page },
            |page| Call::Milestones { page },
            |page| Call::Assignables { page },
        ] {
            for page in 1..=PAGES_MAX {
                let answered = self.ask(cx, link, Lane::Read, &kind(page)).await;
                let more = match answered {
                    Ok(answered) => add_page(&mut catalog, answered.answer),
                    // Shared labels and people may be hidden from a narrow token; what is seen on issues still counts.
                    Err(StepError::Call(CallError::Gone | CallError::Forbidden(_))) if page == 1 => false,
                    Err(error) => return Err(error),
                };
                if !more {
                    break;
                }
            }
        }
        let before = self.store.catalog(link.connection.id).await?;
        for mut user in before.users.iter().cloned() {
            if catalog.user(user.id).is_none() {
                user.assignable = false;
                catalog.users.push(user);
            }
        }
        if catalog != before {
            self.store.put_catalog(link.connection.id, catalog.clone()).await?;
        }
        Ok(catalog)
    }

    /// Remembers definitions and people that observations show and the catalog lacks.
    pub(crate) async fn learn_definitions(&self, link: &Link, batch: &[Seen]) -> Result<(), StepError> {
        let shown = batch.iter().map(|seen| &seen.observation.seen);
        if shown.clone().all(|seen| seen.labels.is_empty() && seen.milestones.is_empty() && seen.users.is_empty()) {
            return Ok(());
        }
        let mut catalog = self.store.catalog(link.connection.id).await?;
        let mut news = false;
        for seen in shown {
            for label in &seen.labels {
                news |= put(
                    &mut catalog.labels,
                    label,
                    |known| known.id == label.id,
                    |known| known == label || known.name == label.name,
                );
            }
            for milestone in &seen.milestones {
                news |= put(
                    &mut catalog.milestones,
                    milestone,
                    |known| known.id == milestone.id,
                    |known| known.title == milestone.title && known.open == milestone.open,
                );
            }
            for user in &seen.users {
                let assignable = catalog.user(user.id).is_some_and(|known| known.assignable);
                let user = issuesync_model::User { assignable: assignable || user.assignable, ..user.clone() };
                news |= put(&mut catalog.users, &user, |known| known.id == user.id, |known| *known == user);
            }
        }
        if news {
            self.store.put_catalog(link.connection.id, catalog).await?;
        }
        Ok(())
    }
}

fn add_page(catalog: &mut Catalog, answer: Answer) -> bool {
    match answer {
        Answer::Labels(labels, more) => {
            catalog.labels.extend(labels);
            more
        }
        Answer::Milestones(milestones, more) => {
            catalog.milestones.extend(milestones);
            more
        }
        Answer::Users(users, more) => {
            for user in users {
                if catalog.user(user.id).is_none() {
                    catalog.users.push(user);
                }
            }
            more
        }
        _ => false,
    }
}

/// Adds or replaces one entry; answers whether that was news.
fn put<T: Clone>(list: &mut Vec<T>, entry: &T, is_it: impl Fn(&T) -> bool, is_same: impl Fn(&T) -> bool) -> bool {
    match list.iter().position(is_it) {
        Some(index) if is_same(&list[index]) => false,
        Some(index) => {
            list[index] = entry.clone();
            true
        }
        None => {
            list.push(entry.clone());
            true
        }
    }
}
