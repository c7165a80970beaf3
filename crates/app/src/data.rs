//! The data directory: private files, the lock that keeps a second process out, and what is said to the command line.
//!
//! `issuesync.lock` is held for the life of the process (the operating system frees it however the process ends),
//! `clean` is there while nothing runs and the last stop was orderly, `service.json` and `cli.token` tell a command
//! on the same machine where the service listens and let it in.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a running service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// Its address; `None` when it does not listen.
    pub url: Option<String>,
    /// Its process.
    pub pid: u32,
}

/// The data directory while this process owns it.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Held, not read: closing it frees the lock.
    _lock: File,
    unclean: bool,
}

impl DataDir {
    /// Takes the lock; `None` when another process has it.
    ///
    /// # Errors
    /// When the directory cannot be made or written.
    pub fn claim(path: &Path) -> anyhow::Result<Option<Self>> {
        make_private_dir(path)?;
        let file = path.join("issuesync.lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&file);
        let lock = open.with_context(|| format!("cannot open the lock file {}; check who owns it", file.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", file.display()),
        }
        let clean = path.join("clean");
        let unclean = std::fs::remove_file(&clean).is_err();
        for leftover in ["service.json", "cli.token"] {
            let _gone_or_never_there = std::fs::remove_file(path.join(leftover));
        }
        Ok(Some(Self { path: path.to_owned(), _lock: lock, unclean }))
    }

    /// Whether the last process that owned it did not stop in order (or there was none).
    #[must_use]
    pub fn was_unclean(&self) -> bool {
        self.unclean
    }

    /// Tells commands on this machine where the service is, and lets them in.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn announce(&self, url: Option<String>, token: &str) -> anyhow::Result<()> {
        write_private(&self.path.join("cli.token"), token, true)?;
        let whereabouts = serde_json::to_string(&Whereabouts { url, pid: std::process::id() })?;
        write_private(&self.path.join("service.json"), &whereabouts, true)
    }

    /// Notes an orderly stop and frees the lock.
    ///
    /// # Errors
    /// When the note cannot be written: the next start then does one full pass more.
    pub fn leave(self) -> anyhow::Result<()> {
        for file in ["service.json", "cli.token"] {
            let _gone_or_never_there = std::fs::remove_file(self.path.join(file));
        }
        write_private(&self.path.join("clean"), "", true)
    }
}

/// Where the running service is and the token that it left, for a command that found the lock taken.
///
/// # Errors
/// A sentence when it says nothing (yet).
pub fn find_service(data: &Path) -> anyhow::Result<(String, String)> {
    let busy = || {
        format!(
            "another issuesync process uses {} and does not say where it listens; wait for it to end, or start `issuesync serve`",
            data.display()
        )
    };
    let text = std::fs::read_to_string(data.join("service.json")).with_context(busy)?;
    let whereabouts: Whereabouts = serde_json::from_str(&text).with_context(busy)?;
    let token = std::fs::read_to_string(data.join("cli.token"));
    let token = token
        .context("the running service's cli.token cannot be read; run this as the user that runs `issuesync serve`")?;
    match whereabouts.url {
        Some(url) => Ok((url, token.trim().to_owned())),
        None => bail!(
            "process {} uses {} and does not listen; wait for it to end, or start `issuesync serve`",
            whereabouts.pid,
            data.display()
        ),
    }
}

/// Makes a directory that only its owner may enter; one that exists stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the data directory {}", path.display()))
}

/// Writes a file that only its owner may read (mode 0600 from its first moment).
///
/// # Errors
/// When it exists and may not be replaced, or cannot be written.
pub fn write_private(path: &Path, text: &str, replace: bool) -> anyhow::Result<()> {
    if replace {
        let _gone_or_never_there = std::fs::remove_file(path);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || options.open(path)?.write_all(text.as_bytes());
    write().with_context(|| format!("cannot write {}", path.display()))
}
