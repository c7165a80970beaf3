//! The binary as people run it: in a folder of its own, with an environment of its own.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with a configuration, and the program in it.
pub(crate) struct Program {
    pub(crate) folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What one run did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    /// An empty folder.
    pub(crate) fn bare() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// A folder after `init`, with an address of its own for `serve`.
    pub(crate) fn new() -> Self {
        let program = Self::bare();
        assert_eq!(program.run(&["init"]).code, 0);
        program.with("ISSUESYNC__SERVER__LISTEN", "127.0.0.1:0")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds to the configuration file.
    pub(crate) fn configure(&self, text: &str) {
        let file = self.path().join("issuesync.toml");
        let before = std::fs::read_to_string(&file).expect("a configuration");
        std::fs::write(&file, before + text).expect("written");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_issuesync"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ISSUESYNC")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(args).output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ran { code: status.code().expect("it ended by itself"), out: text(stdout), err: text(stderr) }
    }

    /// Runs with `--json` and reads what it prints.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.out))
    }

    /// Starts `serve` and waits until it says where it is.
    pub(crate) fn serve(&self) -> Serving {
        let log = std::fs::File::create(self.path().join("serve.log")).expect("a log file");
        let out = log.try_clone().expect("a second handle");
        let child = self.command(&["serve"]).stdout(out).stderr(log).spawn().expect("it starts");
        let mut serving = Serving { child, url: String::new() };
        let file = self.path().join("data/service.json");
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(60) {
            if let Ok(text) = std::fs::read_to_string(&file)
                && let Ok(said) = serde_json::from_str::<Value>(&text)
                && said["pid"] == serving.child.id()
            {
                serving.url = said["url"].as_str().expect("it listens").to_owned();
                return serving;
            }
            let ended = serving.child.try_wait().expect("its state is known");
            assert!(ended.is_none(), "serve ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("serve did not start: {}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("serve.log")).unwrap_or_default()
    }
}

/// A running `serve`; killed when the test ends.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Serving {
    /// Asks it to end and waits; answers its exit code.
    pub(crate) fn end(mut self) -> i32 {
        let pid = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status().expect("a shell");
        assert!(asked.success());
        self.child.wait().expect("it ends").code().expect("by itself")
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it lives");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}
