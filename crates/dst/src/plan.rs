//! What a scenario is made of: drawn from its seed, every fault in its own mix.

use crate::dice::Dice;
use issuesync_forge_sim::{Faults, Flavour};
use issuesync_model::{DeletePolicy, Settings};

/// The drawn options of one scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tracker.
    pub flavour: Flavour,
    /// What the connection's owner decided.
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
    /// The same for a trouble with the repository, the token or the store.
    pub trouble_pm: u64,
    /// The same for deletes.
    pub delete_pm: u64,
}

impl Plan {
    /// Draws the options of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let dice = Dice::new(seed, 1);
        let some = |per_mille: u64, most: u64| {
            let on = dice.hit(per_mille);
            let value = dice.below(most + 1);
            u32::try_from(if on { value } else { 0 }).unwrap_or(0)
        };
        let mut faults = Faults {
            only_user: Some(crate::world::BOT.to_owned()),
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
            let how = ["trim", "upper", "suffix"][usize::try_from(dice.below(3)).unwrap_or(0)];
            faults.rewrite.insert(if dice.hit(500) { "title" } else { "body" }.to_owned(), how.to_owned());
        }
        if dice.hit(80) {
            let fields = ["title", "body", "state", "milestone", "labels"];
            faults.refuse = dice.pick(&fields).map(|field| (*field).to_owned()).into_iter().collect();
        }
        let edits_win = dice.hit(200);
        let crash_pm = u64::from(some(500, 60));
        // How far a tracker's clock is off lives in memory: a step that a dead process noticed is not known to the next one
        // (docs/guarantees.md), so a scenario has one or the other.
        let clock_steps = crash_pm == 0 && dice.hit(250);
        if clock_steps {
            faults.clock_skew_ms = dice.between(-600_000, 600_000);
        }
        Self {
            flavour: if dice.hit(300) { Flavour::Forgejo } else { Flavour::Gitea },
            settings: Settings {
                delete_vs_update: if edits_win { DeletePolicy::UpdateWins } else { DeletePolicy::DeleteWins },
                ..Settings::default()
            },
            faults,
            actions: 30 + dice.below(40),
            issues: 1 + dice.below(3),
            pace: 1 + dice.below(40),
            crash_pm,
            clock_steps,
            trouble_pm: u64::from(some(400, 50)),
            delete_pm: u64::from(some(500, 100)),
        }
    }
}
