//! The data directory: one process at a time, private files, and a note of an orderly stop.

use issuesync::data::{DataDir, find_service, write_private};

#[test]
fn only_one_may_hold_it_and_a_stop_is_noted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data");
    let first = DataDir::claim(&path).expect("usable").expect("free");
    assert!(first.was_unclean(), "nothing stopped in order before");
    assert!(DataDir::claim(&path).expect("usable").is_none(), "the lock is held");
    first.leave().expect("left");
    let second = DataDir::claim(&path).expect("usable").expect("free again");
    assert!(!second.was_unclean());
    drop(second);
    assert!(DataDir::claim(&path).expect("usable").expect("free again").was_unclean(), "dropped without leaving");
}

#[test]
fn a_command_finds_the_service_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    let data = DataDir::claim(path).expect("usable").expect("free");
    assert!(find_service(path).expect_err("nothing said yet").to_string().contains("does not say where"));
    data.announce(Some("http://127.0.0.1:1".to_owned()), "token").expect("said");
    assert_eq!(find_service(path).expect("said"), ("http://127.0.0.1:1".to_owned(), "token".to_owned()));
    data.announce(None, "token").expect("said");
    assert!(find_service(path).expect_err("no address").to_string().contains("does not listen"));
    data.leave().expect("left");
    assert!(!path.join("cli.token").exists() && !path.join("service.json").exists());
}

#[cfg(unix)]
#[test]
fn private_files_are_private_and_not_replaced_by_accident() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    write_private(&file, "one", false).expect("written");
    let mode = std::fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(write_private(&file, "two", false).is_err());
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), "one");
}
