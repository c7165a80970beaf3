//! Pages and windows of lists.

use crate::gitea::answer;
use crate::http::Response;
use crate::sim::{Cx, Sim};

pub(crate) const DEFAULT: usize = 30;
pub(crate) const MOST: usize = 50;

/// Page (from 1) and size, with the tracker's silent clamp.
pub(crate) fn of(cx: &Cx) -> (usize, usize) {
    let number = |name| cx.param(name).and_then(|text| text.parse::<usize>().ok()).filter(|value| *value > 0);
    (number("page").unwrap_or(1), number("limit").unwrap_or(DEFAULT).min(MOST))
}

/// The rows of one page.
pub(crate) fn cut<T>(rows: &[T], (page, size): (usize, usize)) -> &[T] {
    let from = (page - 1).saturating_mul(size).min(rows.len());
    &rows[from..(from + size).min(rows.len())]
}

/// The inclusive window `since..before` in whole seconds.
pub(crate) fn window(sim: &Sim, cx: &Cx) -> Result<(i64, i64), Response> {
    let read = |name: &str, otherwise: i64| match cx.param(name) {
        None => Ok(otherwise),
        Some(text) => crate::time::parse(text)
            .ok_or_else(|| answer::error(sim, 422, &format!("parsing time \"{text}\" as RFC 3339: cannot parse"))),
    };
    Ok((read("since", i64::MIN)?, read("before", i64::MAX)?))
}

/// The `Link` header of the issue list, built from the server's own address.
pub(crate) fn link(sim: &Sim, cx: &Cx, total: usize) -> Option<String> {
    let (page, size) = of(cx);
    let last = total.div_ceil(size).max(1);
    let path = cx.target.split('?').next().unwrap_or_default();
    let at = |number: usize, rel: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(cx.query.iter().filter(|(key, _)| key != "page"));
        query.append_pair("page", &number.to_string());
        format!("<{}{path}?{}>; rel=\"{rel}\"", sim.config.root_url, query.finish())
    };
    let mut links = Vec::new();
    if page < last {
        links.push(at(page + 1, "next"));
        links.push(at(last, "last"));
    }
    if page > 1 {
        links.push(at(1, "first"));
        links.push(at(page - 1, "prev"));
    }
    (!links.is_empty()).then(|| links.join(","))
}
