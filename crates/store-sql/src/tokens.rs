//! API tokens: only their hash is stored.

use crate::SqliteStore;
use crate::row::{Row, json, vals};
use issuesync_model::{BoxFuture, TokenId};
use issuesync_store::{Result, Token, Tokens};

const COLUMNS: &str = "id, name, hash, scopes, created_at, expires_at, last_used_at, revoked_at";

fn read(row: &Row) -> Result<Token> {
    Ok(Token {
        id: row.parsed(0, "id")?,
        name: row.text(1, "name")?.to_owned(),
        hash: row.text(2, "hash")?.to_owned(),
        scopes: row.json(3, "scopes")?,
        created_us: row.int(4, "created_at")?,
        expires_us: row.int_opt(5, "expires_at")?,
        last_used_us: row.int_opt(6, "last_used_at")?,
        revoked_us: row.int_opt(7, "revoked_at")?,
    })
}

impl Tokens for SqliteStore {
    fn put_token(&self, token: Token) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let values = vals![
                    token.id.to_string(),
                    token.name,
                    token.hash,
                    json(&token.scopes),
                    token.created_us,
                    token.expires_us,
                    token.last_used_us,
                    token.revoked_us,
                ];
                tx.execute("INSERT OR REPLACE INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", values)
                    .await
                    .map(drop)
            })
        })
    }

    fn token_hashed(&self, hash: String) -> BoxFuture<'_, Result<Option<Token>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?1");
                tx.row("tokens", &sql, vals![hash]).await?.as_ref().map(read).transpose()
            })
        })
    }

    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>>> {
        self.db.read(|tx| {
            Box::pin(async move {
                let sql = format!("SELECT {COLUMNS} FROM tokens ORDER BY created_at, id");
                tx.rows("tokens", &sql, &[]).await?.iter().map(read).collect()
            })
        })
    }

    fn revoke_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
                Ok(tx.execute(sql, vals![id.to_string(), now_us]).await? > 0)
            })
        })
    }

    fn touch_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                tx.execute("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1", vals![id.to_string(), now_us])
                    .await
                    .map(drop)
            })
        })
    }
}
