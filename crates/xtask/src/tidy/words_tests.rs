//! Proves that each forbidden word is found where it stands, and that its neighbours are left alone.

use super::{MACHINE_PATHS, MIRRORS, UNFINISHED, machine, unfinished};

#[test]
fn each_mark_of_unfinished_work_is_found_with_its_line() {
    for word in UNFINISHED {
        let text = format!("//! Fine.\n// a comment, {word}: later\n");
        let found = unfinished("a.rs", &text);
        assert_eq!(found.len(), 1, "{word}");
        assert_eq!(found[0].line, 2, "{word}");
    }
}

#[test]
fn parts_of_other_words_are_no_marks() {
    for text in [concat!("// wait for", " nowhere\n"), concat!("const TO", "DOS: u8 = 1;\n"), "fn todo_list() {}\n"] {
        assert_eq!(unfinished("a.rs", text), Vec::new(), "{text}");
    }
}

#[test]
fn paths_of_one_machine_are_found() {
    for path in MACHINE_PATHS {
        for text in [format!("see {path}x"), format!("\"{path}x\""), format!("file:{path}x"), format!("{path}x")] {
            assert_eq!(machine("a.md", &text).len(), 1, "{text}");
        }
        let address = format!("https://example.org{path}x");
        assert_eq!(machine("a.md", &address), Vec::new());
    }
}

#[test]
fn package_mirrors_are_found() {
    for mirror in MIRRORS {
        let text = format!("https://{mirror}.example.org/");
        assert_eq!(machine("config.toml", &text).len(), 1, "{mirror}");
    }
    assert_eq!(machine("Cargo.lock", "registry+https://github.com/rust-lang/crates.io-index"), Vec::new());
}
