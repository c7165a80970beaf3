//! Who may do what: a bearer token names the caller, one function decides.
//!
//! The guard stands before every route of the API, so that no handler can forget it. A token is looked up at each
//! request: a revoked one ends at once.

use crate::problem::Problem;
use crate::state::AppState;
use crate::token;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use issuesync_model::TokenId;
use issuesync_store::Token;

const MINUTE_US: i64 = 60_000_000;

/// What a token may do; each includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Look.
    Read,
    /// Edit issues and steer their synchronisation.
    Write,
    /// Connect trackers, make tokens, let held deletes through.
    Admin,
}

impl Scope {
    /// The word in tokens and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The scope of that word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Admin].into_iter().find(|scope| scope.word() == word)
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The token.
    pub(crate) id: TokenId,
    /// Its name, which the log shows as who did it.
    pub(crate) name: String,
    scope: Option<Scope>,
}

#[cfg(test)]
impl Caller {
    pub(crate) fn for_tests(id: u128) -> Self {
        Self { id: TokenId(uuid::Uuid::from_u128(id)), name: "test".to_owned(), scope: Some(Scope::Read) }
    }
}

/// Stands before every route of the API: finds the caller, asks [`authorize`], and lets the request through or not.
pub(crate) async fn guard(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let caller = caller(&state, request.headers()).await?;
    authorize(&caller, request.method(), &path)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The one decision: whether this caller may send this method to this route.
pub(crate) fn authorize(caller: &Caller, method: &Method, route: &str) -> Result<(), Problem> {
    let needed = needed(method, route);
    if caller.scope.is_some_and(|scope| scope >= needed) {
        return Ok(());
    }
    let detail = format!("This needs a token with the scope {}; ask an administrator for one.", needed.word());
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}

fn needed(method: &Method, route: &str) -> Scope {
    let looks = method == Method::GET || method == Method::HEAD;
    let of = |resource: &str| route.strip_prefix("/api/v1").is_some_and(|rest| rest.starts_with(resource));
    if of("/tokens") {
        return Scope::Admin;
    }
    if looks {
        return Scope::Read;
    }
    let a_pass = route.ends_with("/sync");
    if of("/projects") || (of("/connections") && !a_pass) { Scope::Admin } else { Scope::Write }
}

async fn caller(state: &AppState, headers: &HeaderMap) -> Result<Caller, Problem> {
    let text = bearer(headers).filter(|text| token::is_well_formed(text)).ok_or_else(Problem::unauthorized)?;
    let now_us = state.cx().now_us();
    let stored = state.store().token_hashed(token::hash(text)).await?;
    let found = stored.filter(|token| is_live(token, now_us)).ok_or_else(Problem::unauthorized)?;
    touch(state, &found, now_us).await;
    let scope = found.scopes.iter().filter_map(|word| Scope::from_word(word)).max();
    Ok(Caller { id: found.id, name: found.name, scope })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| text.trim())
}

fn is_live(token: &Token, now_us: i64) -> bool {
    token.revoked_us.is_none() && token.expires_us.is_none_or(|expires_us| now_us < expires_us)
}

/// Remembers the use to the minute: one write a minute and token, and none that could fail the request.
async fn touch(state: &AppState, token: &Token, now_us: i64) {
    let minute_us = now_us - now_us.rem_euclid(MINUTE_US);
    if token.last_used_us.is_some_and(|used_us| used_us >= minute_us) {
        return;
    }
    if let Err(error) = state.store().touch_token(token.id, minute_us).await {
        tracing::warn!(token = %token.id, %error, "the last use of a token was not stored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_scope() {
        let cases = [
            (Method::GET, "/api/v1/issues", Scope::Read),
            (Method::GET, "/api/v1/connections/{id}/doctor", Scope::Read),
            (Method::PATCH, "/api/v1/issues/{id}", Scope::Write),
            (Method::POST, "/api/v1/deliveries/{id}/replay", Scope::Write),
            (Method::POST, "/api/v1/connections/{id}/sync", Scope::Write),
            (Method::POST, "/api/v1/connections/{id}/accept-deletes", Scope::Admin),
            (Method::POST, "/api/v1/connections", Scope::Admin),
            (Method::DELETE, "/api/v1/connections/{id}", Scope::Admin),
            (Method::POST, "/api/v1/projects", Scope::Admin),
            (Method::GET, "/api/v1/tokens", Scope::Admin),
        ];
        for (method, route, scope) in cases {
            assert_eq!(needed(&method, route), scope, "{method} {route}");
        }
    }

    #[test]
    fn a_wider_scope_includes_the_narrower() {
        let caller = |scope| Caller { scope, ..Caller::for_tests(1) };
        assert!(authorize(&caller(Some(Scope::Admin)), &Method::GET, "/api/v1/issues").is_ok());
        assert!(authorize(&caller(Some(Scope::Read)), &Method::POST, "/api/v1/issues").is_err());
        assert!(authorize(&caller(None), &Method::GET, "/api/v1/issues").is_err());
    }

    #[test]
    fn only_one_bearer_header_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        headers.append(header::AUTHORIZATION, "bearer abc".parse().expect("valid"));
        assert_eq!(bearer(&headers), Some("abc"));
        headers.append(header::AUTHORIZATION, "Bearer def".parse().expect("valid"));
        assert_eq!(bearer(&headers), None);
    }
}
