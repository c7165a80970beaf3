//! API tokens: only their hash is stored.

use crate::error::Result;
use issuesync_model::{BoxFuture, TokenId};
use serde::{Deserialize, Serialize};

/// One API token without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// SHA-256 of its text, in hex.
    pub hash: String,
    /// What it may do: read, write, admin.
    pub scopes: Vec<String>,
    /// When it was made, microseconds.
    pub created_us: i64,
    /// When it ends, if it does.
    pub expires_us: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_us: Option<i64>,
    /// When it was revoked.
    pub revoked_us: Option<i64>,
}

/// API tokens.
pub trait Tokens {
    /// Writes a token.
    fn put_token(&self, token: Token) -> BoxFuture<'_, Result<()>>;

    /// The token with that hash, also when expired or revoked.
    fn token_hashed(&self, hash: String) -> BoxFuture<'_, Result<Option<Token>>>;

    /// Every token, oldest first.
    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>>>;

    /// Revokes a token; answers whether it was there and live.
    fn revoke_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<bool>>;

    /// Remembers a use.
    fn touch_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<()>>;
}
