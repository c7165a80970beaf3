//! Pages: whether another one follows.

use issuesync_model::Capabilities;
use issuesync_provider::Response;

/// Whether another page follows. A short page alone proves nothing, because the server may grant less than was asked for.
pub(super) fn has_more(capabilities: &Capabilities, page: i64, entries: usize, response: &Response) -> bool {
    if entries == 0 {
        return false;
    }
    let entries = i64::try_from(entries).unwrap_or(i64::MAX);
    let size = i64::from(capabilities.page_size);
    match (response.header("link"), total(response)) {
        (Some(link), _) if link.contains("rel=\"next\"") => true,
        (Some(_), Some(total)) => (page - 1).saturating_mul(size).saturating_add(entries) < total,
        // Every page before this one had at least as many entries, whatever the server's own limit is.
        (None, Some(total)) => page.saturating_mul(entries) < total,
        (_, None) => entries >= size,
    }
}

/// How many entries the server counts in all.
pub(super) fn total(response: &Response) -> Option<i64> {
    response.header("x-total-count")?.trim().parse().ok()
}
