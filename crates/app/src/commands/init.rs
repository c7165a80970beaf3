//! `init`: a commented configuration file and a key file, never over existing ones.

use crate::cli::Context;
use crate::config::{DEFAULT_FILE, template::TEMPLATE};
use crate::data::write_private;
use crate::failure::{Exit, Failure};
use crate::vault::KeyVault;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to write to
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes both files.
///
/// # Errors
/// When one of them is there already or cannot be written.
pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let file = context.config.clone().unwrap_or_else(|| args.folder.join(DEFAULT_FILE));
    let key = file.parent().unwrap_or(Path::new("")).join("issuesync.key");
    for path in [&file, &key] {
        if path.exists() {
            return Err(Failure::no(format!(
                "{} exists and is not overwritten; remove it or choose another folder",
                path.display()
            )));
        }
    }
    if let Some(folder) = file.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder)?;
    }
    write_private(&key, &KeyVault::new_key_text(), false)?;
    write_private(&file, TEMPLATE, false)?;
    if !context.output.json(&json!({ "config": file, "key": key })) {
        context.output.line(&format!("Wrote {} and {}.", file.display(), key.display()));
        context.output.line("Next: `issuesync connect URL --token env:NAME`, then `issuesync serve`.");
    }
    Ok(Exit::Done)
}
