//! Mutants that need another program: the tree is copied, the copy patched and built, and its simulation run as a child.
//!
//! The copy and its build lie beside this program's own and are kept from mutant to mutant, so that only what a patch touches is
//! built again. The tree itself is never changed.

use super::patch::Patch;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A build for many short runs: quick to make, quick enough to play.
const PROFILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
];

/// A copy of the tree, and where it is built.
pub struct Workshop {
    tree: PathBuf,
    build: PathBuf,
}

/// What a run of a patched simulation found.
#[derive(Debug, Default)]
pub struct Found {
    /// The first seed that broke a promise.
    pub seed: Option<u64>,
    /// What it broke.
    pub broken: Vec<String>,
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// The patch of a mutant, as it lies in the tree.
///
/// # Errors
/// When there is none or it cannot be read.
pub fn patch_of(name: &str) -> Result<Patch, String> {
    let path = root().join("crates/dst/mutants").join(format!("{name}.patch"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Patch::read(&text).map_err(|error| format!("{name}.patch: {error}"))
}

impl Workshop {
    /// A fresh copy of the tree beside the running program.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn open() -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let base = own.ancestors().nth(2).unwrap_or(&own).join("mutants");
        Ok(Self { tree: base.join("tree"), build: base.join("build") })
    }

    /// Builds the tree with one patch; answers the program.
    ///
    /// # Errors
    /// When the patch has no place in the tree, or what it makes does not build.
    pub fn build(&self, patch: &Patch) -> Result<PathBuf, String> {
        refresh(&root(), &self.tree, true)?;
        let changed = patch.apply(|path| read(&self.tree.join(path)))?;
        for (path, text) in &changed {
            write(&self.tree.join(path), text.as_bytes())?;
        }
        let built = Command::new("cargo")
            .args(["build", "--release", "--quiet", "--package", "issuesync-dst"])
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.build)
            .envs(PROFILE)
            .output()
            .map_err(|error| format!("cargo does not start: {error}"))?;
        if built.status.success() {
            Ok(self.build.join("release").join(format!("issuesync-dst{}", std::env::consts::EXE_SUFFIX)))
        } else {
            Err(format!("it does not build:\n{}", String::from_utf8_lossy(&built.stderr)))
        }
    }
}

/// Lets a patched program play so many seeds, up to the first that breaks a promise.
///
/// # Errors
/// When the program does not start or does not come to an end of its own.
pub fn run(program: &Path, from: u64, seeds: u64) -> Result<Found, String> {
    let ran = Command::new(program)
        .args(["run", "--terse", "--from", &from.to_string(), "--seeds", &seeds.to_string()])
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("the patched simulation does not start: {error}"))?;
    let told = String::from_utf8_lossy(&ran.stdout);
    let mut found = Found::default();
    for line in told.lines() {
        match line.split_once(": ") {
            Some(("failed", seed)) if found.seed.is_none() => found.seed = seed.parse().ok(),
            Some(("violation", broken)) => found.broken.push(broken.to_owned()),
            _ => {}
        }
    }
    match (ran.status.code(), found.seed) {
        (Some(0), None) | (Some(1), Some(_)) => Ok(found),
        (code, _) => Err(format!(
            "the patched simulation ended with {code:?}: {}",
            String::from_utf8_lossy(&ran.stderr).lines().last().unwrap_or_default()
        )),
    }
}

/// Makes the copy equal to the tree. A file that is equal already keeps its time, so that cargo does not build it anew.
fn refresh(from: &Path, to: &Path, top: bool) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    let mut kept = Vec::new();
    for entry in fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))? {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.') && name != ".cargo";
        if top && (hidden || name == "target") {
            continue;
        }
        let kind = entry.file_type().map_err(|error| error.to_string())?;
        let (source, copy) = (entry.path(), to.join(&name));
        if kind.is_dir() {
            refresh(&source, &copy, false)?;
        } else if kind.is_file() {
            let wanted = fs::read(&source).map_err(|error| format!("{}: {error}", source.display()))?;
            write(&copy, &wanted)?;
        }
        kept.push(name);
    }
    for entry in fs::read_dir(to).map_err(|error| format!("{}: {error}", to.display()))?.flatten() {
        if !kept.contains(&entry.file_name()) && entry.path().is_file() {
            fs::remove_file(entry.path()).map_err(|error| format!("{}: {error}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Writes a file if that changes it.
fn write(path: &Path, wanted: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    fs::write(path, wanted).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
