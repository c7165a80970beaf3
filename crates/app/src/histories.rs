//! The two histories that the judge compares: what a simulated forge recorded, and what the mirror's API shows.

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{items, shown};
use serde_json::{Value, json};

const PAGE: &str = "200";

/// What a simulated forge recorded; `own` are the logins that the mirror uses there.
///
/// # Errors
/// When it does not answer, or is no simulated forge.
pub async fn forge(url: &str, own: &[String]) -> Result<Value, Failure> {
    crate::install_tls();
    let client = reqwest::Client::new();
    let read = async |path: &str| {
        let lost = |error: reqwest::Error| {
            let sentence = crate::transport::sentence(&error);
            Failure::unreachable(format!(
                "the forge at {url} does not show its history ({sentence}); is it a simulated one?"
            ))
        };
        let answer = client.get(format!("{}{path}", url.trim_end_matches('/'))).send().await.map_err(lost)?;
        answer.error_for_status().map_err(lost)?.json::<Value>().await.map_err(lost)
    };
    Ok(json!({ "state": read("/_sim/state").await?, "history": read("/_sim/history").await?, "self": own }))
}

/// Every issue with its comments, deleted ones too, the whole log, and the connections.
///
/// # Errors
/// When the service does not answer.
pub async fn mirror(api: &Api) -> Result<Value, Failure> {
    let all = [("state", "all".to_owned()), ("include_deleted", "true".to_owned())];
    let mut issues = pages(api, "/issues", &all).await?;
    for issue in &mut issues {
        let path = format!("/issues/{}/comments", shown(issue, "id"));
        let comments = api.get(&path, &[("include_deleted", "true".to_owned())]).await?;
        issue["comments"] = json!(items(&comments));
    }
    let log = pages(api, "/log", &[]).await?;
    let connections = api.get("/connections", &[]).await?;
    Ok(json!({ "issues": issues, "log": log, "connections": items(&connections) }))
}

/// The logins that the mirror uses on its trackers.
#[must_use]
pub fn own_logins(mirror: &Value) -> Vec<String> {
    items(&mirror["connections"]).iter().map(|connection| shown(connection, "self_login")).collect()
}

async fn pages(api: &Api, path: &str, query: &[(&str, String)]) -> Result<Vec<Value>, Failure> {
    let mut rows: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = [("limit", PAGE.to_owned()), ("cursor", cursor)];
        let answer = api.get(path, &[query, page.as_slice()].concat()).await?;
        rows.extend(items(&answer).iter().cloned());
        cursor = shown(&answer, "next_cursor");
        if cursor.is_empty() {
            return Ok(rows);
        }
    }
}
