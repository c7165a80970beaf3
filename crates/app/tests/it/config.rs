//! Configuration: every kind of mistake is one sentence with file, line, column and key.

use issuesync::config::{Config, ConfigError, Environment, parse_us, template::TEMPLATE};
use issuesync::vault::{CONFIG_OWNER, KeyVault};
use issuesync_model::{Field, FieldDirection, ProviderKind, Secret, Timing};
use issuesync_store::Vault;
use std::path::Path;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("issuesync.key"), KeyVault::new_key_text()).expect("a key file");
    folder
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = folder();
    let result = Config::parse(&folder.path().join("issuesync.toml"), text, &environment(variables));
    result.map_err(|error| {
        let prefix = format!("{}/", folder.path().display());
        ConfigError { place: error.place.replace(&prefix, ""), message: error.message.replace(&prefix, "") }
    })
}

fn mistake(text: &str) -> String {
    read_with(text, &[]).expect_err("the text holds a mistake").to_string()
}

fn connection(lines: &str) -> String {
    format!(
        "[[connection]]\nname = \"web\"\nproject = \"acme\"\nurl = \"https://git.example.org/acme/web\"\ntoken = \"env:T\"\n{lines}\n"
    )
}

fn connection_mistake(lines: &str) -> String {
    read_with(&connection(lines), &[("T", "secret")]).expect_err("the lines hold a mistake").to_string()
}

#[test]
fn an_empty_file_is_all_defaults() {
    let config = read_with("", &[]).expect("defaults are valid");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.admin_listen, None);
    assert_eq!(config.timing, Timing::default());
    assert!(config.connections.is_empty() && config.warnings.is_empty());
    assert!(config.database.ends_with("data/issuesync.db"));
}

#[test]
fn the_template_is_valid_and_its_commented_keys_are_known_and_the_defaults() {
    let plain = read_with(TEMPLATE, &[]).expect("the template is valid");
    let uncommented: String = TEMPLATE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let secrets = [("GITEA_TOKEN", "t"), ("GITEA_HOOK_SECRET", "s")];
    let full = read_with(&uncommented, &secrets).unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
    assert_eq!(full.timing, plain.timing);
    assert_eq!(full.log, plain.log);
    assert_eq!(full.server.listen, plain.server.listen);
    let declared = &full.connections[0];
    let expected = issuesync_model::Settings {
        poll_us: Some(60_000_000),
        full_us: Some(900_000_000),
        filter: issuesync_model::Filter { state: "all".to_owned(), ..Default::default() },
        ..Default::default()
    };
    assert_eq!(declared.settings, expected);
    assert_eq!(full.webhooks[&ProviderKind::Gitea], [Secret::new("s")]);
}

#[test]
fn an_unknown_key_names_file_line_column_and_the_nearest_known() {
    assert_eq!(
        mistake("[server]\nlisten = \"127.0.0.1:1\"\n  lissten = \"x\"\n"),
        "issuesync.toml:3:3: unknown key \"server.lissten\"; did you mean \"listen\"?"
    );
    assert_eq!(
        connection_mistake("polll = \"5s\""),
        "issuesync.toml:6:1: unknown key \"connection.polll\"; did you mean \"poll\"?"
    );
    assert!(mistake("[sever]\n").starts_with("issuesync.toml:1:2: unknown key \"sever\"; did you mean \"server\"?"));
    assert!(mistake("[log]\nzzzzzzzz = 1\n").contains("known here: level, format"));
    assert!(connection_mistake("filter = { label = [] }").contains("unknown key \"connection.filter.label\""));
}

#[test]
fn what_is_no_toml_says_where() {
    assert!(mistake("[server\nlisten = 1\n").starts_with("issuesync.toml:1:"), "{}", mistake("[server\nlisten = 1\n"));
}

#[test]
fn bad_durations_are_refused_where_they_stand() {
    let error = mistake("[timing]\npoll = \"5 parsecs\"\n");
    assert!(error.starts_with("issuesync.toml:2:8: timing.poll: \"5 parsecs\" is no duration"), "{error}");
    assert!(mistake("[timing]\npoll = 60\n").contains("timing.poll must be a duration in quotes"));
    assert!(mistake("[timing]\npoll = \"0s\"\n").contains("timing.poll must be longer than nothing"));
    assert!(mistake("[timing]\npoll = \"inf\"\n").contains("cannot be \"inf\""));
    assert!(mistake("[timing]\nlease = \"1s\"\n").contains("timing.lease must be clearly longer"));
    assert!(connection_mistake("conflict_window = \"5\"").contains("connection.conflict_window: \"5\" is no duration"));
}

#[test]
fn durations_read_and_print() {
    for (text, us) in [("500ms", 500_000), ("60s", 60_000_000), ("2h", 7_200_000_000), ("inf", i64::MAX), ("0s", 0)] {
        assert_eq!(parse_us(text), Ok(us));
    }
    for text in ["", "5", "s", "-5s", "5 s", "1.5s", "5w", "99999999999999999999s"] {
        assert!(parse_us(text).is_err(), "{text}");
    }
}

#[test]
fn wrong_kinds_and_words_are_refused() {
    assert!(mistake("[server]\nlisten = \"localhost\"\n").contains("server.listen must be an IP address and a port"));
    assert!(mistake("[server]\npublic_url = \"example\"\n").contains("server.public_url must be an address"));
    assert!(mistake("[log]\nformat = \"xml\"\n").contains("log.format must be \"text\" or \"json\", not \"xml\""));
    assert!(mistake("server = 5\n").contains("server must be a table"));
    assert!(mistake("connection = 5\n").contains("[[connection]]"));
    assert!(connection_mistake("manage_hook = \"yes\"").contains("connection.manage_hook must be true or false"));
    assert!(connection_mistake("provider = \"githup\"").contains("connection.provider must be \"gitea\""));
    assert!(connection_mistake("direction = { titel = \"pull\" }").contains("did you mean \"title\"?"));
    assert!(connection_mistake("filter = { since = \"christmas\" }").contains("must be a day"));
}

#[test]
fn a_connection_needs_its_keys_and_a_name_of_its_own() {
    let error = mistake("\n[[connection]]\nname = \"web\"\n");
    assert_eq!(error, "issuesync.toml:2:1: connection.project is missing");
    let twice = connection("") + &connection("");
    assert!(read_with(&twice, &[("T", "t")]).expect_err("twice").message.contains("declared twice"));
    assert!(mistake("[[connection]]\nname = \"a b\"\n").contains("letters, digits"));
}

#[test]
fn secrets_that_cannot_be_read_or_are_empty_are_refused() {
    let missing = read_with(&connection(""), &[]).expect_err("T is not set").to_string();
    assert_eq!(missing, "issuesync.toml:5:9: connection.token: the environment variable T is not set");
    assert!(read_with(&connection(""), &[("T", "\n")]).expect_err("empty").message.contains("the secret is empty"));
    let hook = |value: &str| mistake(&format!("[webhooks.gitea]\nsecret = {value}\n"));
    assert!(
        hook("\"file:nowhere\"").contains("webhooks.gitea.secret: the file nowhere cannot be read"),
        "{}",
        hook("\"file:nowhere\"")
    );
    assert!(hook("\"\"").contains("the secret is empty"));
    assert!(hook("[\"a\", \"b\", \"c\"]").contains("list of two while rotating"));
    assert!(hook("\"sealed:v1:00000000:00\"").contains("sealed with another key file"));
}

#[test]
fn secrets_come_from_variables_files_and_sealed_values() {
    let folder = folder();
    std::fs::write(folder.path().join("hook"), "from file\r\n").expect("a secret file");
    let key = std::fs::read_to_string(folder.path().join("issuesync.key")).expect("the key file");
    let vault = KeyVault::parse(&key).expect("a key");
    let sealed = vault.seal(CONFIG_OWNER, &Secret::new("from seal"));
    let text = format!("{}[webhooks.gitea]\nsecret = [\"file:hook\", \"{sealed}\"]\n", connection(""));
    let config = Config::parse(&folder.path().join("x.toml"), &text, &environment(&[("T", "from env")]));
    let config = config.expect("every secret can be read");
    assert_eq!(config.connections[0].token, Secret::new("from env"));
    assert_eq!(config.webhooks[&ProviderKind::Gitea], [Secret::new("from file"), Secret::new("from seal")]);
    assert!(config.warnings.is_empty());
}

#[test]
fn a_secret_in_plain_text_is_warned_about_without_showing_it() {
    let config = read_with("[webhooks.gitea]\nsecret = \"canary\"\n", &[]).expect("it works");
    assert!(config.warnings[0].contains("webhooks.gitea.secret holds its secret as plain text"));
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn a_missing_key_file_says_how_to_make_one() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let error = Config::parse(&empty.path().join("issuesync.toml"), "", &Environment::new()).expect_err("no key");
    assert!(error.message.contains("run `issuesync init`"), "{error}");
    let missing = Config::load(&empty.path().join("issuesync.toml"), &Environment::new()).expect_err("no file");
    assert!(missing.message.contains("run `issuesync init`"), "{missing}");
}

#[test]
fn variables_override_the_file() {
    let variables = [
        ("ISSUESYNC__SERVER__LISTEN", "0.0.0.0:9"),
        ("ISSUESYNC__TIMING__POLL", "7s"),
        ("ISSUESYNC__WEBHOOKS__GITEA__SECRET", "env:A,env:B"),
        ("A", "one"),
        ("B", "two"),
        ("ISSUESYNC_OTHER", "not of the overlay"),
    ];
    let config = read_with("[server]\nlisten = \"127.0.0.1:1\"\n", &variables).expect("valid");
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:9");
    assert_eq!(config.timing.poll_us, 7_000_000);
    assert_eq!(config.webhooks[&ProviderKind::Gitea].len(), 2);
}

#[test]
fn a_mistake_in_a_variable_names_the_variable() {
    let error = |name, value| read_with("", &[(name, value)]).expect_err("a mistake").to_string();
    assert_eq!(
        error("ISSUESYNC__SERVER__LISTN", "x"),
        "the environment variable ISSUESYNC__SERVER__LISTN: unknown key \"server.listn\"; did you mean \"listen\"?"
    );
    assert!(error("ISSUESYNC__TIMING__POLL", "soon").contains("timing.poll: \"soon\" is no duration"));
    assert!(error("ISSUESYNC__CONNECTION__WEB", "x").contains("declare them in the file"));
}

#[test]
fn directions_and_filters_are_read() {
    let lines = "direction = { default = \"pull\", title = \"both\" }\nconflict_window = \"inf\"\nfilter = { labels = [\"sync\"], since = \"2026-01-02\" }";
    let config = read_with(&connection(lines), &[("T", "t")]).expect("valid");
    let settings = &config.connections[0].settings;
    assert_eq!(settings.direction_of(Field::Title), FieldDirection::Both);
    assert_eq!(settings.direction_of(Field::Body), FieldDirection::Pull);
    assert_eq!(settings.conflict_window_us, i64::MAX);
    assert_eq!(settings.filter.labels, ["sync"]);
}

#[test]
fn a_configuration_without_a_file_keeps_its_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let sealed = Config::in_dir(&data).expect("made").vault.seal("o", &Secret::new("s"));
    let again = Config::in_dir(Path::new(&data)).expect("read again");
    assert_eq!(again.vault.open("o", &sealed), Ok(Secret::new("s")));
}
