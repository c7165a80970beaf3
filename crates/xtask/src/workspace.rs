//! The workspace as cargo sees it: its root, its crates with their dependencies, and the roots of its targets.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the chores need to know of the workspace.
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// Cargo's target folder, wherever it was put.
    pub target: PathBuf,
    /// One arrow per dependency that a crate of ours declares.
    pub arrows: Vec<Arrow>,
    /// Our crates by name.
    pub crates: BTreeSet<String>,
    /// The first file of each target of our crates, from the root with `/`.
    pub target_roots: BTreeSet<String>,
}

/// A dependency as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The crate of ours that declares it.
    pub from: String,
    /// The crate it names.
    pub to: String,
    /// Only tests, benches and examples see it.
    pub dev: bool,
}

impl Workspace {
    /// Asks cargo, without resolving dependencies.
    ///
    /// # Errors
    /// When cargo cannot read the manifests.
    pub fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata")?;
        let root = metadata.workspace_root.into_std_path_buf();
        let mut workspace = Self {
            target: metadata.target_directory.into_std_path_buf(),
            arrows: Vec::new(),
            crates: metadata.packages.iter().map(|package| package.name.to_string()).collect(),
            target_roots: BTreeSet::new(),
            root,
        };
        for package in &metadata.packages {
            workspace.add(package);
        }
        Ok(workspace)
    }

    fn add(&mut self, package: &Package) {
        for dependency in &package.dependencies {
            self.arrows.push(Arrow {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
            });
        }
        for target in &package.targets {
            if let Some(place) = place(&self.root, target.src_path.as_std_path()) {
                self.target_roots.insert(place);
            }
        }
    }
}

/// A path from the root with `/` between its parts, as findings name it; `None` outside the root or when it is no UTF-8.
#[must_use]
pub fn place(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
