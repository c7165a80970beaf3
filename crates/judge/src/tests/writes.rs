//! Writes are held against what people asked for.

use super::{MARK, forge, log, mirror, object, push};
use crate::judge;
use serde_json::json;

#[test]
fn writes_are_counted_against_what_was_asked() {
    let mut forge = forge();
    let write = json!({"user": "mirror", "method": "PATCH", "path": "/api/v1/repos/acme/web/issues/1", "status": 201, "lost": null});
    push(&mut forge, "/history/requests", write.clone());
    let report = judge(&forge, &mirror());
    assert_eq!((report.writes, report.write_bound, report.details.len()), (1, 0, 1), "{report:?}");
    let mut lost = write;
    lost["lost"] = json!("answer");
    forge["history"]["requests"][0] = lost;
    assert_eq!(judge(&forge, &mirror()).details.len(), 0);
}

#[test]
fn what_our_write_replaced_and_what_was_later_is_sent_back() {
    let mut forge = forge();
    let write = json!({"user": "mirror", "method": "PATCH", "path": "/api/v1/repos/acme/web/issues/1", "status": 201, "lost": null});
    push(&mut forge, "/history/requests", write);
    let mut mirror = mirror();
    push(&mut mirror, "/log", log(4, "outbound", "lost_update", json!({"title": "Hers"}), json!({"title": "Ours"})));
    assert_eq!(judge(&forge, &mirror).write_bound, 0, "nothing was sent back");
    push(&mut mirror, "/log", log(5, "inbound", "pull", json!({"title": "Ours"}), json!({"title": "Hers"})));
    assert_eq!(judge(&forge, &mirror).write_bound, 1);
}

#[test]
fn a_write_that_went_to_a_stranger_at_our_path_explains_the_one_that_follows() {
    let told = |repo: u64| {
        let mut forge = forge();
        let write = json!({"user": "mirror", "method": "PATCH", "path": "/api/v1/repos/acme/web/issues/1", "status": 201,
            "lost": null, "repo_id": repo});
        push(&mut forge, "/history/requests", write);
        judge(&forge, &mirror()).details.len()
    };
    assert_eq!(told(12), 0, "it is sent once more, to the place that was meant");
    assert_eq!(told(11), 1, "nobody asked for it");
}

#[test]
fn what_is_made_again_because_somebody_deleted_it_unseen_is_explained() {
    let bound = |ends: &[&str]| {
        let mut forge = forge();
        let body = json!({"body": format!("x\n\n{MARK}")});
        push(&mut forge, "/history/objects", object(3, "create", "comment", "mirror", Some(78), body.clone()));
        for user in ends {
            push(&mut forge, "/history/objects", object(4, "delete", "comment", user, Some(78), json!({})));
        }
        push(&mut forge, "/history/objects", object(5, "create", "comment", "mirror", Some(79), body));
        let report = judge(&forge, &mirror());
        (report.write_bound, report.unprovable)
    };
    assert_eq!(bound(&["alice"]), (1, 1));
    assert_eq!(bound(&[]), (0, 0), "it is there twice");
    assert_eq!(bound(&["mirror"]), (0, 0), "the mirror itself took it away");
}
