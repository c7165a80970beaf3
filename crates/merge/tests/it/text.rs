//! The line merge of bodies.

use issuesync_merge::merge_text;

#[test]
fn one_side_alone_is_taken_whole() {
    for text in ["", "a", "a\n\n\nb", "  a\nb"] {
        assert_eq!(merge_text("x\ny", text, "x\ny").as_deref(), Some(text));
        assert_eq!(merge_text("x\ny", "x\ny", text).as_deref(), Some(text));
        assert_eq!(merge_text("x\ny", text, text).as_deref(), Some(text));
    }
}

#[test]
fn a_line_added_at_the_end_leaves_the_last_line_alone() {
    assert_eq!(merge_text("a\nb\nc", "A\nb\nc", "a\nb\nc\nd").as_deref(), Some("A\nb\nc\nd"));
}

#[test]
fn two_edits_of_one_line_overlap() {
    assert_eq!(merge_text("a\nb\nc", "a\nB\nc", "a\nß\nc"), None);
}

#[test]
fn the_result_is_canonical() {
    assert_eq!(merge_text("a\n\nb\n\nc", "a\n\nb", "A\n\nb\n\nc").as_deref(), Some("A\n\nb"));
}

#[test]
fn limits_are_by_size_alone() {
    let lines = |count: usize| vec!["l"; count].join("\n");
    assert!(merge_text(&lines(10_000), "a", "a").is_some());
    assert_eq!(merge_text(&lines(10_001), "a", "a"), None);
    assert_eq!(merge_text("a", &lines(10_001), "a"), None);
    let long = "x".repeat(1 << 20);
    assert_eq!(merge_text("a", "a", &long).as_deref(), Some(long.as_str()));
    assert_eq!(merge_text("a", "a", &format!("{long}x")), None);
}
