//! Finds an issue by what people call it: its id, `#7`, or `web#7` where several connections have a number 7.

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{items, shown};
use serde_json::Value;
use uuid::Uuid;

const PAGE: usize = 200;

/// The id of an issue.
pub(super) async fn issue(api: &Api, text: &str) -> Result<String, Failure> {
    if let Ok(id) = Uuid::parse_str(text) {
        return Ok(id.to_string());
    }
    let (connection, number) = text.rsplit_once('#').unwrap_or(("", text));
    let number: i64 = number.parse().map_err(|_| {
        Failure::wrong_use(format!("\"{text}\" is no issue; write its id, its number, or CONNECTION#NUMBER"))
    })?;
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let query = [
            ("connection", connection.to_owned()),
            ("state", "all".to_owned()),
            ("include_deleted", "true".to_owned()),
            ("limit", PAGE.to_string()),
            ("cursor", cursor),
        ];
        let page = api.get("/issues", &query).await?;
        found.extend(items(&page).iter().filter(|issue| issue["external_number"] == number).cloned());
        cursor = shown(&page, "next_cursor");
        if cursor.is_empty() || (!connection.is_empty() && !found.is_empty()) {
            break;
        }
    }
    one(&found, text, number)
}

fn one(found: &[Value], text: &str, number: i64) -> Result<String, Failure> {
    match found {
        [] => Err(Failure::no(format!(
            "there is no issue {text}; `issuesync issue list --state all` shows what there is"
        ))),
        [issue] => Ok(shown(issue, "id")),
        several => {
            let names: Vec<String> =
                several.iter().map(|issue| format!("{}#{number}", shown(issue, "connection"))).collect();
            Err(Failure::wrong_use(format!("several issues have the number {number}; write {}", names.join(" or "))))
        }
    }
}
