//! Proves that a forgotten file is found and that every way to declare a module counts.

use super::dead;
use crate::tidy::Texts;

fn dead_of(files: &[(&str, &str)], roots: &[&str]) -> Vec<String> {
    let texts: Texts = files.iter().map(|(place, text)| ((*place).to_owned(), (*text).to_owned())).collect();
    dead(&texts, roots).into_iter().map(|finding| finding.place).collect()
}

#[test]
fn a_file_that_nobody_declares_is_dead() {
    let files =
        [("crates/a/src/lib.rs", "mod used;\n"), ("crates/a/src/used.rs", ""), ("crates/a/src/forgotten.rs", "")];
    assert_eq!(dead_of(&files, &["crates/a/src/lib.rs"]), ["crates/a/src/forgotten.rs"]);
}

#[test]
fn a_dead_file_keeps_nothing_alive() {
    let files = [("crates/a/src/lib.rs", ""), ("crates/a/src/b.rs", "mod c;\n"), ("crates/a/src/b/c.rs", "")];
    assert_eq!(dead_of(&files, &["crates/a/src/lib.rs"]), ["crates/a/src/b.rs", "crates/a/src/b/c.rs"]);
}

#[test]
fn every_way_to_declare_a_module_counts() {
    let lib = "pub mod b;\npub(crate) mod c;\n#[cfg(test)]\n#[path = \"x_tests.rs\"]\nmod tests;\nmod r#type;\n";
    let files = [
        ("crates/a/src/lib.rs", lib),
        ("crates/a/src/b.rs", "mod deep;\n"),
        ("crates/a/src/b/deep.rs", "#[path = \"../up.rs\"]\nmod up;\n"),
        ("crates/a/src/up.rs", ""),
        ("crates/a/src/c/mod.rs", "mod d;\n"),
        ("crates/a/src/c/d.rs", ""),
        ("crates/a/src/x_tests.rs", ""),
        ("crates/a/src/type.rs", ""),
    ];
    assert_eq!(dead_of(&files, &["crates/a/src/lib.rs"]), Vec::<String>::new());
}

#[test]
fn integration_tests_are_roots_of_their_own() {
    let files = [
        ("crates/a/tests/it/main.rs", "mod one;\n"),
        ("crates/a/tests/it/one.rs", ""),
        ("crates/a/tests/it/two.rs", ""),
    ];
    assert_eq!(dead_of(&files, &["crates/a/tests/it/main.rs"]), ["crates/a/tests/it/two.rs"]);
}

#[test]
fn a_commented_declaration_does_not_count() {
    let files = [("crates/a/src/lib.rs", "// mod b;\n"), ("crates/a/src/b.rs", "")];
    assert_eq!(dead_of(&files, &["crates/a/src/lib.rs"]), ["crates/a/src/b.rs"]);
}
