//! Scrubbing removes what varies and is secret, and nothing else.

use super::*;

fn scrub() -> Scrub {
    let mut scrub = Scrub::default();
    scrub.hide("127.0.0.1:4711", "forge.example");
    scrub.hide("http://127.0.0.1:4711/hidden", "http://mirror.example");
    scrub.hide("0123456789abcdef", "fixture-token");
    scrub
}

#[test]
fn hosts_and_tokens_become_fixed_words() {
    let text = scrub()
        .text(r#"{"url":"http://127.0.0.1:4711/o/r","h":"http://127.0.0.1:4711/hidden/x","t":"0123456789abcdef"}"#);
    assert_eq!(text, r#"{"url":"http://forge.example/o/r","h":"http://mirror.example/x","t":"fixture-token"}"#);
}

#[test]
fn times_are_replaced_by_key_and_spacing_is_kept() {
    let text = scrub()
        .text("{\n  \"created_at\": \"2026-11-24T12:00:00Z\",\n  \"updated_at\" :\"2026-11-24T12:00:00+09:00\"\n}");
    assert_eq!(text, format!("{{\n  \"created_at\": \"{CREATED}\",\n  \"updated_at\" :\"{UPDATED}\"\n}}"));
}

#[test]
fn times_with_a_meaning_stay() {
    let text = r#"{"last_login":"0001-01-01T00:00:00Z","archived_at":"1970-01-01T00:00:00Z","due_date":"2026-12-25T14:59:59Z"}"#;
    assert_eq!(scrub().text(text), text);
}

#[test]
fn what_only_looks_like_a_time_stays() {
    let text = "2026-11-24 12:00:00Z, 2026-11-24T12:00:00, 2026-11-24T12:00:00+9, ü2026";
    assert_eq!(scrub().text(text), text);
}

#[test]
fn mail_addresses_go_and_mentions_stay() {
    assert_eq!(
        scrub().text("<alice@noreply.example.com> asks @bob, not a@ nor @"),
        format!("<{MAIL}> asks @bob, not a@ nor @")
    );
}

#[test]
fn encoded_times_in_queries_are_replaced() {
    assert_eq!(
        scrub().query("state=all&since=2026-11-24T12%3A00%3A00Z&page=1"),
        format!("state=all&since={SINCE}&page=1")
    );
}

#[test]
fn scrubbing_twice_changes_nothing() {
    let once = scrub().text(r#"{"created_at":"2026-11-24T12:00:00Z","email":"a@b.c"}"#);
    assert_eq!(scrub().text(&once), once);
}

#[test]
fn commit_ids_go_and_other_digits_stay() {
    let id = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    assert_eq!(scrub().text(&format!("ü{id}é {id}")), format!("ü{COMMIT}é {COMMIT}"));
    let longer = format!("{id}0 {}", &id[1..]);
    assert_eq!(scrub().text(&longer), longer);
}

#[test]
fn sizes_go_and_what_is_no_number_stays() {
    let text = scrub().text(r#"{"size": 4711, "n":{"size":5},"o":{"size": null}}"#);
    assert_eq!(text, r#"{"size": 24, "n":{"size":24},"o":{"size": null}}"#);
}

#[test]
fn times_in_links_are_replaced() {
    let link = scrub()
        .link("<http://127.0.0.1:4711/x?page=2&since=2026-11-24T12%3A00%3A00Z>; rel=\"next\",<http://h/?since=x&a=b>");
    assert_eq!(
        link,
        format!("<http://forge.example/x?page=2&since={SINCE}>; rel=\"next\",<http://h/?since={SINCE}&a=b>")
    );
}
