//! Status codes as decisions.

use super::wire::ErrorBody;
use issuesync_model::Field;
use issuesync_provider::{Answer, Call, CallError, Response};

/// The longest message of a tracker that is kept.
const MESSAGE_MAX: usize = 300;
/// The wait after a refusal that does not say how long.
const BUDGET_DEFAULT_MS: i64 = 60_000;
/// The longest wait that is believed.
const BUDGET_MAX_MS: i64 = 86_400_000;

/// What the status alone decides; `None` when the body says the rest.
pub(super) fn settled(call: &Call, response: &Response) -> Option<Result<Answer, CallError>> {
    if response.is_success() {
        return None;
    }
    let json = message(response);
    let message = || json.clone().unwrap_or_else(|| format!("status {}", response.status));
    Some(Err(match response.status {
        404 if is_fine_without(call) => return Some(Ok(Answer::Done)),
        // The server's word for a label whose definition is gone: no issue bears it any more.
        422 if matches!(call, Call::RemoveLabel { .. }) => return Some(Ok(Answer::Done)),
        404 if matches!(call, Call::SharedLabels { .. }) => return Some(Ok(Answer::Labels(Vec::new(), false))),
        404 if matches!(call, Call::SetLock { .. }) && json.is_none() => {
            CallError::Refused("this server cannot lock conversations".to_owned())
        }
        301 | 302 | 303 | 307 | 308 => {
            CallError::Moved { location: response.header("location").unwrap_or_default().to_owned() }
        }
        401 => CallError::Token,
        404 | 410 => CallError::Gone,
        409 => CallError::Raced,
        400 if matches!(call, Call::EditIssue { fields, .. } if fields.get(Field::Body).is_some()) => CallError::Raced,
        429 => CallError::Budget { retry_after_ms: retry_after_ms(response) },
        403 if is_over_budget(response) => CallError::Budget { retry_after_ms: retry_after_ms(response) },
        403 => CallError::Forbidden(message()),
        400 | 412 | 413 | 415 | 422 | 423 | 451 => CallError::Refused(message()),
        500 if json.is_some() => CallError::Ask(message()),
        500..=599 => CallError::Ill(message()),
        _ => CallError::Ask(message()),
    }))
}

/// An answer that cannot be read, in one short sentence.
pub(super) fn unreadable(why: &str) -> CallError {
    CallError::Malformed(clipped(why))
}

/// A text of somebody else's making: not long, and without control characters.
pub(super) fn clipped(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MESSAGE_MAX).collect()
}

/// What is to go is gone already.
fn is_fine_without(call: &Call) -> bool {
    matches!(call, Call::RemoveLabel { .. } | Call::DeleteComment { .. } | Call::DeleteHook { .. })
}

/// The tracker's own words; `None` when the body is not its JSON. Blank words (a 500's) are replaced by the status.
fn message(response: &Response) -> Option<String> {
    let body: ErrorBody<'_> = serde_json::from_slice(&response.body).ok()?;
    let text = clipped(&body.message?);
    Some(if text.trim().is_empty() { format!("status {}", response.status) } else { text })
}

/// Neither product has rate limits, but what stands before them may.
fn is_over_budget(response: &Response) -> bool {
    let spent = |name| response.header(name).is_some_and(|left| left.trim() == "0");
    response.header("retry-after").is_some() || spent("x-ratelimit-remaining") || spent("ratelimit-remaining")
}

/// `Retry-After` (RFC 9110): seconds, or a date that is measured against the answer's own `Date`.
fn retry_after_ms(response: &Response) -> i64 {
    let wait = response.header("retry-after").and_then(|text| {
        if let Ok(seconds) = text.trim().parse::<i64>() {
            return Some(seconds.saturating_mul(1000));
        }
        let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?.as_microsecond();
        let now = response.date_us().unwrap_or(response.t_recv_us);
        Some(until.saturating_sub(now) / 1000)
    });
    wait.unwrap_or(BUDGET_DEFAULT_MS).clamp(0, BUDGET_MAX_MS)
}
