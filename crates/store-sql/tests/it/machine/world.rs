//! The reference with its clock and its source of fresh ids, and the aim: a step becomes a call on what there is.

use super::call::{Call, Reply};
use super::model::Model;
use super::step::{Dice, Kind, Step};
use issuesync_model::{
    Account, AccountId, Catalog, Check, CheckKey, CheckKind, ConnectionChange, ConnectionEvent, ConnectionId, Delivery,
    DeliveryKey, DeliveryState, Evidence, ItemId, Label, Milestone, Project, ProjectId, TokenId, User,
};
use issuesync_store::Token;
use issuesync_store::conformance::fixture::{T, account, connection, connection_id, delivery, id, project};
use uuid::Uuid;

/// The model, the time, and the last call with the answer that it must have.
#[derive(Clone)]
pub(super) struct World {
    pub(super) model: Model,
    pub(super) now_us: i64,
    serial: u128,
    pub(super) call: Call,
    pub(super) reply: Reply,
}

/// Every sequence begins with the same world, so that a failure need not print it.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a world at {} us", self.now_us)
    }
}

/// What every sequence begins with.
pub(super) fn beginning() -> Vec<Call> {
    let accounts = (0..3).map(|n| Call::PutAccount(numbered_account(n, 0)));
    let connections = (1..=2).map(|n| Call::Insert(Box::new(connection(n))));
    std::iter::once(Call::Project(project())).chain(accounts).chain(connections).collect()
}

/// Accounts 0 and 1 are on one tracker, 2 is on another.
fn numbered_account(n: u128, token: i64) -> Account {
    let base_url = if n == 2 { "https://other.example.org".to_owned() } else { account().base_url };
    Account { id: AccountId(Uuid::from_u128(2 + n)), base_url, token_sealed: format!("sealed {token}"), ..account() }
}

impl World {
    pub(super) fn new() -> Self {
        let mut model = Model::default();
        for call in beginning() {
            model.answer(&call);
        }
        Self { model, now_us: T, serial: 0, call: Call::Projects, reply: Reply::Nothing }
    }

    /// Aims the step, and lets the model answer.
    pub(super) fn take(&mut self, step: &Step) {
        self.now_us += step.wait_us;
        let mut dice = Dice(step.dice.iter());
        self.call = self.aim(step.kind, &mut dice);
        self.reply = self.model.answer(&self.call);
    }

    /// A number that was not given before.
    pub(super) fn fresh(&mut self) -> u128 {
        self.serial += 1;
        self.serial
    }

    fn aim(&mut self, kind: Kind, dice: &mut Dice<'_>) -> Call {
        let now_us = self.now_us;
        match kind {
            Kind::Commit => Call::Commit(self.batch(dice)),
            Kind::Claim => Call::Claim(places(dice), now_us, 1 + dice.small(200), dice.below(4)),
            Kind::Release => match dice.pick(&self.model.items) {
                Some(item) => {
                    let fence = item.outbox.fence - i64::from(dice.one_in(4));
                    Call::Release(item.id, fence, now_us + dice.small(200))
                }
                None => Call::Release(id(9), 0, now_us),
            },
            Kind::VoidLeases => Call::VoidLeases,
            Kind::SweepTombstones => Call::SweepTombstones(now_us - dice.small(100)),
            Kind::PutChecks => {
                let place = place(dice);
                Call::PutChecks((0..=dice.below(3)).map(|_| self.check(place, dice)).collect())
            }
            Kind::ClaimChecks => Call::ClaimChecks(places(dice), now_us, 1 + dice.small(200), dice.below(4)),
            Kind::ReplaceCheck => Call::ReplaceCheck(self.check(place(dice), dice)),
            Kind::SettleChecks => Call::SettleChecks(self.some_checks(dice)),
            Kind::Append => {
                let place = place(dice);
                Call::Append((0..=dice.below(3)).map(|_| self.delivery(place, dice)).collect())
            }
            Kind::ClaimDeliveries => Call::ClaimDeliveries(now_us, 1 + dice.small(200), dice.below(4)),
            Kind::SettleDelivery => self.settle_delivery(dice),
            Kind::SweepDeliveries => Call::SweepDeliveries(now_us - dice.small(200)),
            Kind::Connect => self.connect(dice),
            Kind::Change => {
                let place = place(dice);
                let changes = (0..dice.below(3)).map(|_| self.change(dice)).collect();
                let events = (0..dice.below(3)).map(|n| self.event(place, n)).collect();
                Call::Change(place, changes, events)
            }
            Kind::Remove => Call::Remove(place(dice)),
            Kind::Pass if dice.one_in(4) => Call::ReleasePass(place(dice)),
            Kind::Pass => Call::ClaimPass(place(dice), now_us, now_us + dice.small(250)),
            Kind::Catalog => Call::PutCatalog(place(dice), catalog(dice)),
            Kind::Account => Call::PutAccount(numbered_account(dice.below(3) as u128, dice.small(3))),
            Kind::Project => {
                let name = format!("project {}", dice.below(3));
                Call::Project(Project { id: ProjectId(Uuid::from_u128(0x900 + self.fresh())), name })
            }
            Kind::Token => token(now_us, dice),
            Kind::ReadItems => self.read_items(dice),
            Kind::ReadLists => self.read_lists(dice),
            Kind::ReadRest => self.read_rest(dice),
        }
    }

    fn connect(&mut self, dice: &mut Dice<'_>) -> Call {
        let n = 1 + dice.below(4) as u128;
        let mut new = connection(n);
        let other = connection(1 + dice.below(4) as u128);
        new.account = AccountId(Uuid::from_u128(2 + dice.below(4) as u128));
        match dice.below(4) {
            0 => new.name = other.name,
            1 => new.repo_id = other.repo_id,
            _ => {}
        }
        if self.model.connection(new.id).is_some() {
            // An id is given once; what is tried again bears a new one.
            new.id = connection_id(0x100 + self.fresh());
        }
        Call::Insert(Box::new(new))
    }

    fn settle_delivery(&mut self, dice: &mut Dice<'_>) -> Call {
        let keys = self.some_deliveries(dice);
        match (dice.below(4), keys.first().cloned()) {
            (0, Some(key)) => Call::Bury(key, "unreadable".to_owned()),
            (1, Some(key)) => Call::Replay(key),
            (2, _) => Call::ReleaseDeliveries(keys, self.now_us + dice.small(200)),
            _ => Call::Finish(keys),
        }
    }

    pub(super) fn some_deliveries(&self, dice: &mut Dice<'_>) -> Vec<DeliveryKey> {
        let known: Vec<DeliveryKey> = self.model.deliveries.iter().map(|delivery| delivery.key.clone()).collect();
        let missing = DeliveryKey { connection: place(dice), id: "missing".to_owned() };
        (0..dice.below(4)).map(|_| dice.pick(&known).unwrap_or_else(|| missing.clone())).collect()
    }

    pub(super) fn some_checks(&self, dice: &mut Dice<'_>) -> Vec<CheckKey> {
        let known: Vec<CheckKey> = self.model.checks.iter().map(|check| check.key.clone()).collect();
        (0..dice.below(3)).map(|_| dice.pick(&known).unwrap_or_else(|| check_key(place(dice), dice))).collect()
    }

    /// One of the items, or an id that none has.
    pub(super) fn some_item(&self, dice: &mut Dice<'_>) -> ItemId {
        let known: Vec<ItemId> = self.model.items.iter().map(|item| item.id).collect();
        if dice.one_in(8) { id(0xFFFF) } else { dice.pick(&known).unwrap_or(id(0xFFFF)) }
    }

    pub(super) fn check(&self, place: ConnectionId, dice: &mut Dice<'_>) -> Check {
        let evidence = Evidence { first_us: self.now_us, held: dice.one_in(5), ..Evidence::default() };
        Check { key: check_key(place, dice), due_us: self.now_us + dice.small(100), evidence, tries: 0 }
    }

    fn delivery(&self, place: ConnectionId, dice: &mut Dice<'_>) -> Delivery {
        let mut new = delivery(&format!("delivery {}", dice.below(8)), self.now_us);
        new.key.connection = place;
        new.body = vec![u8::try_from(dice.below(256)).unwrap_or(0); dice.below(3)];
        if dice.one_in(8) {
            (new.state, new.error) = (DeliveryState::Dead, Some("given up before".to_owned()));
        }
        new
    }

    pub(super) fn change(&self, dice: &mut Dice<'_>) -> ConnectionChange {
        let us = self.now_us - dice.small(200);
        match dice.below(14) {
            0 => ConnectionChange::Dirty,
            1 => ConnectionChange::Clean(dice.small(4)),
            2 => ConnectionChange::Cursor(us),
            3 => ConnectionChange::CommentCursor(us),
            4 => ConnectionChange::PassOk(us),
            5 => ConnectionChange::Polled(us),
            6 => ConnectionChange::FullPassed(us),
            7 => ConnectionChange::Delivered(us),
            8 => ConnectionChange::NumberSeen(dice.small(20)),
            9 => ConnectionChange::Fuse(dice.one_in(2)),
            10 => ConnectionChange::Park("the token is gone".to_owned()),
            11 => ConnectionChange::Unpark,
            12 => ConnectionChange::RepoPath(format!("acme/{}", dice.small(3))),
            _ => ConnectionChange::Import(Some(dice.small(3)), None),
        }
    }

    pub(super) fn event(&self, connection: ConnectionId, n: usize) -> ConnectionEvent {
        ConnectionEvent { connection, kind: "dirty".to_owned(), detail: format!("reason {n}"), time_us: self.now_us }
    }
}

/// A connection that may be there.
pub(super) fn place(dice: &mut Dice<'_>) -> ConnectionId {
    connection_id(1 + dice.below(4) as u128)
}

pub(super) fn places(dice: &mut Dice<'_>) -> Vec<ConnectionId> {
    (1..=4).filter(|_| !dice.one_in(4)).map(connection_id).collect()
}

fn check_key(connection: ConnectionId, dice: &mut Dice<'_>) -> CheckKey {
    let kinds = [CheckKind::Refetch, CheckKind::Gone, CheckKind::Regressed, CheckKind::Audit];
    let number = 1 + dice.small(2);
    let comment = if dice.one_in(3) { Some(1 + dice.small(2)) } else { None };
    CheckKey { connection, number, comment, kind: kinds[dice.below(4)] }
}

fn catalog(dice: &mut Dice<'_>) -> Catalog {
    let mut ids = |count| (0..dice.below(count)).map(|_| 1 + dice.small(9)).collect::<Vec<_>>();
    let (labels, milestones, users) = (ids(4), ids(3), ids(3));
    let label =
        |id: i64| Label { id, name: format!("label {}", id / 2), colour: "ededed".to_owned(), exclusive: id % 2 == 0 };
    Catalog {
        labels: labels.into_iter().map(label).collect(),
        milestones: milestones.into_iter().map(|id| Milestone { id, title: "1.0".to_owned(), open: id > 3 }).collect(),
        users: users.into_iter().map(|id| User { id, login: format!("user {id}"), assignable: id > 3 }).collect(),
    }
}

fn token(now_us: i64, dice: &mut Dice<'_>) -> Call {
    let n = dice.below(3) as u128;
    let id = TokenId(Uuid::from_u128(0x700 + n));
    match dice.below(4) {
        0 => Call::RevokeToken(id, now_us),
        1 => Call::TouchToken(id, now_us),
        _ => Call::PutToken(Token {
            id,
            name: format!("token {n}"),
            hash: format!("hash {n}"),
            scopes: vec!["read".to_owned()],
            created_us: now_us,
            expires_us: Some(now_us + dice.small(100)),
            last_used_us: None,
            revoked_us: None,
        }),
    }
}
