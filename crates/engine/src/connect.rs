//! Connects a repository: recognises the tracker, tests the token, registers the webhook. The import is owed then; a pass makes it.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use issuesync_model::{
    Account, AccountId, Capabilities, Connection, ConnectionChange, ConnectionId, Cx, Project, ProjectId, ProviderKind,
    Secret, Settings, Theta,
};
use issuesync_provider::{Answer, Call, CallError, Provider, Repository, Target, TransportError};
use issuesync_store::{Inserted, StoreError};
use std::sync::Arc;

/// A repository to connect.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Its name; `owner/name` when none is given.
    pub name: Option<String>,
    /// The project's name, made when missing.
    pub project: String,
    /// The address of the repository's page.
    pub url: String,
    /// The token.
    pub token: Secret,
    /// The tracker, when it is not to be recognised.
    pub provider: Option<ProviderKind>,
    /// What a person decided.
    pub settings: Settings,
}

/// What connecting would find.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The adapter.
    pub provider: ProviderKind,
    /// The product.
    pub flavour: String,
    /// Its version.
    pub version: String,
    /// The tracker's root.
    pub base_url: String,
    /// The repository.
    pub repository: Repository,
    /// The token's owner.
    pub login: String,
    /// How many issues the tracker counts.
    pub issues: Option<i64>,
    /// What will not work, in sentences.
    pub warnings: Vec<String>,
}

/// Why a repository was not connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// A field cannot have that value.
    #[error("{field}: {message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The tracker does not answer.
    #[error("{0}")]
    Unreachable(String),
    /// The token is not accepted or may too little.
    #[error("{0}")]
    Token(String),
    /// There is no such repository or connection.
    #[error("{0}")]
    NotFound(String),
    /// The repository or the name is connected already.
    #[error("{0}")]
    Taken(String),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StepError> for ConnectError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::Store(error),
            StepError::NoConnection => Self::NotFound("no such connection".to_owned()),
            other => Self::Unreachable(other.to_string()),
        }
    }
}

/// A tracker that answered, before it is stored.
struct Probed {
    link: Link,
    preview: Preview,
}

impl Engine {
    /// Looks at a repository without connecting it.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn preview(&self, cx: &Cx, new: &NewConnection) -> Result<Preview, ConnectError> {
        Ok(self.probe(cx, new).await?.preview)
    }

    /// Connects a repository.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(&self, cx: &Cx, new: NewConnection) -> Result<Connection, ConnectError> {
        let Probed { mut link, .. } = self.probe(cx, &new).await?;
        let account = self.account_for(&mut link.account, &new.token).await?;
        link.account = account;
        let project = self.store.project(Project { id: ProjectId(cx.uuid()), name: new.project.clone() }).await?;
        link.connection.project = project.id;
        link.connection.account = link.account.id;
        match self.store.insert_connection(link.connection.clone()).await? {
            Inserted::New => {}
            Inserted::Taken(other) if other.name == link.connection.name => {
                return Err(ConnectError::Taken(format!(
                    "a connection named \"{}\" exists; choose another name",
                    other.name
                )));
            }
            Inserted::Taken(other) => {
                return Err(ConnectError::Taken(format!(
                    "{} is connected already, as \"{}\"",
                    other.repo_path, other.name
                )));
            }
        }
        self.ensure_hook(cx, &mut link).await?;
        self.signals.pass.notify_one();
        tracing::info!(connection = %link.connection.name, repo = %link.connection.repo_path, "connected");
        self.store
            .connection(link.connection.id)
            .await?
            .ok_or_else(|| ConnectError::NotFound("no such connection".to_owned()))
    }

    /// One account per (base URL, token): the same token again is the same account.
    async fn account_for(&self, found: &mut Account, token: &Secret) -> Result<Account, ConnectError> {
        for known in self.store.accounts().await? {
            let same = known.base_url == found.base_url
                && known.self_id == found.self_id
                && self.vault.open(&known.id.to_string(), &known.token_sealed).is_ok_and(|opened| opened == *token);
            if same {
                return Ok(known);
            }
        }
        self.store.put_account(found.clone()).await?;
        Ok(found.clone())
    }

    async fn probe(&self, cx: &Cx, new: &NewConnection) -> Result<Probed, ConnectError> {
        let (provider, base_url, repo_path) = self.recognise(new)?;
        let target = Target {
            base_url: base_url.clone(),
            token: new.token.clone(),
            repo_path: repo_path.clone(),
            repo_id: 0,
            allow_private_network: new.settings.allow_private_network,
            allow_http: new.settings.allow_http,
        };
        let capabilities = self.capabilities(&provider, &target).await?;
        let account_id = AccountId(cx.uuid());
        let account = Account {
            id: account_id,
            provider: provider.kind(),
            base_url: base_url.clone(),
            token_sealed: self.vault.seal(&account_id.to_string(), &new.token),
            self_id: 0,
            self_login: String::new(),
        };
        let connection = fresh(cx, new, &account, &repo_path, capabilities.clone());
        let mut link = Link { connection, account, provider, target, until_us: i64::MAX };
        let repository = self.probe_repository(cx, &mut link).await?;
        let issues = match self.call(cx, &link, Lane::Read, &Call::Issues { since_us: None, page: 1 }).await {
            Ok(answered) => {
                if let Answer::Page(page) = answered.answer {
                    page.total
                } else {
                    None
                }
            }
            Err(CallError::Forbidden(why)) => {
                return Err(ConnectError::Token(format!("the token may not read issues: {why}")));
            }
            Err(error) => return Err(ConnectError::Unreachable(format!("the issues cannot be listed: {error}"))),
        };
        let preview = Preview {
            provider: link.provider.kind(),
            flavour: capabilities.flavour,
            version: capabilities.version,
            base_url,
            login: link.account.self_login.clone(),
            issues,
            warnings: warnings(&repository, new, self.hook_base.as_deref()),
            repository,
        };
        Ok(Probed { link, preview })
    }

    fn recognise(&self, new: &NewConnection) -> Result<(Arc<dyn Provider>, String, String), ConnectError> {
        let candidates: Vec<&Arc<dyn Provider>> = match new.provider {
            Some(kind) => self.providers.get(&kind).into_iter().collect(),
            None => self.providers.values().collect(),
        };
        candidates
            .into_iter()
            .find_map(|provider| provider.split_url(&new.url).map(|(base, path)| (Arc::clone(provider), base, path)))
            .ok_or_else(|| ConnectError::Invalid {
                field: "url",
                message: format!(
                    "\"{}\" is not the address of a repository; it looks like https://git.example.org/owner/name",
                    new.url
                ),
            })
    }

    async fn capabilities(&self, provider: &Arc<dyn Provider>, target: &Target) -> Result<Capabilities, ConnectError> {
        let mut answers = Vec::new();
        for (name, request) in provider.probes(target) {
            match self.transport.send(request, self.timing.http_timeout_us).await {
                Ok(response) => answers.push((name, response)),
                Err(TransportError::NotSent(reason)) => {
                    return Err(ConnectError::Invalid { field: "url", message: reason });
                }
                Err(TransportError::NoAnswer(reason)) => {
                    return Err(ConnectError::Unreachable(format!("{} does not answer: {reason}", target.base_url)));
                }
            }
        }
        if answers.iter().any(|(_, response)| response.status == 401) {
            return Err(ConnectError::Token("the tracker does not accept the token; make a new one".to_owned()));
        }
        provider.capabilities(&answers).map_err(|message| ConnectError::Invalid { field: "url", message })
    }

    async fn probe_repository(&self, cx: &Cx, link: &mut Link) -> Result<Repository, ConnectError> {
        let who = self.call(cx, link, Lane::Read, &Call::Whoami).await;
        let user = match who.map(|answered| answered.answer) {
            Ok(Answer::User(user)) => user,
            Err(CallError::Token) => {
                return Err(ConnectError::Token("the tracker does not accept the token; make a new one".to_owned()));
            }
            Err(CallError::Forbidden(_)) => {
                return Err(ConnectError::Token(
                    "the token may not read its own user; add the scope read:user".to_owned(),
                ));
            }
            Err(error) => return Err(ConnectError::Unreachable(error.to_string())),
            Ok(_) => {
                return Err(ConnectError::Unreachable("the tracker did not say who the token belongs to".to_owned()));
            }
        };
        (link.account.self_id, link.account.self_login) = (user.id, user.login);
        let read = self.call(cx, link, Lane::Read, &Call::Repository).await;
        let repository = match read.map(|answered| answered.answer) {
            Ok(Answer::Repository(repository)) => repository,
            Err(CallError::Gone | CallError::Moved { .. }) => {
                return Err(ConnectError::NotFound(format!(
                    "there is no repository {} that this token can see",
                    link.target.repo_path
                )));
            }
            Err(CallError::Forbidden(_)) => {
                return Err(ConnectError::Token(
                    "the token may not read the repository; add the scope read:repository".to_owned(),
                ));
            }
            Err(error) => return Err(ConnectError::Unreachable(error.to_string())),
            Ok(_) => return Err(ConnectError::Unreachable("the tracker did not show the repository".to_owned())),
        };
        if !repository.has_issues {
            return Err(ConnectError::NotFound(format!(
                "the issues of {} are switched off; switch them on first",
                repository.path
            )));
        }
        link.connection.repo_id = repository.id;
        link.connection.repo_path.clone_from(&repository.path);
        link.target.repo_id = repository.id;
        link.target.repo_path.clone_from(&repository.path);
        Ok(repository)
    }

    /// Changes what a person decided about a connection.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn change_settings(&self, id: ConnectionId, settings: Settings) -> Result<Connection, ConnectError> {
        let changed = self.store.change_connection(
            id,
            vec![ConnectionChange::Settings(Box::new(settings)), ConnectionChange::Dirty],
            Vec::new(),
        );
        let connection = changed.await?.ok_or_else(|| ConnectError::NotFound("no such connection".to_owned()))?;
        self.signals.pass.notify_one();
        Ok(connection)
    }

    /// Removes a connection, its mirror and its webhook. The tracker's issues stay as they are.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn disconnect(&self, cx: &Cx, id: ConnectionId) -> Result<bool, ConnectError> {
        let mut link = match self.link(id).await {
            Err(StepError::NoConnection) => return Ok(false),
            other => other?,
        };
        if let Some(hook) = link.connection.hook.clone().filter(|hook| hook.id > 0) {
            let removed = self.ask(cx, &mut link, Lane::Read, &Call::DeleteHook { id: hook.id }).await;
            if let Err(error) = removed {
                tracing::warn!(connection = %link.connection.name, %error, "the webhook stays on the tracker");
            }
        }
        self.make_unready(id);
        Ok(self.store.remove_connection(id).await?)
    }
}

fn fresh(cx: &Cx, new: &NewConnection, account: &Account, repo_path: &str, capabilities: Capabilities) -> Connection {
    Connection {
        id: ConnectionId(cx.uuid()),
        project: ProjectId(cx.uuid()),
        account: account.id,
        name: new.name.clone().unwrap_or_else(|| repo_path.to_owned()),
        provider: account.provider,
        repo_path: repo_path.to_owned(),
        repo_id: 0,
        settings: new.settings.clone(),
        capabilities: Arc::new(capabilities),
        hook: None,
        cursor_us: None,
        comment_cursor_us: None,
        dirty_gen: 0,
        clean_gen: 0,
        pass_ok_us: None,
        clock: Theta::unknown(),
        last_poll_us: None,
        last_full_us: None,
        last_delivery_us: None,
        max_number_seen: 0,
        fuse_open: false,
        parked: None,
        import_page: None,
        import_total: None,
        created_us: cx.now_us(),
    }
}

/// What will not work with this token and this repository.
pub(crate) fn warnings(repository: &Repository, new: &NewConnection, hook_base: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    if !repository.can_write {
        warnings
            .push("the token's owner may not write to this repository: edits will fail; give write access".to_owned());
    }
    if !repository.is_admin {
        warnings.push(
            "the token's owner is no administrator of this repository: it cannot delete issues or manage the webhook"
                .to_owned(),
        );
    }
    if repository.archived {
        warnings.push("the repository is archived: most edits will be refused".to_owned());
    }
    if new.settings.manage_hook && hook_base.is_none() {
        warnings.push("no public_url is configured: no webhook is registered and changes arrive by polling".to_owned());
    }
    warnings
}
