//! Small habits that several routes share: who is struck by a fault, what is refused, cut or rewritten.

use crate::config::{Access, Flavour};
use crate::sim::{Cx, Sim};
use crate::world::{Place, Repo};

/// Where Gitea cuts a title: with the ellipsis of three bytes it fills 255.
const TITLE_WIDTH: usize = 255;

impl Sim {
    /// Whether the faults aim at the caller.
    pub(crate) fn struck(&self, cx: &Cx) -> bool {
        let Some(only) = &self.faults.only_user else { return true };
        cx.user.is_some_and(|id| self.world.login(id) == only)
    }

    /// Whether the tracker ignores this field without a word.
    pub(crate) fn refuses(&self, cx: &Cx, field: &str) -> bool {
        self.struck(cx) && self.faults.refuse.iter().any(|refused| refused == field)
    }

    /// The text as it is stored: `title`, `body` or `comment` may be set to be rewritten.
    pub(crate) fn rewritten(&self, cx: &Cx, field: &str, text: &str) -> String {
        let rule = self.faults.rewrite.get(field).filter(|_| self.struck(cx)).map(String::as_str);
        match rule {
            Some("trim") => text.trim().to_owned(),
            Some("upper") => text.to_uppercase(),
            Some("suffix") if !text.ends_with(" [bot]") => format!("{text} [bot]"),
            _ => text.to_owned(),
        }
    }

    /// The title as it fits: Gitea cuts by display width, Forgejo 7.0.0 on SQLite not at all.
    pub(crate) fn cut_title(&self, title: &str) -> String {
        let wide = |letter: char| if u32::from(letter) >= 0x1100 { 2 } else { 1 };
        let width: usize = title.chars().map(wide).sum();
        if self.config.flavour == Flavour::Forgejo || width <= TITLE_WIDTH {
            return title.to_owned();
        }
        let mut room = TITLE_WIDTH - '…'.len_utf8();
        let fits = |letter: &char| {
            let left = room.checked_sub(wide(*letter));
            room = left.unwrap_or(0);
            left.is_some()
        };
        title.chars().take_while(fits).chain(['…']).collect()
    }

    /// The id of a login that may be assigned: writers, and the owner unless it is an organisation.
    pub(crate) fn assignable(&self, repo: &Repo, login: &str) -> Option<u64> {
        let user = self.world.user_of(login)?;
        let owner = user.id == repo.owner && self.world.tokens.values().any(|token| token.user == user.id);
        let writer = repo.access.get(&user.id).is_some_and(|access| *access >= Access::Write);
        (owner || writer).then_some(user.id)
    }

    /// Gives a repository another name; the old path redirects until another repository takes it.
    pub(crate) fn rename_repo(&mut self, repo_id: u64, name: &str) {
        let Some(repo) = self.world.repos.get(&repo_id) else { return };
        let old = self.world.path(repo).to_lowercase();
        let new = format!("{}/{name}", self.world.login(repo.owner)).to_lowercase();
        if old != new {
            self.world.paths.insert(old, Place::MovedTo(repo_id));
        }
        self.world.paths.insert(new, Place::Repo(repo_id));
        if let Some(repo) = self.world.repos.get_mut(&repo_id) {
            name.clone_into(&mut repo.name);
        }
    }
}
