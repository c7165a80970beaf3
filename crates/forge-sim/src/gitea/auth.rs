//! Who asks, and what the token and the account may do.

use crate::config::{Access, Flavour};
use crate::gitea::answer;
use crate::http::{Request, Response};
use crate::sim::{Cx, Sim};
use crate::world::{Repo, Token};

/// What somebody without administration of the repository is told.
pub(crate) const NO_ADMIN: &str = "user should be an owner or a collaborator with admin write of a repository";

/// The token's owner. No token is nobody; a wrong one is refused even where nobody would do.
pub(crate) fn identify(sim: &Sim, request: &Request, query: &[(String, String)]) -> Result<Option<Token>, Response> {
    let Some(value) = presented(sim, request, query) else { return Ok(None) };
    match sim.world.tokens.get(&value) {
        Some(token) => Ok(Some(token.clone())),
        None => Err(answer::error(sim, 401, "user does not exist [uid: 0, name: ]")),
    }
}

/// The acting user, or 401.
pub(crate) fn signed_in(sim: &Sim, cx: &Cx) -> Result<u64, Response> {
    cx.user.ok_or_else(|| answer::error(sim, 401, "token is required"))
}

/// Checks the token's scope of one category for this method.
pub(crate) fn scope(sim: &Sim, cx: &Cx, category: &str, writes: bool) -> Result<(), Response> {
    if cx.user.is_none() {
        return Ok(());
    }
    let granted = cx.scopes.iter().any(|scope| {
        scope == "all" || *scope == format!("write:{category}") || (!writes && *scope == format!("read:{category}"))
    });
    if granted {
        return Ok(());
    }
    let level = if writes { "write" } else { "read" };
    let message = format!("token does not have at least one of required scope(s): [{level}:{category}]");
    Err(answer::error(sim, 403, &message))
}

/// The caller's access to a repository that is known to be visible.
pub(crate) fn access(sim: &Sim, cx: &Cx, repo: &Repo) -> Access {
    sim.world.access(repo, cx.user).unwrap_or(Access::Read)
}

fn presented(sim: &Sim, request: &Request, query: &[(String, String)]) -> Option<String> {
    if let Some(header) = request.header("Authorization") {
        let (scheme, value) = header.split_once(' ')?;
        if scheme == "token" || scheme.eq_ignore_ascii_case("bearer") {
            return Some(value.trim().to_owned());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = String::from_utf8(base64(value.trim())?).ok()?;
            let (user, password) = decoded.split_once(':')?;
            let alone = password.is_empty() || password == "x-oauth-basic";
            return Some(if alone { user.to_owned() } else { password.to_owned() });
        }
        return None;
    }
    if sim.config.flavour == Flavour::Forgejo {
        return None;
    }
    query.iter().find(|(key, _)| key == "token" || key == "access_token").map(|(_, value)| value.clone())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut out) = (0_u32, 0_u32, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xFF_FFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn basic_credentials_are_read() {
        assert_eq!(base64("YWxpY2U6dC0x").as_deref(), Some(&b"alice:t-1"[..]));
        assert_eq!(base64("a!"), None);
    }
}
