//! Every row of the table of faults, as a scenario that forces it.

use issuesync_dst::faults::{all, find};

fn plays(row: u8) {
    let story = find(&row.to_string()).expect("the row has a scenario");
    if let Err(failure) = (story.run)() {
        panic!("row {row}, {}: {failure}", story.name);
    }
}

/// One test for each row.
macro_rules! rows {
    ($($name:ident: $row:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            plays($row);
        })*

        #[test]
        fn every_row_has_one_scenario() {
            assert_eq!(all().iter().map(|story| story.row).collect::<Vec<_>>(), vec![$($row),*]);
        }
    };
}

rows! {
    row_01_webhook_lost: 1,
    row_02_webhook_duplicated: 2,
    row_03_same_change_under_a_new_id: 3,
    row_04_webhooks_reordered_and_late: 4,
    row_05_two_edits_in_one_second: 5,
    row_06_stale_read: 6,
    row_07_server_clock_steps_back: 7,
    row_08_updated_at_set_by_a_client: 8,
    row_09_updated_at_moved_for_nothing: 9,
    row_10_patch_answer_lost: 10,
    row_11_patch_lost: 11,
    row_12_post_answer_lost: 12,
    row_13_webhook_before_our_commit: 13,
    row_14_list_stale: 14,
    row_15_crash_after_post: 15,
    row_16_crash_between_commit_and_acknowledgement: 16,
    row_17_worker_paused_beyond_its_lease: 17,
    row_18_two_workers_one_issue: 18,
    row_19_foreign_edit_in_the_gap: 19,
    row_20_multi_call_update_half_done: 20,
    row_21_tracker_rewrites_or_refuses: 21,
    row_22_bot_sets_back_each_time: 22,
    row_23_storm_of_429: 23,
    row_24_three_hours_of_outage: 24,
    row_25_token_revoked: 25,
    row_26_poison_event: 26,
    row_27_queue_flushed: 27,
    row_28_last_second_of_the_queue_lost: 28,
    row_29_database_down_at_ingest: 29,
    row_30_disk_full_or_database_busy: 30,
    row_31_pagination_shift: 31,
    row_32_remote_delete_against_local_edit: 32,
    row_33_lost_permission: 33,
    row_34_issue_transferred: 34,
    row_35_late_webhook_after_a_delete: 35,
    row_36_local_clock_jumps: 36,
    row_37_conflict_open_while_both_edit_on: 37,
    row_38_hook_secret_rotated: 38,
    row_39_upgrade_with_full_queues: 39,
    row_40_one_bad_field: 40,
    row_41_comments_without_hooks: 41,
    row_42_copied_marker: 42,
    row_43_backup_restored: 43,
    row_44_definitions_renamed: 44,
}
