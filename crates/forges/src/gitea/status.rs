//! Status codes as decisions.

use super::wire::ErrorBody;
use issuesync_model::Field;
use issuesync_provider::{Answer, Call, CallError, Response};

/// The longest message of a tracker that is kept.
const MESSAGE_MAX: usize = 300;
/// The wait after a 429 that does not say how long.
const BUDGET_DEFAULT_MS: i64 = 60_000;

/// What the status alone decides; `None` when the body says the rest.
pub(super) fn settled(call: &Call, response: &Response) -> Option<Result<Answer, CallError>> {
    let json = json_message(response);
    let message = || json.clone().unwrap_or_else(|| format!("status {}", response.status));
    Some(Err(match response.status {
        200..=299 => return None,
        404 if is_fine_without(call) => return Some(Ok(Answer::Done)),
        404 if matches!(call, Call::SharedLabels { .. }) => return Some(Ok(Answer::Labels(Vec::new(), false))),
        301 | 302 | 303 | 307 | 308 => {
            CallError::Moved { location: response.header("location").unwrap_or_default().to_owned() }
        }
        401 => CallError::Token,
        404 | 410 => CallError::Gone,
        409 => CallError::Raced,
        400 if matches!(call, Call::EditIssue { fields, .. } if fields.get(Field::Body).is_some()) => CallError::Raced,
        429 => CallError::Budget { retry_after_ms: retry_after_ms(response).unwrap_or(BUDGET_DEFAULT_MS) },
        403 if retry_after_ms(response).is_some() || response.header("x-ratelimit-remaining") == Some("0") => {
            CallError::Budget { retry_after_ms: retry_after_ms(response).unwrap_or(BUDGET_DEFAULT_MS) }
        }
        403 => CallError::Forbidden(message()),
        400 | 412 | 413 | 415 | 422 | 423 | 451 => CallError::Refused(message()),
        500 if json.is_some() => CallError::Ask(message()),
        500..=599 => CallError::Ill(message()),
        _ => CallError::Ask(message()),
    }))
}

/// What is to go is gone already.
fn is_fine_without(call: &Call) -> bool {
    matches!(call, Call::RemoveLabel { .. } | Call::DeleteComment { .. } | Call::DeleteHook { .. })
}

/// The tracker's own words; `None` when the body is not its JSON.
fn json_message(response: &Response) -> Option<String> {
    let body: ErrorBody = serde_json::from_slice(&response.body).ok()?;
    let text: String =
        body.message.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MESSAGE_MAX).collect();
    Some(if text.trim().is_empty() { format!("status {}", response.status) } else { text })
}

/// `Retry-After` (RFC 9110): seconds, or a date that is measured against the answer's own `Date`.
fn retry_after_ms(response: &Response) -> Option<i64> {
    let text = response.header("retry-after")?;
    if let Ok(seconds) = text.trim().parse::<i64>() {
        return Some(seconds.clamp(0, 86_400) * 1000);
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?.as_microsecond();
    Some(((until - response.date_us()?) / 1000).clamp(0, 86_400_000))
}
