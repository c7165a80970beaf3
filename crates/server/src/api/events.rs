//! The event stream: log rows as they are committed, as server-sent events.
//!
//! The position in the log is the event id, so a client that comes back with `Last-Event-ID` misses nothing. Rows are
//! read from the store as the client takes them: a slow client holds at most one page in memory.

use super::{Answer, AppState, Params, Problem, State};
use crate::views::log::{LogRowView, log_row};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use http::HeaderMap;
use issuesync_model::LogRow;
use issuesync_store::StoreError;
use serde::Deserialize;
use std::collections::VecDeque;
use tokio::sync::watch;
use utoipa::IntoParams;

/// Rows read at once.
const PAGE: usize = 100;

/// Where the stream starts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Events behind this position of the log; only new ones when left out. `Last-Event-ID` goes before it.
    after_seq: Option<i64>,
}

/// What changes, as it changes: `data` is a row of the log, `id` its position.
#[utoipa::path(get, path = "/api/v1/events", tag = "log",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen")),
    responses((status = 200, body = LogRowView, content_type = "text/event-stream")))]
pub(crate) async fn events(
    State(state): State<AppState>,
    Params(from): Params<From>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, StoreError>>>> {
    // The feed is subscribed to before the end of the log is read, so that no commit falls between the two.
    let feed = state.engine().feed();
    let position = match (last_event_id(&headers)?, from.after_seq) {
        (Some(seen), _) => seen,
        (None, Some(after)) => after,
        (None, None) => state.store().log_end().await?,
    };
    let reader = Reader { state, feed, position, page: VecDeque::new() };
    let events = stream::try_unfold(reader, |mut reader| async {
        let next = reader.next().await?;
        Ok(next.map(|(position, row)| (event(position, &row), reader)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<i64>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let wrong = || Problem::unreadable("bad_last_event_id", "Last-Event-ID must be the id of an event of this stream.");
    position.map(Some).ok_or_else(wrong)
}

fn event(position: i64, row: &LogRow) -> Event {
    let json = serde_json::to_string(&log_row(position, row)).expect("a row is always representable as JSON");
    Event::default().id(position.to_string()).data(json)
}

/// Reads the log page by page, and waits at its end.
struct Reader {
    state: AppState,
    feed: watch::Receiver<u64>,
    position: i64,
    page: VecDeque<(i64, LogRow)>,
}

impl Reader {
    /// The next row; `None` when the engine is gone.
    async fn next(&mut self) -> Result<Option<(i64, LogRow)>, StoreError> {
        loop {
            if let Some((position, row)) = self.page.pop_front() {
                self.position = position;
                return Ok(Some((position, row)));
            }
            self.feed.borrow_and_update();
            self.page = self.state.store().log_after(self.position, PAGE).await?.into();
            if self.page.is_empty() && self.feed.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}
