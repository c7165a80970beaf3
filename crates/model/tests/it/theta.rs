//! The interval of a tracker's clock offset.

use issuesync_model::Theta;
use issuesync_model::timing::SECOND_US as S;

const MS: i64 = 1_000;
const T: i64 = 1_795_000_000 * S;

/// A tracker `offset_us` ahead answers a request of `trip_us`, in the middle of it, with whole seconds.
fn answer(theta: &mut Theta, sent_us: i64, trip_us: i64, offset_us: i64) {
    let server_us = sent_us + trip_us / 2 + offset_us;
    theta.learn(server_us - server_us.rem_euclid(S), sent_us, sent_us + trip_us);
}

/// Whether a tracker's time is known to within `eps` less the share of front end and database.
fn holds(theta: &Theta, offset_us: i64, now_us: i64) -> bool {
    let off_us = theta.to_local(now_us + offset_us, now_us) - now_us;
    off_us.abs() <= theta.eps_us(now_us) - S
}

#[test]
fn nothing_is_known_at_first() {
    let theta = Theta::unknown();
    assert_eq!(theta.eps_us(T), i64::MAX);
    assert_eq!(theta.to_local(T, T), T);
}

#[test]
fn one_answer_bounds_the_offset_by_its_second_and_its_trip() {
    let mut theta = Theta::unknown();
    theta.learn(T + 30 * S, T, T + 200 * MS);
    // The offset lies in [29.8 s, 31 s].
    assert_eq!(theta.eps_us(T + 200 * MS), 600 * MS + S);
    assert_eq!(theta.to_local(T, T + 200 * MS), T - 30_400 * MS);
}

#[test]
fn many_answers_narrow_it_to_a_quarter_second_at_most() {
    let (mut theta, offset_us) = (Theta::unknown(), -77_700 * MS);
    for n in 0..100 {
        let sent_us = T + n * 1_037 * MS;
        answer(&mut theta, sent_us, 20 * MS, offset_us);
        assert!(holds(&theta, offset_us, sent_us + 20 * MS), "after {n}");
    }
    assert_eq!(theta.eps_us(T + 104 * S), 250 * MS + S);
}

#[test]
fn it_widens_with_age() {
    let mut theta = Theta::unknown();
    theta.learn(T, T, T);
    assert_eq!(theta.eps_us(T), 500 * MS + S);
    assert_eq!(theta.eps_us(T + 20_000 * S), S + 500 * MS + S);
}

#[test]
fn old_answers_are_forgotten_within_ten_minutes() {
    let mut theta = Theta::unknown();
    for n in 0..10 {
        answer(&mut theta, T + n * 137 * MS, 0, 0);
    }
    let narrow_us = theta.eps_us(T + 2 * S);
    // A slow tracker from now on: what the quick answers said is still used for a while.
    theta.learn(T + 302 * S, T + 301 * S, T + 306 * S);
    assert!(theta.eps_us(T + 306 * S) < narrow_us + 20 * MS);
    theta.learn(T + 612 * S, T + 611 * S, T + 616 * S);
    assert_eq!(theta.eps_us(T + 616 * S), 3 * S + S);
}

#[test]
fn a_clock_that_was_set_starts_anew() {
    let mut theta = Theta::unknown();
    for n in 0..50 {
        answer(&mut theta, T + n * S, 20 * MS, 0);
    }
    answer(&mut theta, T + 60 * S, 20 * MS, 3_600 * S);
    assert!(holds(&theta, 3_600 * S, T + 61 * S));
}

#[test]
fn an_answer_before_its_request_teaches_nothing() {
    let mut theta = Theta::unknown();
    theta.learn(T, T, T - 1);
    assert_eq!(theta, Theta::unknown());
}

#[test]
fn extreme_times_are_survived() {
    let extremes = [i64::MIN, -1, 0, T, i64::MAX];
    let mut theta = Theta::unknown();
    for date_us in extremes {
        for sent_us in extremes {
            for received_us in extremes {
                theta.learn(date_us, sent_us, received_us);
                assert!(theta.eps_us(received_us) >= S);
                let _ = theta.to_local(date_us, sent_us);
            }
        }
    }
}

#[test]
fn it_is_kept_as_json() {
    let mut theta = Theta::unknown();
    answer(&mut theta, T, 20 * MS, 5 * S);
    let json = serde_json::to_string(&theta).expect("it serializes");
    assert_eq!(serde_json::from_str::<Theta>(&json).expect("it reads back"), theta);
}

#[test]
fn a_list_begins_before_all_that_a_clock_can_have_shown_since() {
    let mut theta = Theta::unknown();
    assert_eq!(theta.to_server_floor(T, T), None);
    answer(&mut theta, T, 100 * MS, 0);
    let steady_us = theta.to_server_floor(T, T + S).expect("a bound");
    assert!((T - 3 * S..=T).contains(&steady_us));
    // Set back by an hour and forth again: both were noticed after T.
    answer(&mut theta, T + 10 * S, 100 * MS, -3_600 * S);
    assert!(theta.to_server_floor(T, T + 11 * S).expect("a bound") <= T - 3_600 * S);
    answer(&mut theta, T + 20 * S, 100 * MS, 0);
    assert!(theta.to_server_floor(T, T + 21 * S).expect("a bound") <= T - 3_600 * S);
    // A list that begins later has nothing to do with them.
    assert!(theta.to_server_floor(T + 30 * S, T + 31 * S).expect("a bound") >= T + 27 * S);
}

#[test]
fn steps_to_and_fro_do_not_add_up() {
    let mut theta = Theta::unknown();
    for n in 0..50 {
        let offset_us = if n % 2 == 0 { 0 } else { 600 * S };
        answer(&mut theta, T + n * 60 * S, 100 * MS, offset_us);
    }
    let now_us = T + 3_000 * S;
    assert!(theta.eps_of(T, now_us) < 610 * S, "a stamp is off by as far as the clock ever was");
}

/// The clock goes on by these steps, one every 20 minutes from `T` on; answers the time after the last.
fn stepped(theta: &mut Theta, steps_us: &[i64]) -> i64 {
    answer(theta, T - 60 * S, 100 * MS, 0);
    let mut offset_us = 0;
    for (n, step_us) in (0..).zip(steps_us) {
        offset_us += step_us;
        answer(theta, T + n * 1_200 * S, 100 * MS, offset_us);
    }
    T + steps_us.len() as i64 * 1_200 * S
}

/// Both are small and far apart: the first one is older than all that it moved when the second one comes.
#[test]
fn a_stamp_from_before_two_steps_is_off_by_both() {
    let mut theta = Theta::unknown();
    let now_us = stepped(&mut theta, &[40 * S, 20 * S]);
    let off_us = |made_us: i64, offset_us: i64| {
        let stamp_us = made_us + offset_us;
        ((theta.to_local(stamp_us, now_us) - made_us).abs(), theta.eps_of(stamp_us, now_us))
    };
    let (before_both, doubted) = off_us(T - 100 * S, 0);
    assert!(before_both >= 59 * S && before_both <= doubted, "off by {before_both}, doubted by {doubted}");
    let (between, doubted) = off_us(T + 600 * S, 40 * S);
    assert!(between >= 19 * S && between <= doubted, "off by {between}, doubted by {doubted}");
    assert!(doubted < 25 * S, "the first step has nothing to do with it: {doubted}");
    let (since, doubted) = off_us(T + 1_300 * S, 60 * S);
    assert!(since <= doubted && doubted < 4 * S, "off by {since}, doubted by {doubted}");
    let floor_us = theta.to_server_floor(T - 100 * S, now_us).expect("a bound");
    assert!(floor_us <= T - 100 * S, "a list that begins at {floor_us} misses what was stamped before both");
}

#[test]
fn where_there_is_no_room_for_more_steps_the_oldest_become_one() {
    let mut theta = Theta::unknown();
    let steps_us = [10 * S, 20 * S, 30 * S, 40 * S, 50 * S, 60 * S];
    let now_us = stepped(&mut theta, &steps_us);
    let mut offset_us = 0;
    for (n, step_us) in (0..).zip(steps_us) {
        let made_us = T + n * 1_200 * S - 600 * S;
        let off_us = (theta.to_local(made_us + offset_us, now_us) - made_us).abs();
        let doubted_us = theta.eps_of(made_us + offset_us, now_us);
        assert!(off_us <= doubted_us, "before step {n}: off by {off_us}, doubted by {doubted_us}");
        offset_us += step_us;
    }
}
