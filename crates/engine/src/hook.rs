//! The webhook of a connection: registered, mended, or somebody is told that they must.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use issuesync_model::log::hex;
use issuesync_model::{ConnectionChange, Cx, Event, Hook, Notification, Secret};
use issuesync_provider::{Answer, Call, CallError, HookState};
use issuesync_store::{Batch, Tail};
use std::sync::Arc;

impl Engine {
    /// Registers the webhook, or mends it, or says that somebody must.
    pub(crate) async fn ensure_hook(&self, cx: &Cx, link: &mut Link) -> Result<(), StepError> {
        let Some(base) = self.hook_base.clone() else { return Ok(()) };
        let id = link.connection.id;
        let url = format!("{base}/webhooks/{}/{id}", link.connection.provider.word());
        let hooks = match self.hooks(cx, link).await {
            Ok(hooks) => hooks,
            Err(StepError::Call(CallError::Forbidden(_) | CallError::Gone)) => {
                return self.hook_missing(cx, link, "the token may not read the repository's webhooks").await;
            }
            Err(error) => return Err(error),
        };
        let known = link.connection.hook.clone();
        // The id alone proves nothing: a restored tracker gives it to somebody's, and people point a hook elsewhere.
        let is_known =
            |hook: &HookState| known.as_ref().is_some_and(|known| known.id == hook.id && known.url == hook.url);
        let mut ours: Vec<HookState> = hooks.into_iter().filter(|hook| hook.url == url || is_known(hook)).collect();
        ours.sort_by_key(|hook| hook.id);
        // The answer to its creation was lost: the newest at our address has the secret that is stored.
        let unanswered = known.as_ref().is_some_and(|known| known.id == 0 && known.url == url);
        let at = ours.iter().rposition(|hook| hook.url == url && (is_known(hook) || unanswered));
        let present = at.map(|at| ours.remove(at));
        if link.connection.settings.manage_hook
            && !self.remove_left_overs(cx, link, ours, &url).await?
            && present.is_none()
        {
            return self
                .hook_missing(cx, link, "a left-over webhook, whose secret nobody knows, cannot be removed")
                .await;
        }
        if let (Some(hook), Some(known), true) = (&present, known, unanswered) {
            self.keep_hook(cx, link, Hook { id: hook.id, ..(*known).clone() }).await?;
        }
        match present {
            Some(hook) if hook.active && hook.complete => Ok(()),
            Some(hook) if link.connection.settings.manage_hook => {
                self.ask(cx, link, Lane::Read, &Call::MendHook { id: hook.id, url }).await?;
                let event =
                    self.event(cx, id, "hook", "The webhook was inactive or incomplete and was mended.".to_owned());
                self.store.change_connection(id, vec![ConnectionChange::Dirty], vec![event]).await?;
                Ok(())
            }
            _ if link.connection.settings.manage_hook => self.register_hook(cx, link, url).await,
            Some(_) => self.hook_missing(cx, link, "the webhook is inactive or does not send every event").await,
            None => self.hook_missing(cx, link, "no webhook is registered").await,
        }
    }

    /// Hooks of ours that no longer are: of creations whose answer was lost, and at an address that this service no longer has. Answers whether
    /// none is left at our address: the next one that is made there without an answer could not be told from it.
    async fn remove_left_overs(
        &self,
        cx: &Cx,
        link: &mut Link,
        hooks: Vec<HookState>,
        url: &str,
    ) -> Result<bool, StepError> {
        let mut cleared = true;
        for hook in hooks {
            match self.ask(cx, link, Lane::Read, &Call::DeleteHook { id: hook.id }).await {
                Ok(_) | Err(StepError::Call(CallError::Gone)) => {}
                Err(StepError::Call(_)) => cleared &= hook.url != url,
                Err(error) => return Err(error),
            }
        }
        Ok(cleared)
    }

    async fn keep_hook(&self, cx: &Cx, link: &mut Link, hook: Hook) -> Result<(), StepError> {
        let id = link.connection.id;
        let event = self.event(cx, id, "hook", "The webhook was registered.".to_owned());
        link.connection.hook = Some(Arc::new(hook.clone()));
        let changes = vec![ConnectionChange::Hook(Some(hook)), ConnectionChange::Dirty];
        self.store.change_connection(id, changes, vec![event]).await?;
        Ok(())
    }

    pub(crate) async fn hooks(&self, cx: &Cx, link: &mut Link) -> Result<Vec<HookState>, StepError> {
        let mut hooks = Vec::new();
        for page in 1..=100 {
            let Answer::Hooks(some, more) = self.ask(cx, link, Lane::Read, &Call::Hooks { page }).await?.answer else {
                break;
            };
            hooks.extend(some);
            if !more {
                break;
            }
        }
        Ok(hooks)
    }

    async fn register_hook(&self, cx: &Cx, link: &mut Link, url: String) -> Result<(), StepError> {
        let mut random = [0_u8; 32];
        random.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&cx.rng.next_u64().to_le_bytes()));
        let secret = Secret::new(hex(&random));
        let id = link.connection.id;
        let owner = id.to_string();
        // The secret is stored before the tracker can sign with it, so that no delivery comes too early. The last one is accepted
        // beside it: what the hook before this one sent may still be on its way.
        let last = link.connection.hook.iter().filter_map(|hook| hook.secrets_sealed.first().cloned());
        let secrets_sealed = std::iter::once(self.vault.seal(&owner, &secret)).chain(last).collect();
        let mut hook = Hook { id: 0, url: url.clone(), secrets_sealed };
        self.store.change_connection(id, vec![ConnectionChange::Hook(Some(hook.clone()))], Vec::new()).await?;
        let created = self.ask(cx, link, Lane::Read, &Call::CreateHook { url: url.clone(), secret }).await;
        match created {
            Ok(answered) => {
                if let Answer::Hooks(hooks, _) = answered.answer {
                    hook.id = hooks.first().map_or(0, |hook| hook.id);
                }
                self.keep_hook(cx, link, hook).await
            }
            Err(StepError::Call(CallError::Forbidden(_) | CallError::Gone | CallError::Refused(_))) => {
                self.store.change_connection(id, vec![ConnectionChange::Hook(None)], Vec::new()).await?;
                self.hook_missing(cx, link, "the token may not create webhooks").await
            }
            Err(error) => Err(error),
        }
    }

    /// Without a webhook everything still arrives, one poll later. Somebody is told once.
    async fn hook_missing(&self, cx: &Cx, link: &Link, why: &str) -> Result<(), StepError> {
        let detail = format!("{why}; changes arrive by polling alone until that is mended.");
        let last = self.store.connection_log(link.connection.id, 50).await?;
        if last.iter().find(|event| event.kind == "hook").is_some_and(|event| event.detail == detail) {
            return Ok(());
        }
        tracing::warn!(connection = %link.connection.name, why, "webhook missing");
        let mut tail = Tail::changes(link.connection.id, Vec::new());
        tail.events.push(self.event(cx, link.connection.id, "hook", detail.clone()));
        tail.notifications.push(Notification {
            id: cx.uuid(),
            connection: link.connection.id,
            item: None,
            event: Event::Hook,
            detail,
            time_us: cx.now_us(),
        });
        self.store.commit(Batch { sets: Vec::new(), tail: Some(tail) }).await?;
        Ok(())
    }
}
