//! What a scenario is made of: drawn from its seed, every fault in its own mix.

use crate::dice::Dice;
use crate::setup::Setup;
use crate::world::BOT;
use issuesync_forge_sim::{Faults, Flavour};
use issuesync_model::timing::SECOND_US;
use issuesync_model::{DeletePolicy, Settings, TextMerge};

/// The drawn options of one scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tracker.
    pub flavour: Flavour,
    /// It guards edits by `content_version`.
    pub content_version: bool,
    /// It tells of deleted issues.
    pub delete_events: bool,
    /// Its lists may lag, and the adapter says so.
    pub lagging: bool,
    /// Repositories, each with its connection.
    pub repos: usize,
    /// What the connections' owner decided.
    pub settings: Settings,
    /// The tracker's habits while the trouble lasts.
    pub faults: Faults,
    /// Drawn actions.
    pub actions: u64,
    /// Issues at the start.
    pub issues: u64,
    /// How many polls of steps lie between two actions, at most.
    pub pace: u64,
    /// How many times in a thousand an action is a crash.
    pub crash_pm: u64,
    /// Whether the tracker's clock is set now and then.
    pub clock_steps: bool,
    /// How many times in a thousand an action is a trouble with the repository, the token or the store.
    pub trouble_pm: u64,
    /// The same for deletes.
    pub delete_pm: u64,
    /// How many calls of the store in a thousand fail by themselves.
    pub store_fail_pm: u64,
    /// Whether the database is put away and comes back.
    pub restores: bool,
    /// The field that a script on the tracker sets back after each of our writes.
    pub ping_pong: Option<&'static str>,
    /// How many turns of a step in a thousand end in a nap.
    pub nap_pm: u64,
}

impl Plan {
    /// Draws the options of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let dice = Dice::new(seed, 1);
        let some = |per_mille: u64, most: u64| {
            let on = dice.hit(per_mille);
            let value = dice.below(most + 1);
            if on { value } else { 0 }
        };
        let flavour = if dice.hit(300) { Flavour::Forgejo } else { Flavour::Gitea };
        let lagging = dice.hit(150);
        let restores = dice.hit(80);
        let crash_pm = some(500, 60);
        let clock_steps = dice.hit(180);
        let mut faults = faults(&dice);
        if clock_steps {
            faults.clock_skew_ms = dice.between(-600_000, 600_000);
        }
        if lagging {
            faults.stale_list_ms = dice.between(1_000, 480_000);
        }
        Self {
            flavour,
            content_version: flavour == Flavour::Gitea && dice.hit(200),
            delete_events: flavour == Flavour::Gitea && dice.hit(200),
            lagging,
            repos: 1 + usize::from(dice.hit(250)),
            settings: settings(&dice),
            faults,
            actions: 25 + dice.below(31),
            issues: 1 + dice.below(3),
            pace: 1 + dice.below(40),
            crash_pm,
            clock_steps,
            trouble_pm: some(500, 80).max(if restores { 60 } else { 0 }),
            delete_pm: some(500, 100),
            store_fail_pm: some(200, 10),
            restores,
            ping_pong: dice.hit(60).then(|| if dice.hit(600) { "title" } else { "body" }),
            nap_pm: crate::nap::draw(seed),
        }
    }

    /// The world that these options begin with.
    #[must_use]
    pub fn setup(&self, seed: u64) -> Setup {
        Setup {
            flavour: self.flavour,
            settings: self.settings.clone(),
            repos: self.repos,
            content_version: self.content_version,
            delete_events: self.delete_events,
            lagging: self.lagging,
            ..Setup::new(seed)
        }
    }

    /// Whether nothing but an outage keeps the tracker from answering in time.
    #[must_use]
    pub fn is_ill_in_outages_alone(&self) -> bool {
        let faults = &self.faults;
        self.nap_pm == 0
            && faults.lose_request_pm + faults.lose_answer_pm + faults.error_before_pm + faults.error_after_pm == 0
    }

    /// The tracker's habits once the trouble is over: it still rewrites and refuses, and its clock stays where it is.
    #[must_use]
    pub fn habits(&self, clock_skew_ms: i64) -> Faults {
        Faults {
            clock_skew_ms,
            rewrite: self.faults.rewrite.clone(),
            refuse: self.faults.refuse.clone(),
            only_user: Some(BOT.to_owned()),
            ..Faults::default()
        }
    }
}

fn settings(dice: &Dice) -> Settings {
    let edits_win = dice.hit(200);
    Settings {
        delete_vs_update: if edits_win { DeletePolicy::UpdateWins } else { DeletePolicy::DeleteWins },
        conflict_window_us: *dice.pick(&[0, 5, 5, 5, 60]).unwrap_or(&5) * SECOND_US,
        text_merge: if dice.hit(150) { TextMerge::Auto } else { TextMerge::Suggest },
        ..Settings::default()
    }
}

fn faults(dice: &Dice) -> Faults {
    let some = |per_mille: u64, most: u64| {
        let on = dice.hit(per_mille);
        let value = dice.below(most + 1);
        u32::try_from(if on { value } else { 0 }).unwrap_or(0)
    };
    let mut faults = Faults {
        only_user: Some(BOT.to_owned()),
        hook_drop_pm: some(500, 600),
        hook_duplicate_pm: some(500, 300),
        hook_replay_pm: some(300, 200),
        hook_reorder_pm: some(300, 500),
        hook_reorder_ms: 90_000,
        hook_delay_min_ms: 0,
        hook_delay_max_ms: i64::from(some(700, 3000)),
        stale_get_pm: some(250, 300),
        stale_get_ms: 5000,
        lose_request_pm: some(400, 200),
        lose_answer_pm: some(400, 300),
        error_after_pm: some(300, 200),
        error_before_pm: some(300, 200),
        error_html_pm: 500,
        rate_limit_pm: some(250, 150),
        retry_after_s: 30,
        bump_pm: some(200, 100),
        ..Faults::default()
    };
    if dice.hit(80) {
        let how = dice.pick(&["trim", "upper", "suffix"]).copied().unwrap_or("trim");
        faults.rewrite.insert(if dice.hit(500) { "title" } else { "body" }.to_owned(), how.to_owned());
    }
    if dice.hit(80) {
        let fields = ["title", "body", "state", "milestone", "labels", "assignees", "due_date"];
        faults.refuse = dice.pick(&fields).map(|field| (*field).to_owned()).into_iter().collect();
    }
    faults
}
