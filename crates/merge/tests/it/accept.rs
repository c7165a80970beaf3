//! The accept rule, one test for each row.

use crate::fixture::{S, T, one, text};
use issuesync_merge::{Verdict, accept, content_hash};
use issuesync_model::{Field, Fields, Remote, Source};
use std::collections::BTreeMap;

const EVERY: [Source; 4] = [Source::Payload, Source::Get, Source::List, Source::Answer];

fn title(title: &str) -> Fields {
    one(Field::Title, text(title))
}

/// The last accepted observation: "old", stamped `T`, asked for at `T + 10 s` and answered a second later.
fn previous() -> Remote {
    Remote {
        fields: title("old"),
        u_us: T,
        t_send_us: T + 10 * S,
        t_recv_us: T + 11 * S,
        changes: BTreeMap::new(),
        comment_count: None,
        content_version: None,
    }
}

fn judge(fields: &Fields, u_us: i64, source: Source, t_send_us: i64, list_is_fresh: bool) -> Verdict {
    accept(Some(&previous()), fields, u_us, source, t_send_us, list_is_fresh)
}

#[test]
fn the_first_observation_is_accepted() {
    for source in EVERY {
        assert_eq!(accept(None, &title("new"), 0, source, 0, false), Verdict::Accept);
    }
}

#[test]
fn an_older_stamp_is_stale_whatever_it_says() {
    for source in EVERY {
        assert_eq!(judge(&title("new"), T - 1, source, T + 99 * S, true), Verdict::Stale);
        assert_eq!(judge(&title("old"), T - 1, source, T + 99 * S, true), Verdict::Stale);
    }
}

#[test]
fn a_newer_stamp_is_accepted_whatever_it_says() {
    for source in EVERY {
        assert_eq!(judge(&title("new"), T + 1, source, 0, false), Verdict::Accept);
        assert_eq!(judge(&title("old"), T + 1, source, 0, false), Verdict::Accept);
    }
}

#[test]
fn the_same_stamp_and_content_is_no_news() {
    for source in EVERY {
        assert_eq!(judge(&title("old"), T, source, T + 99 * S, true), Verdict::Same);
    }
}

#[test]
fn within_one_second_only_a_later_request_proves_anything() {
    for source in [Source::Get, Source::Answer] {
        assert_eq!(judge(&title("new"), T, source, T + 11 * S + 1, false), Verdict::Accept);
        assert_eq!(judge(&title("new"), T, source, T + 11 * S, false), Verdict::Refetch, "both were on their way");
        assert_eq!(judge(&title("new"), T, source, T + 10 * S, false), Verdict::Refetch);
        assert_eq!(judge(&title("new"), T, source, T + 9 * S, false), Verdict::Refetch);
    }
    assert_eq!(judge(&title("new"), T, Source::Payload, T + 99 * S, true), Verdict::Refetch);
}

#[test]
fn a_list_page_counts_as_a_get_where_lists_are_fresh() {
    assert_eq!(judge(&title("new"), T, Source::List, T + 12 * S, true), Verdict::Accept);
    assert_eq!(judge(&title("new"), T, Source::List, T + 12 * S, false), Verdict::Refetch);
    assert_eq!(judge(&title("new"), T, Source::List, T + 10 * S, true), Verdict::Refetch);
}

#[test]
fn the_content_hash_tells_values_and_fields_apart() {
    assert_eq!(content_hash(&title("old")), content_hash(&title("old")));
    assert_ne!(content_hash(&title("old")), content_hash(&title("new")));
    assert_ne!(content_hash(&title("old")), content_hash(&one(Field::Body, text("old"))));
    assert_eq!(content_hash(&title("old")).len(), 64);
}
