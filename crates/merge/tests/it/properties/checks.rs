//! The properties of the merge, each as a check of one generated item. `p12`, totality, is every check not panicking.

use super::world::World;
use crate::fixture::{S, T};
use issuesync_merge::{Output, Policy, Verdict, accept, canon, merge_text};
use issuesync_model::{
    Change, Conflict, ConflictKind, Edit, Field, Fields, Grade, LogKind, Remote, Source, TextMerge, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Every property that applies.
pub(crate) fn all(world: &World) {
    let output = world.merge();
    p1_idempotent(world, &output);
    p2_an_echo_is_no_change(world);
    p3_an_unchanged_tracker_leaves_the_mirror_alone(world);
    p4_disjoint_edits_commute(world);
    p5_symmetric(world);
    p6_monotone(world);
    p7_conservation(world, &output);
    p8_sets_depend_on_bits_alone(world);
    p9_the_same_bytes(world, &output);
    p10_a_wider_window_decides_less(world);
    p11_minimal_push(world, &output);
    what_was_returned_to_is_a_choice(world);
    p13_canon_is_idempotent(world);
    the_log_replays(world, &output);
    frozen_fields_rest(world, &output);
    text_merges_obey_the_laws_of_diff3(world);
}

fn freezes(conflict: &Conflict, field: Field) -> bool {
    conflict.field == field && conflict.kind != ConflictKind::LostUpdate
}

fn p1_idempotent(world: &World, first: &Output) {
    let next = World {
        base: Rc::new(first.base.clone()),
        local: Rc::new(first.local.clone()),
        conflicts: first.conflicts.clone(),
        ..world.clone()
    };
    let second = next.merge();
    assert!(second.log.is_empty() && second.opened.is_empty(), "P1: merging again says {:?}", second.log);
    assert_eq!(
        (&second.local, &second.base, &second.push, &second.conflicts),
        (&first.local, &first.base, &first.push, &first.conflicts),
        "P1"
    );
}

fn p2_an_echo_is_no_change(world: &World) {
    let echo = World { remote: world.local.clone(), ..world.plain() };
    let output = echo.merge();
    assert!(output.push.is_empty() && output.log.is_empty() && output.conflicts.is_empty(), "P2");
    assert_eq!(output.local, *world.local, "P2");
    assert!(echo.local.iter().all(|(field, value)| output.base.get(field) == Some(value)), "P2");
}

fn p3_an_unchanged_tracker_leaves_the_mirror_alone(world: &World) {
    // A base that lacks a field is another case.
    let still = World { remote: world.base.clone(), ..world.plain() };
    let output = still.merge();
    assert_eq!((&output.local, &output.base), (&*still.local, &*still.base), "P3");
    assert!(output.log.is_empty() && output.conflicts.is_empty(), "P3");
    let differs: BTreeSet<Field> =
        still.shared().filter(|field| still.local.get(*field) != still.base.get(*field)).collect();
    assert_eq!(output.push.fields(), differs, "P3");
}

fn p4_disjoint_edits_commute(world: &World) {
    let mut apart = world.plain();
    let (mut expected, mut remote) = (Fields::clone(&world.local), Fields::clone(&world.remote));
    for field in world.shared() {
        let (base, local) = (world.base.value(field), world.local.value(field));
        if field.is_set() {
            let (base, local) = (world.base.elements(field), world.local.elements(field));
            let mine: BTreeSet<String> = base.symmetric_difference(&local).cloned().collect();
            let theirs: BTreeSet<String> = base.symmetric_difference(&world.remote.elements(field)).cloned().collect();
            let theirs: BTreeSet<String> = theirs.difference(&mine).cloned().collect();
            remote.set(field, Value::Set(base.symmetric_difference(&theirs).cloned().collect()));
            expected.set(field, Value::Set(local.symmetric_difference(&theirs).cloned().collect()));
        } else if local != base {
            remote.set(field, base);
        } else {
            expected.set(field, world.remote.value(field));
        }
    }
    apart.remote = Rc::new(remote);
    let output = apart.merge();
    assert_eq!(output.local, expected, "P4");
    assert!(output.conflicts.is_empty() && output.log.iter().all(|entry| entry.kind == LogKind::Pull), "P4");
    // What was sent arrives: nothing more is to do, whatever came first.
    let expected = Rc::new(expected);
    let arrived = World { remote: Rc::clone(&expected), local: expected, base: Rc::new(output.base), ..apart };
    assert!(arrived.merge().push.is_empty(), "P4");
}

fn p5_symmetric(world: &World) {
    let plain = world.plain();
    let point = |us: i64| Change { lo_us: us, hi_us: us, grade: Grade::E3 };
    let moments: Vec<(Field, i64, i64)> = Field::ALL
        .into_iter()
        .filter_map(|field| Some((field, plain.edits.get(&field)?.at_us, plain.changes.get(&field)?.lo_us)))
        .collect();
    let turned = |side: fn(&(Field, i64, i64)) -> (i64, i64)| {
        let edits =
            Rc::new(moments.iter().map(|m| (m.0, Edit { at_us: side(m).0, set_in: 1, returned: false })).collect());
        let changes = Rc::new(moments.iter().map(|m| (m.0, point(side(m).1))).collect());
        let policy = Policy { timestamp: issuesync_model::TimestampPolicy::Interval, ..plain.policy };
        World { edits, changes, policy, ..plain.clone() }
    };
    let one = turned(|m| (m.1, m.2)).merge();
    let other = World { local: plain.remote.clone(), remote: plain.local.clone(), ..turned(|m| (m.2, m.1)) }.merge();
    for field in moments.iter().map(|m| m.0).filter(|field| plain.shared().any(|shared| shared == *field)) {
        let find = |output: &Output| output.conflicts.iter().find(|conflict| conflict.field == field).cloned();
        match (find(&one), find(&other)) {
            (None, None) => assert_eq!(one.local.get(field), other.local.get(field), "P5: {field}"),
            (Some(one), Some(other)) => {
                let mirrored = (&other.remote, &other.local, &other.suggestion);
                assert_eq!((&one.local, &one.remote, &one.suggestion), mirrored, "P5: {field}");
            }
            (one, other) => panic!("P5: {field} is in conflict on one side only: {one:?} {other:?}"),
        }
    }
}

fn p6_monotone(world: &World) {
    let remote = |fields: &Fields, u_us, t_send_us| Remote {
        fields: fields.clone(),
        u_us,
        t_send_us,
        t_recv_us: t_send_us,
        changes: BTreeMap::new(),
        comment_count: None,
        content_version: None,
    };
    let mut known = remote(&world.base, T, T);
    let doors = [Source::Get, Source::List, Source::Payload, Source::Answer];
    for (index, edit) in world.edits.values().enumerate() {
        let fields: &Fields = if edit.at_us % 3 == 0 { &world.local } else { &world.remote };
        let (u_us, t_send_us) = (edit.at_us, T.saturating_add((edit.at_us % 7) * S));
        let verdict = accept(Some(&known), fields, u_us, doors[index % 4], t_send_us, index % 2 == 0);
        match verdict {
            Verdict::Accept => {
                assert!(u_us >= known.u_us, "P6");
                let ordered = u_us > known.u_us || (t_send_us > known.t_send_us && doors[index % 4] != Source::Payload);
                assert!(ordered, "P6: accepted without proof");
                known = remote(fields, u_us, t_send_us);
            }
            Verdict::Same => assert!(u_us == known.u_us && *fields == known.fields, "P6"),
            Verdict::Stale => assert!(u_us < known.u_us, "P6"),
            Verdict::Refetch => assert!(u_us == known.u_us && *fields != known.fields, "P6"),
        }
    }
}

fn p7_conservation(world: &World, output: &Output) {
    for field in world.shared() {
        let frozen = output.conflicts.iter().any(|conflict| freezes(conflict, field));
        if field.is_set() && !frozen && !world.policy.pull_only.has(field) {
            elements_are_kept(world, output, field);
            continue;
        }
        for value in [world.local.value(field), world.remote.value(field)] {
            if value == world.base.value(field) || Some(&value) == output.local.get(field) {
                continue;
            }
            let told = output
                .log
                .iter()
                .any(|entry| entry.kind == LogKind::Superseded && entry.before.get(field) == Some(&value));
            let held = output
                .conflicts
                .iter()
                .any(|conflict| freezes(conflict, field) && (conflict.local == value || conflict.remote == value));
            assert!(told || held, "P7: {value:?} of {field} is gone");
        }
    }
}

/// Every element that a side added is there, and every one that a side removed is not.
fn elements_are_kept(world: &World, output: &Output, field: Field) {
    let (base, result) = (world.base.elements(field), output.local.elements(field));
    for side in [world.local.elements(field), world.remote.elements(field)] {
        assert!(side.difference(&base).all(|added| result.contains(added)), "P7: an added element of {field} is gone");
        assert!(base.difference(&side).all(|removed| !result.contains(removed)), "P7: a removed one is back");
    }
}

fn p8_sets_depend_on_bits_alone(world: &World) {
    let plain = world.plain();
    for field in plain.shared().filter(|field| field.is_set()) {
        let only = |fields: &Fields, keep: &dyn Fn(&str) -> bool| {
            let kept = fields.elements(field).into_iter().filter(|element| keep(element)).collect();
            Fields::new().with(field, Value::Set(kept))
        };
        let merged = |[base, local, remote]: [Fields; 3]| {
            let [base, local, remote] = [base, local, remote].map(Rc::new);
            World { base, local, remote, ..plain.clone() }.merge().local.elements(field)
        };
        let (base, local, remote) = (&plain.base, &plain.local, &plain.remote);
        let whole = merged([base, local, remote].map(|fields| only(fields, &|_| true)));
        let turned = merged([base, remote, local].map(|fields| only(fields, &|_| true)));
        assert_eq!(whole, turned, "P8: commutative");
        // The even and the odd elements apart give the same as all together.
        let parity = |element: &str, odd: bool| (element.len() % 2 == 1) == odd;
        let [even, odd] =
            [false, true].map(|odd| merged([base, local, remote].map(|fields| only(fields, &|e| parity(e, odd)))));
        assert_eq!(whole, even.union(&odd).cloned().collect(), "P8: each element for itself");
        let result = Fields::new().with(field, Value::Set(whole.clone()));
        assert_eq!(merged([only(remote, &|_| true), result.clone(), result]), whole, "P8: idempotent");
    }
}

fn p9_the_same_bytes(world: &World, output: &Output) {
    let again = world.clone().merge();
    assert_eq!(&again, output, "P9");
    let bytes = |output: &Output| {
        serde_json::to_vec(&(&output.local, &output.base, &output.push, &output.conflicts)).expect("values are JSON")
    };
    assert_eq!(bytes(&again), bytes(output), "P9");
}

fn p10_a_wider_window_decides_less(world: &World) {
    let opened = |window_us: i64| {
        let policy = Policy { window_us, text_merge: TextMerge::Suggest, ..world.policy };
        World { policy, ..world.clone() }.merge().opened.into_iter().collect::<BTreeSet<Field>>()
    };
    let window_us = world.policy.window_us;
    let (narrow, wide, infinite) = (opened(window_us), opened(window_us.saturating_add(2 * S)), opened(i64::MAX));
    assert!(narrow.is_subset(&wide) && wide.is_subset(&infinite), "P10: {narrow:?} {wide:?} {infinite:?}");
}

fn p11_minimal_push(world: &World, output: &Output) {
    for field in output.push.fields() {
        assert!(!world.policy.pull_only.has(field), "P11: {field} is never sent");
        assert!(world.remote.get(field).is_some(), "P11: the tracker has no {field}");
        assert_ne!(output.local.get(field), world.remote.get(field), "P11: {field} is there already");
    }
    for (field, value) in output.push.scalars.iter() {
        assert_eq!(Some(value), output.local.get(field), "P11: what is sent is what the mirror has");
    }
    for (field, added) in &output.push.add {
        let missing = &output.local.elements(*field) - &world.remote.elements(*field);
        assert!(*added == missing && !added.is_empty(), "P11: adds of {field}");
    }
    for (field, removed) in &output.push.remove {
        let surplus = &world.remote.elements(*field) - &output.local.elements(*field);
        assert!(*removed == surplus && !removed.is_empty(), "P11: removes of {field}");
    }
}

/// A value that somebody went back to is weighed by its time, as if the base were another.
fn what_was_returned_to_is_a_choice(world: &World) {
    let world = World { edits: Rc::clone(&world.edits), ..world.plain() };
    let output = world.merge();
    let returned = |field: &Field| world.edits.get(field).is_some_and(|edit| edit.returned);
    for field in world.shared().filter(returned) {
        let of_neither = match field {
            Field::Title => Value::Text("of neither side".to_owned()),
            Field::Milestone => Value::Id(Some(1000)),
            Field::DueDate => Value::Date(Some(jiff::civil::date(2030, 1, 1))),
            _ => continue,
        };
        let base = Rc::new(Fields::clone(&world.base).with(field, of_neither));
        let apart = World { base, ..world.clone() }.merge();
        let sides = |output: &Output| {
            let open = output.conflicts.iter().find(|conflict| conflict.field == field);
            let open = open.map(|open| (open.local.clone(), open.remote.clone()));
            (output.local.get(field).cloned(), output.push.scalars.get(field).cloned(), open)
        };
        assert_eq!(sides(&output), sides(&apart), "{field} was returned to");
    }
}

fn p13_canon_is_idempotent(world: &World) {
    for (raw, fields) in world.raw.iter().zip([&world.base, &world.local, &world.remote]) {
        assert_eq!(canon(raw, &world.rules), **fields, "P13: the same again");
        assert_eq!(canon(fields, &world.rules), **fields, "P13");
        assert!(fields.iter().all(|(_, value)| value.as_text().is_none_or(|text| !text.contains('\0'))), "P13: NUL");
        assert!(!fields.text(Field::Body).contains('\r'), "P13: line ends");
    }
}

/// What every entry leaves behind, laid over `L`, is `L'`.
fn the_log_replays(world: &World, output: &Output) {
    let mut replayed = Fields::clone(&world.local);
    for (field, value) in output.log.iter().flat_map(|entry| entry.after.iter()) {
        replayed.set(field, value.clone());
    }
    assert_eq!(replayed, output.local, "the log replays");
}

/// A frozen field whose sides differ keeps its values, and its record shows them.
fn frozen_fields_rest(world: &World, output: &Output) {
    for field in world.shared().filter(|field| !world.policy.pull_only.has(*field)) {
        let sides = (world.local.get(field), world.remote.get(field));
        if sides.0 == sides.1 || !world.conflicts.iter().any(|conflict| freezes(conflict, field)) {
            continue;
        }
        assert_eq!((output.local.get(field), output.base.get(field)), (sides.0, world.base.get(field)), "frozen");
        assert!(!output.push.fields().contains(&field), "frozen {field} is sent");
        let shown = output.conflicts.iter().filter(|conflict| freezes(conflict, field));
        assert!(shown.map(|conflict| (Some(&conflict.local), Some(&conflict.remote))).all(|shown| shown == sides));
    }
}

fn text_merges_obey_the_laws_of_diff3(world: &World) {
    let [base, local, remote] = [&world.base, &world.local, &world.remote].map(|fields| fields.text(Field::Body));
    assert_eq!(merge_text(base, local, base).as_deref(), Some(local), "only one side changed");
    assert_eq!(merge_text(base, base, remote).as_deref(), Some(remote), "only the other side changed");
    assert_eq!(merge_text(base, local, local).as_deref(), Some(local), "both made the same change");
    assert_eq!(merge_text(base, local, remote), merge_text(base, remote, local), "symmetric");
}
