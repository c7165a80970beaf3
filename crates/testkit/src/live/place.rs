//! The folder, the configuration and the unprivileged user of one live server.

use anyhow::{Context, bail, ensure};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(super) struct Place {
    folder: TempDir,
    binary: PathBuf,
    /// Both products refuse to run as root: user and group of somebody without rights.
    user: Option<(u32, u32)>,
}

impl Place {
    pub(super) fn prepare(binary: PathBuf, assets: Option<&Path>, port: u16, url: &str) -> anyhow::Result<Self> {
        ensure!(binary.is_file(), "{} is not a file", binary.display());
        let folder = tempfile::Builder::new().prefix("issuesync-live-").tempdir()?;
        let place = Self { folder, binary, user: unprivileged()? };
        let file = place.file("app.ini");
        std::fs::write(&file, configuration(place.folder.path(), assets, port, url))?;
        if let Some((user, group)) = place.user {
            chown(place.folder.path(), Some(user), Some(group))?;
            chown(&file, Some(user), Some(group))?;
        }
        Ok(place)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.file("app.ini")).arg("--work-path").arg(self.folder.path());
        // A clean environment: GITEA__ variables and the caller's git configuration would change the server.
        command.env_clear().env("HOME", self.folder.path()).env("TZ", "UTC").current_dir(self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a subcommand to its end and returns what it printed.
    pub(super) async fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.command().args(args).output().await.with_context(|| format!("{}", self.binary.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("{} failed: {printed}{}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(printed)
    }

    /// Makes the administrator and a token of all scopes: the one that `user create` offers has none on Forgejo 7.
    pub(super) async fn create_admin(&self, login: &str) -> anyhow::Result<String> {
        let mail = format!("{login}@example.org");
        let account = ["--username", login, "--password", "pw-12345678", "--email", &mail, "--admin"];
        let create = ["admin", "user", "create", "--must-change-password=false"];
        self.run(&[&create[..], &account[..]].concat()).await?;
        let token =
            ["admin", "user", "generate-access-token", "--username", login, "--token-name", "test", "--scopes", "all"];
        let printed = self.run(&[&token[..], &["--raw"]].concat()).await?;
        Ok(printed.split_whitespace().last().context("no token printed")?.to_owned())
    }

    pub(super) fn web(&self) -> anyhow::Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.file("server.log"))?;
        let mut command = self.command();
        command.arg("web").stdout(log.try_clone()?).stderr(log);
        Ok(command.spawn()?)
    }

    /// The last lines of the server's log.
    pub(super) fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(self.file("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// For root, the ids of `nobody` or of the first ordinary account; else nothing is changed.
fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self").map_or(1, |own| own.uid()) != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let ids = |line: &str| -> Option<(u32, u32)> {
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    let nobody = accounts.lines().filter(|line| line.starts_with("nobody:")).find_map(ids);
    let ordinary = || accounts.lines().filter_map(ids).find(|(user, _)| *user >= 1000);
    nobody.or_else(ordinary).map(Some).context("running as root, and /etc/passwd has no unprivileged account")
}

fn configuration(folder: &Path, assets: Option<&Path>, port: u16, url: &str) -> String {
    let folder = folder.display();
    let assets = assets.map_or_else(String::new, |assets| format!("STATIC_ROOT_PATH = {}\n", assets.display()));
    format!(
        "RUN_MODE = prod\n\
         [server]\nHTTP_ADDR = 127.0.0.1\nHTTP_PORT = {port}\nROOT_URL = {url}/\n{assets}\
         DISABLE_SSH = true\nLFS_START_SERVER = false\nOFFLINE_MODE = true\n\
         [database]\nDB_TYPE = sqlite3\nPATH = {folder}/gitea.db\nSQLITE_JOURNAL_MODE = WAL\n\
         [repository]\nROOT = {folder}/repos\n\
         [security]\nINSTALL_LOCK = true\nSECRET_KEY = test-only\n\
         [oauth2]\nENABLED = false\n\
         [service]\nDISABLE_REGISTRATION = true\nREGISTER_EMAIL_CONFIRM = false\n\
         [webhook]\nALLOWED_HOST_LIST = loopback,private\nDELIVER_TIMEOUT = 2\n\
         [queue.webhook_sender]\nBATCH_LENGTH = 1\nMAX_WORKERS = 1\n\
         [indexer]\nISSUE_INDEXER_TYPE = db\n\
         [mailer]\nENABLED = false\n\
         [actions]\nENABLED = false\n\
         [picture]\nDISABLE_GRAVATAR = true\n\
         [log]\nMODE = console\nLEVEL = warn\n"
    )
}
