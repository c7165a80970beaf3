//! The conformance suite: every promise of the ports as a small case that any backend runs.
//!
//! A backend's tests call [`run`] with a function that gives a fresh, empty store. Cases are ordinary async functions; no runtime is
//! assumed, so the caller polls them on its own executor. A broken promise panics with the case's name in the message.

mod checks;
mod commits;
mod connections;
pub mod fixture;
mod lists;
mod outbox;
mod queue;
mod races;
mod tokens;

use crate::Store;
use issuesync_model::BoxFuture;
use std::future::Future;
use std::sync::Arc;

/// One case.
type Case = fn(Arc<dyn Store>) -> BoxFuture<'static, ()>;

macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$((concat!(stringify!($module), "::", stringify!($name)), |store| Box::pin($module::$name(store)))),*]
    };
}

/// Every case with its name.
pub const CASES: &[(&str, Case)] = cases![
    connections::a_project_is_made_once,
    connections::a_name_or_a_repository_is_taken_once,
    connections::changes_mean_what_they_say,
    connections::a_pass_is_claimed_by_one,
    connections::the_catalog_reads_back,
    connections::a_catalog_is_in_the_order_of_ids,
    connections::removal_takes_everything_along,
    commits::a_row_reads_back_as_written,
    commits::a_stale_set_changes_nothing_and_holds_up_nobody,
    commits::a_set_is_all_or_nothing,
    commits::the_tail_waits_for_every_set,
    commits::an_insert_never_breaks_a_unique_key,
    commits::unusual_values_read_back,
    commits::the_log_keeps_its_order_and_its_chain,
    commits::deliveries_and_checks_settle_with_their_set,
    races::a_row_without_its_connection_or_its_issue_is_stale,
    races::nothing_else_is_written_for_what_is_missing,
    races::markers_and_client_keys_are_unique_over_both_kinds,
    races::a_set_is_written_in_order,
    races::a_moved_row_is_claimed_where_it_is,
    races::a_position_of_the_log_is_given_once,
    races::of_two_that_are_in_the_way_the_lower_id_is_told,
    lists::pages_meet_without_gap_or_overlap,
    lists::an_item_asked_for_twice_comes_once,
    lists::every_filter_filters,
    lists::hidden_issues_show_only_when_asked_for,
    lists::search_finds_issues_with_all_words,
    lists::search_follows_an_edit,
    lists::counts_and_conflicts_are_told,
    lists::comments_come_in_order_and_are_counted,
    lists::old_tombstones_are_swept_with_their_comments,
    outbox::a_due_row_is_claimed_once,
    outbox::a_claim_moves_fence_and_rev,
    outbox::a_comment_waits_for_its_issue,
    outbox::a_lease_that_ended_is_claimed_again,
    outbox::a_release_needs_the_fence,
    outbox::void_leases_frees_everything,
    outbox::the_next_due_time_is_told,
    checks::each_kind_is_put_by_its_rule,
    checks::claims_are_in_due_order_and_leased,
    checks::those_due_at_once_come_in_one_order,
    checks::a_held_check_is_not_claimed,
    queue::a_repeat_is_told_and_not_written,
    queue::a_dead_delivery_is_queued_again,
    queue::claims_are_in_order_of_arrival_and_leased,
    queue::burying_marks_the_connection_dirty,
    queue::a_replay_starts_anew,
    queue::settled_deliveries_are_swept,
    tokens::a_token_is_found_by_hash_and_revoked_once,
];

/// Runs every case on a store of its own.
pub async fn run<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn Store>>,
{
    for (name, case) in CASES {
        let store = make().await;
        let span = Named(name);
        case(store).await;
        std::mem::forget(span);
    }
}

/// Says which case was running when it panicked.
struct Named(&'static str);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "the name belongs beside the panic's own message")]
    fn drop(&mut self) {
        eprintln!("conformance case: {}", self.0);
    }
}
