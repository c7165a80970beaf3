//! Batches that insert, edit, move and bury rows of the model, now and then on stale ground or against a unique key.

use super::step::Dice;
use super::world::{World, place};
use issuesync_model::log::{Entry, append};
use issuesync_model::{
    Attempt, AttemptField, AttemptId, Conflict, ConflictKind, Direction, Event, Field, Fields, Item, ItemKind,
    Lifecycle, LogId, LogKind, Notification, OutboxKind, OutboxStatus, Outcome, ProviderKind, Reason, State, Tombstone,
    Value,
};
use issuesync_store::conformance::fixture::{comment, id, issue};
use issuesync_store::{Batch, ChangeSet, Tail, Write};
use uuid::Uuid;

/// What texts are made of: words that differ in case alone, accents, digits, quotes and operators of search languages.
pub(super) const WORDS: [&str; 10] =
    ["Login", "login", "Über", "über", "x1", "a-b", "\"AND\"", "NEAR(", "it's_here", "straße"];

impl World {
    pub(super) fn batch(&mut self, dice: &mut Dice<'_>) -> Batch {
        let count = 1 + usize::from(dice.one_in(3));
        let sets = (0..count).map(|_| self.set(count == 1, dice)).collect();
        let connection = dice.pick(&self.model.connections).filter(|_| dice.one_in(4));
        let tail = connection.map(|connection| Tail {
            connection: connection.id,
            changes: vec![self.change(dice)],
            events: vec![self.event(connection.id, 7)],
            deliveries_done: self.some_deliveries(dice),
            notifications: Vec::new(),
        });
        Batch { sets, tail }
    }

    fn set(&mut self, is_alone: bool, dice: &mut Dice<'_>) -> ChangeSet {
        let mut set = ChangeSet::default();
        let count = 1 + usize::from(dice.one_in(5));
        for _ in 0..count {
            let write = if dice.one_in(3) || self.model.items.is_empty() {
                Write { item: self.new_item(dice), expected: None }
            } else {
                let Some(mut item) = dice.pick(&self.model.items) else { continue };
                let expected = Some(item.rev - i64::from(dice.one_in(10)));
                self.edit(&mut item, is_alone && count == 1, dice);
                item.rev += 1;
                Write { item, expected }
            };
            set.writes.push(write);
        }
        if dice.one_in(2) {
            let log_id = LogId(Uuid::from_u128(0x5000 + self.fresh()));
            if let Some(write) = set.writes.first_mut() {
                let mut entry = Entry::new(Direction::Local, LogKind::Edit);
                entry.after = Fields::new().with(Field::Body, write.item.local.value(Field::Body));
                set.log.push(append(&mut write.item, entry, log_id, ProviderKind::Gitea, self.now_us));
            }
        }
        if let Some(connection) = set.writes.first().map(|write| write.item.connection).filter(|_| dice.one_in(3)) {
            set.checks_done = self.some_checks(dice);
            set.checks.push(self.check(connection, dice));
            set.deliveries_done = self.some_deliveries(dice);
            set.notifications.push(Notification {
                id: Uuid::from_u128(0x6000 + self.fresh()),
                connection,
                item: None,
                event: Event::PushFailed,
                detail: "It was refused.".to_owned(),
                time_us: self.now_us,
            });
        }
        set
    }

    fn new_item(&mut self, dice: &mut Dice<'_>) -> Item {
        let n = self.fresh();
        let issues: Vec<&Item> = self.model.items.iter().filter(|item| item.kind() == ItemKind::Issue).collect();
        let mut item = if dice.one_in(3) {
            let mut item = comment(n, 0xFFFF);
            (item.parent, item.connection) = match dice.pick(&issues).filter(|_| !dice.one_in(8)) {
                Some(issue) => (Some(issue.id), issue.connection),
                None => (Some(id(0xFFFF)), place(dice)),
            };
            item
        } else {
            Item { connection: place(dice), ..issue(n) }
        };
        (item.created_us, item.updated_us) = (self.now_us, self.now_us);
        item.number = if dice.one_in(3) { None } else { Some(1 + dice.small(9)) };
        if item.kind() == ItemKind::Issue {
            item.local.set(Field::Title, text(dice));
        }
        if dice.one_in(4) {
            item.client_key = Some(format!("key {}", dice.below(3)));
        }
        match dice.pick(&self.model.items).filter(|_| dice.one_in(12)) {
            Some(other) if dice.one_in(2) => item.marker = other.marker,
            Some(other) if other.kind() == item.kind() => item.id = other.id,
            _ => {}
        }
        if dice.one_in(3) {
            self.make_due(&mut item, dice);
        }
        item
    }

    fn make_due(&self, item: &mut Item, dice: &mut Dice<'_>) {
        item.outbox.status = OutboxStatus::Pending;
        item.outbox.kind = [OutboxKind::Update, OutboxKind::Create, OutboxKind::Delete][dice.below(3)];
        item.outbox.next_retry_us = self.now_us + dice.small(200) - 50;
        item.outbox.changes = Fields::new().with(Field::Body, text(dice));
        item.outbox.fence += dice.small(2);
        (item.outbox.retry_count, item.outbox.races) = (dice.below(3) as u32, dice.below(3) as u32);
        item.outbox.one_by_one = dice.one_in(2);
        item.outbox.last_error = dice.one_in(2).then(|| "the tracker does not answer".to_owned());
    }

    fn edit(&mut self, item: &mut Item, is_alone: bool, dice: &mut Dice<'_>) {
        item.updated_us = self.now_us;
        match dice.below(16) {
            0 | 1 => self.make_due(item, dice),
            2..=4 => item.local.set(Field::Body, text(dice)),
            5 => {
                item.outbox.status = if dice.one_in(3) { OutboxStatus::Failed } else { OutboxStatus::Completed };
                (item.outbox.lease_until_us, item.outbox.created_us) = (0, self.now_us);
            }
            6 => item.number = if dice.one_in(3) { None } else { Some(1 + dice.small(9)) },
            7 => {
                let lives = [Lifecycle::Creating, Lifecycle::Linked, Lifecycle::Moved, Lifecycle::Detached];
                (item.lifecycle, item.tombstone) = (lives[dice.below(4)], None);
            }
            8 => {
                item.lifecycle = Lifecycle::Deleted;
                item.tombstone = Some(Tombstone {
                    base: item.base.clone(),
                    local: item.local.clone(),
                    remote: None,
                    reason: "gone".to_owned(),
                    at_us: self.now_us - dice.small(100),
                });
            }
            9 => match item.conflicts.pop() {
                Some(_) => {}
                None => item.conflicts.push(conflict(self.now_us, dice)),
            },
            // Nobody moves an issue that has comments, or is about to get one.
            10 if is_alone && !self.model.items.iter().any(|other| other.issue() == item.id && other.id != item.id) => {
                item.connection = place(dice);
            }
            11 => item.client_key = Some(format!("key {}", dice.below(3))),
            12 => item.attempts.push(self.attempt(item, dice)),
            13 if item.kind() == ItemKind::Issue => {
                let elements = |dice: &mut Dice<'_>| (0..dice.below(3)).map(|_| dice.below(3).to_string()).collect();
                item.local.set(Field::Labels, Value::Set(elements(dice)));
                item.local.set(Field::Assignees, Value::Set(elements(dice)));
            }
            14 if item.kind() == ItemKind::Issue => {
                let state = if dice.one_in(2) { State::Open } else { State::Closed(Reason::None) };
                item.local.set(Field::State, Value::State(state));
            }
            _ => item.delete_wanted = !item.delete_wanted,
        }
    }

    fn attempt(&mut self, item: &Item, dice: &mut Dice<'_>) -> Attempt {
        let sent = text(dice);
        let read = item.base.get(Field::Body).cloned().filter(|_| dice.one_in(2));
        Attempt {
            id: AttemptId(Uuid::from_u128(0x8000 + self.fresh())),
            fence: item.outbox.fence,
            kind: item.outbox.kind,
            t_send_us: self.now_us,
            t_done_us: None,
            fields: vec![AttemptField {
                field: Field::Body,
                read,
                sent,
                became: None,
                outpaced: None,
                settled: false,
                audited: false,
            }],
            outcome: Outcome::InFlight,
            max_number_seen: 0,
        }
    }
}

fn text(dice: &mut Dice<'_>) -> Value {
    let words = (0..dice.below(4)).filter_map(|_| dice.pick(&WORDS));
    Value::Text(words.collect::<Vec<_>>().join(" "))
}

fn conflict(now_us: i64, dice: &mut Dice<'_>) -> Conflict {
    Conflict {
        field: Field::Body,
        kind: [ConflictKind::Clash, ConflictKind::LostUpdate, ConflictKind::Loop][dice.below(3)],
        base: text(dice),
        local: text(dice),
        remote: text(dice),
        lost: Some(text(dice)),
        suggestion: None,
        at_us: now_us,
        change: None,
        opened_us: now_us,
    }
}
