//! Calls that only look.

use super::call::Call;
use super::commits::WORDS;
use super::step::Dice;
use super::world::{World, place, places};
use issuesync_model::{AccountId, CheckKind, DeliveryState, Field, Item, OutboxStatus, SyncStatus};
use issuesync_store::IssueQuery;
use issuesync_store::conformance::fixture::project;
use uuid::Uuid;

impl World {
    pub(super) fn read_items(&self, dice: &mut Dice<'_>) -> Call {
        let mut some = |count| (0..dice.below(count)).map(|_| self.some_item(dice)).collect::<Vec<_>>();
        let ids = some(5);
        let numbers = (0..dice.below(5)).map(|_| 1 + dice.small(9)).collect();
        match dice.below(9) {
            0 => Call::Items(ids),
            1 => Call::IssuesNumbered(place(dice), numbers),
            2 => Call::CommentsNumbered(place(dice), numbers),
            3 => Call::CommentsOf(self.some_item(dice), dice.one_in(2)),
            4 => Call::CommentCounts(ids),
            5 => {
                let known: Vec<String> = self.model.items.iter().map(|item| item.marker.clone()).collect();
                let place = place(dice);
                Call::Marked(place, (0..dice.below(4)).filter_map(|_| dice.pick(&known)).collect())
            }
            6 => Call::Keyed(format!("key {}", dice.below(3))),
            7 => Call::Known(place(dice)),
            _ => Call::Connection(place(dice)),
        }
    }

    pub(super) fn read_lists(&self, dice: &mut Dice<'_>) -> Call {
        let statuses = [OutboxStatus::Pending, OutboxStatus::Completed, OutboxStatus::Failed];
        match dice.below(11) {
            0..=3 => Call::List(self.query(dice)),
            4..=6 => self.search(dice),
            7 => Call::Conflicted(dice.one_in(2).then(|| place(dice)), dice.below(5)),
            8 => Call::Counts(place(dice)),
            9 => Call::DeletedSince(place(dice), self.now_us - dice.small(200)),
            _ => Call::Outbox(dice.pick(&statuses).filter(|_| dice.one_in(2)), dice.below(8)),
        }
    }

    /// A search for words that somebody wrote at some time, mostly over everything.
    fn search(&self, dice: &mut Dice<'_>) -> Call {
        let texts: Vec<String> = match dice.pick(&self.model.items) {
            Some(item) => item.local.text(Field::Body).split(' ').map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let words = (0..1 + dice.below(2))
            .filter_map(|_| if dice.one_in(2) { dice.pick(&texts) } else { dice.pick(&WORDS).map(str::to_owned) });
        let text = words.collect::<Vec<_>>().join(" ");
        let all = IssueQuery { deleted: true, limit: 9, ..IssueQuery::default() };
        Call::Search(text, if dice.one_in(4) { self.query(dice) } else { all })
    }

    fn query(&self, dice: &mut Dice<'_>) -> IssueQuery {
        let after = dice.pick(&self.model.items).filter(|_| dice.one_in(4));
        let statuses =
            [SyncStatus::Deleted, SyncStatus::Conflict, SyncStatus::Error, SyncStatus::Pending, SyncStatus::Synced];
        IssueQuery {
            project: dice.one_in(4).then(|| project().id),
            connection: dice.one_in(4).then(|| place(dice)),
            open: dice.one_in(4).then(|| dice.one_in(2)),
            label: dice.one_in(4).then(|| if dice.one_in(2) { "bug".to_owned() } else { dice.below(3).to_string() }),
            assignee: dice.one_in(5).then(|| dice.below(3).to_string()),
            sync_status: dice.pick(&statuses).filter(|_| dice.one_in(4)),
            updated_since_us: dice.one_in(4).then(|| self.now_us - dice.small(250)),
            deleted: dice.one_in(2),
            after: after.map(|item: Item| (item.updated_us, item.id)),
            limit: dice.below(6),
        }
    }

    pub(super) fn read_rest(&self, dice: &mut Dice<'_>) -> Call {
        let states = [DeliveryState::Queued, DeliveryState::Done, DeliveryState::Dead];
        let kinds = [CheckKind::Refetch, CheckKind::Gone, CheckKind::Regressed, CheckKind::Audit];
        match dice.below(18) {
            0 => Call::NextDue(places(dice)),
            1 => Call::Checks(place(dice), kinds[dice.below(4)]),
            2 => Call::NextCheck(places(dice)),
            3 => {
                let place = dice.one_in(2).then(|| place(dice));
                Call::Deliveries(place, dice.pick(&states).filter(|_| dice.one_in(2)), dice.below(6))
            }
            4 => Call::Queued,
            5 => Call::History(self.some_item(dice)),
            6 => Call::LogAfter(dice.small(20), dice.below(8)),
            7 => Call::LogEnd,
            8 => Call::Heads(dice.one_in(2).then(|| self.some_item(dice)), dice.below(6)),
            9 => Call::ConnectionLog(place(dice), dice.below(5)),
            10 => Call::Notifications(dice.below(5)),
            11 => Call::Catalog(place(dice)),
            12 => Call::Connections,
            13 => Call::Projects,
            14 => Call::Accounts,
            15 => Call::Account(AccountId(Uuid::from_u128(2 + dice.below(4) as u128))),
            16 => Call::TokenHashed(format!("hash {}", dice.below(4))),
            _ => Call::Tokens,
        }
    }
}
