//! Promises about API tokens.

use super::fixture::T;
use crate::{Store, Token};
use issuesync_model::TokenId;
use std::sync::Arc;
use uuid::Uuid;

pub(super) async fn a_token_is_found_by_hash_and_revoked_once(store: Arc<dyn Store>) {
    let token = Token {
        id: TokenId(Uuid::from_u128(1)),
        name: "ci".to_owned(),
        hash: "aa".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        created_us: T,
        expires_us: Some(T + 1),
        last_used_us: None,
        revoked_us: None,
    };
    store.put_token(token.clone()).await.expect("a token");
    assert_eq!(store.token_hashed("aa".to_owned()).await, Ok(Some(token.clone())));
    assert_eq!(store.token_hashed("bb".to_owned()).await, Ok(None));
    store.touch_token(token.id, T + 5).await.expect("a use");
    assert_eq!(store.revoke_token(token.id, T + 6).await, Ok(true));
    assert_eq!(store.revoke_token(token.id, T + 7).await, Ok(false));
    let found = store.tokens().await.expect("tokens");
    assert_eq!((found[0].last_used_us, found[0].revoked_us), (Some(T + 5), Some(T + 6)));
}
