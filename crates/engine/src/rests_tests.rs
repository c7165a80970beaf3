//! Passes that fail come again after a pause, probes of parked connections after a longer one.

use super::Rests;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{ConnectionId, Timing};
use uuid::Uuid;

const POLL_US: i64 = 60 * SECOND_US;

fn rests(parked: bool) -> (Rests, ConnectionId) {
    let (mut rests, id) = (Rests::default(), ConnectionId(Uuid::from_u128(1)));
    rests.begin(id, parked, POLL_US, 0, &Timing::default());
    (rests, id)
}

#[test]
fn a_failed_pass_is_made_again_after_half_a_minute() {
    let (rests, id) = rests(false);
    assert!(rests.holds(id, false, 29 * SECOND_US));
    assert!(!rests.holds(id, false, 30 * SECOND_US));
}

#[test]
fn a_parked_connection_is_probed_every_five_minutes() {
    let (rests, id) = rests(true);
    assert!(rests.holds(id, true, 299 * SECOND_US));
    assert!(!rests.holds(id, true, 300 * SECOND_US));
}

#[test]
fn a_connection_that_a_person_unparked_does_not_wait_out_its_probe() {
    let (rests, id) = rests(true);
    assert!(!rests.holds(id, false, SECOND_US));
}

#[test]
fn a_pass_that_ended_well_leaves_no_rest() {
    let (mut rests, id) = rests(false);
    rests.end(id);
    assert!(!rests.holds(id, false, 0));
}
