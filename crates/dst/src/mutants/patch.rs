//! Reads and applies the patches of mutants. A hunk is found by its text alone, so that lines above it may come and go; it must
//! be there exactly once.

/// One file's change: what stands there, and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The file, from the repository's root.
    pub path: String,
    /// The text that is there.
    pub old: String,
    /// The text that takes its place.
    pub new: String,
}

/// A mutant's patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// What it switches off, from its first line.
    pub off: String,
    /// Its changes, in order.
    pub hunks: Vec<Hunk>,
}

impl Patch {
    /// Reads a unified diff whose first line says what it switches off.
    ///
    /// # Errors
    /// A sentence about the line that cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let off = lines.next().and_then(|line| line.strip_prefix("Off: ")).ok_or("the first line is not `Off: …`")?;
        let mut path = None;
        let mut hunks: Vec<Hunk> = Vec::new();
        for line in lines {
            if let Some(name) = line.strip_prefix("+++ b/") {
                path = Some(name.to_owned());
                continue;
            }
            if line.starts_with("--- a/") {
                continue;
            }
            if line.starts_with("@@") {
                let path = path.clone().ok_or("a hunk stands before the name of its file")?;
                hunks.push(Hunk { path, old: String::new(), new: String::new() });
                continue;
            }
            let Some(hunk) = hunks.last_mut() else { return Err(format!("`{line}` stands before the first hunk")) };
            let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            match sign {
                " " => [&mut hunk.old, &mut hunk.new].into_iter().for_each(|side| add(side, rest)),
                "-" => add(&mut hunk.old, rest),
                "+" => add(&mut hunk.new, rest),
                _ => return Err(format!("`{line}` is no line of a patch")),
            }
        }
        if hunks.is_empty() {
            return Err("it changes nothing".to_owned());
        }
        Ok(Self { off: off.to_owned(), hunks })
    }

    /// The files it changes, as they are then; `read` gives a file as it is.
    ///
    /// # Errors
    /// A sentence about the hunk that has no place, or more than one.
    pub fn apply(&self, read: impl Fn(&str) -> Result<String, String>) -> Result<Vec<(String, String)>, String> {
        let mut changed: Vec<(String, String)> = Vec::new();
        for hunk in &self.hunks {
            let at = match changed.iter().position(|(path, _)| *path == hunk.path) {
                Some(at) => at,
                None => {
                    changed.push((hunk.path.clone(), read(&hunk.path)?));
                    changed.len() - 1
                }
            };
            let text = &mut changed[at].1;
            match text.matches(&hunk.old).count() {
                1 => *text = text.replacen(&hunk.old, &hunk.new, 1),
                times => return Err(format!("{times} places in {} look like\n{}", hunk.path, hunk.old)),
            }
        }
        Ok(changed)
    }
}

fn add(side: &mut String, line: &str) {
    side.push_str(line);
    side.push('\n');
}
