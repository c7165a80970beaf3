//! Write plans: what is to be written, before an adapter turns it into calls.

use issuesync_model::{Field, Fields};
use std::collections::{BTreeMap, BTreeSet};

/// Something to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WritePlan<'a> {
    /// A new issue.
    CreateIssue {
        /// Its values.
        fields: &'a Fields,
        /// The digits of its marker.
        marker: &'a str,
    },
    /// Fields of an issue that differ.
    UpdateIssue {
        /// Its number.
        number: i64,
        /// New values of scalars.
        scalars: &'a Fields,
        /// Elements to add, by set field.
        add: &'a BTreeMap<Field, BTreeSet<String>>,
        /// Elements to remove, by set field.
        remove: &'a BTreeMap<Field, BTreeSet<String>>,
        /// The tracker's values as just read.
        remote: &'a Fields,
        /// The digits of its marker, when we created it.
        marker: Option<&'a str>,
        /// The guard as just read.
        content_version: Option<i64>,
    },
    /// An issue to delete.
    DeleteIssue {
        /// Its number.
        number: i64,
    },
    /// A new comment.
    CreateComment {
        /// The issue's number.
        issue: i64,
        /// Its text.
        body: &'a str,
        /// The digits of its marker.
        marker: &'a str,
    },
    /// A comment's new text.
    UpdateComment {
        /// The issue's number.
        issue: i64,
        /// The comment's id.
        id: i64,
        /// Its text.
        body: &'a str,
        /// The digits of its marker, when we created it.
        marker: Option<&'a str>,
    },
    /// A comment to delete.
    DeleteComment {
        /// The issue's number.
        issue: i64,
        /// The comment's id.
        id: i64,
    },
}

/// What a catalog lacks for a write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Labels of these names are not defined.
    #[error("labels that the tracker does not define: {}", .0.join(", "))]
    UnknownLabels(Vec<String>),
    /// People of these ids are not known.
    #[error("people that the tracker does not know: {}", .0.join(", "))]
    UnknownUsers(Vec<String>),
}
