//! API tokens: made, listed, revoked. Their texts are shown once.

use super::{Answer, AppState, Json, Path, Problem, State};
use crate::auth::Scope;
use crate::json::JsonBody;
use crate::views::Items;
use crate::views::token::{CreatedTokenView, TokenView, token as view};
use crate::{duration, params, token};
use http::StatusCode;
use issuesync_model::{Cx, TokenId};
use issuesync_store::Token;
use serde::Deserialize;
use utoipa::ToSchema;

const NAME_LENGTH_MAX: usize = 100;

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(crate) struct TokenBody {
    /// What it is for; the log shows it as who did something.
    name: String,
    /// `read`, `write`, `admin`; each includes the ones before it.
    scopes: Vec<String>,
    /// How long it lives, such as `30d`; without end when left out.
    expires_in: Option<String>,
}

/// Every token, oldest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, body = Items<TokenView>)))]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Items<TokenView>>> {
    let tokens = state.store().tokens().await?;
    Ok(Json(Items { items: tokens.iter().map(view).collect() }))
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = TokenBody,
    responses((status = 201, body = CreatedTokenView)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    body: JsonBody,
) -> Answer<(StatusCode, Json<CreatedTokenView>)> {
    let body: TokenBody = body.read()?;
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid("name", format!("A name must have 1 to {NAME_LENGTH_MAX} printable characters.")));
    }
    let scopes = scopes(&body.scopes)?;
    let now_us = state.cx().now_us();
    let created = token::create(random(state.cx()));
    let stored = Token {
        id: TokenId(state.cx().uuid()),
        name,
        hash: created.hash,
        scopes,
        created_us: now_us,
        expires_us: body.expires_in.as_deref().map(|text| expiry(text, now_us)).transpose()?.flatten(),
        last_used_us: None,
        revoked_us: None,
    };
    state.store().put_token(stored.clone()).await?;
    let shown = CreatedTokenView { token: view(&stored), text: created.text.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Revokes a token; it ends at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn revoke(State(state): State<AppState>, Path(id): Path<String>) -> Answer<StatusCode> {
    let id: TokenId = params::id(&id, "token")?;
    if state.store().revoke_token(id, state.cx().now_us()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("There is no live token with this id; list them to see which there are."))
}

fn scopes(words: &[String]) -> Answer<Vec<String>> {
    let mut scopes = words
        .iter()
        .map(|word| {
            let unknown = || format!("There is no scope \"{word}\"; use read, write or admin.");
            Scope::from_word(word).ok_or_else(|| Problem::invalid("scopes", unknown()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if scopes.is_empty() {
        return Err(Problem::invalid("scopes", "A token needs at least one scope; use read, write or admin."));
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes.into_iter().map(|scope| scope.word().to_owned()).collect())
}

/// When a token ends; `None` for `inf`.
fn expiry(text: &str, now_us: i64) -> Answer<Option<i64>> {
    let us = duration::parse_us(text).map_err(|message| Problem::invalid("expires_in", message))?;
    if us <= 0 {
        return Err(Problem::invalid("expires_in", "A token must live for some time; write it such as 30d."));
    }
    Ok(now_us.checked_add(us).filter(|_| us != i64::MAX))
}

fn random(cx: &Cx) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&cx.rng.next_u64().to_le_bytes());
    }
    bytes
}
