//! API tokens without their texts.

use super::time;
use issuesync_store::Token;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An API token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    id: Uuid,
    name: String,
    /// `read`, `write`, `admin`.
    scopes: Vec<String>,
    created_at: String,
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedTokenView {
    #[serde(flatten)]
    pub(crate) token: TokenView,
    /// The text to send as bearer; it is shown this once.
    #[serde(rename = "token")]
    pub(crate) text: String,
}

/// The view of a token.
pub(crate) fn token(token: &Token) -> TokenView {
    TokenView {
        id: token.id.0,
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        created_at: time(token.created_us),
        expires_at: token.expires_us.map(time),
        last_used_at: token.last_used_us.map(time),
        revoked_at: token.revoked_us.map(time),
    }
}
