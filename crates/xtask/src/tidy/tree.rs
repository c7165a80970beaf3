//! Reads the text files of the tree.
//!
//! Skips what no commit holds: the target folders, `.git`, databases. A file that is no UTF-8 is no text and is passed over.

use super::Texts;
use crate::workspace::place;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Files above this are data, not text that somebody reads.
const TEXT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The texts below `root`, without the target folder.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn read(root: &Path, target: &Path) -> Result<Texts> {
    let mut texts = Texts::new();
    descend(root, root, target, &mut texts)?;
    Ok(texts)
}

fn descend(folder: &Path, root: &Path, target: &Path, texts: &mut Texts) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_symlink() || path == target || is_skipped(&path, root) {
            continue;
        }
        if path.is_dir() {
            descend(&path, root, target, texts)?;
        } else if fs::metadata(&path)?.len() <= TEXT_BYTES_MAX
            && let Ok(text) = String::from_utf8(fs::read(&path).with_context(|| path.display().to_string())?)
            && let Some(place) = place(root, &path)
        {
            texts.insert(place, text);
        }
    }
    Ok(())
}

fn is_skipped(path: &Path, root: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let in_root = path.parent() == Some(root);
    let in_fuzz = path.parent() == Some(&root.join("fuzz"));
    name == ".git"
        || (in_root && name == "target")
        || (in_fuzz && ["target", "corpus", "artifacts", "coverage"].contains(&name))
        || [".db", ".db-wal", ".db-shm"].iter().any(|ending| name.ends_with(ending))
}
