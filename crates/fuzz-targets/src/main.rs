//! Writes where fuzzing begins: `cargo run -p issuesync-fuzz-targets -- fuzz/corpus`, from the root.

use issuesync_fuzz_targets::seeds::seeds;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| Error::other("name the folder of the corpora, such as fuzz/corpus"))?;
    for seed in seeds(Path::new("fixtures/gitea"))? {
        let folder = folder.join(seed.target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
