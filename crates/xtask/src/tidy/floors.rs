//! The table of arrows: what each crate may use and what it never sees. `ARCHITECTURE.md` tells the reasons.

/// One crate's row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// The crate.
    pub name: &'static str,
    /// Crates of ours that its code may use.
    pub may: &'static [&'static str],
    /// Crates of ours that only its tests may use as well.
    pub tests_may: &'static [&'static str],
    /// Crates of others that its code never uses.
    pub never: &'static [&'static str],
}

const MODEL: &str = "issuesync-model";
const MERGE: &str = "issuesync-merge";
const PROVIDER: &str = "issuesync-provider";
const STORE: &str = "issuesync-store";
const ENGINE: &str = "issuesync-engine";
const FORGES: &str = "issuesync-forges";
const STORE_SQL: &str = "issuesync-store-sql";
const QUEUE_REDIS: &str = "issuesync-queue-redis";
const SERVER: &str = "issuesync-server";
const APP: &str = "issuesync";
const FORGE_SIM: &str = "issuesync-forge-sim";
const JUDGE: &str = "issuesync-judge";
const TESTKIT: &str = "issuesync-testkit";
const DST: &str = "issuesync-dst";
const FUZZ_TARGETS: &str = "issuesync-fuzz-targets";

/// Runtimes, databases, HTTP and what reaches for the outside: nothing that a pure crate may see.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio-stream",
    "axum",
    "tower",
    "tower-http",
    "hyper",
    "hyper-util",
    "reqwest",
    "rustls",
    "rusqlite",
    "tokio-postgres",
    "deadpool-postgres",
    "redis",
    "rand",
    "getrandom",
    "tracing",
    "metrics",
    "clap",
];
const HTTP: &[&str] = &["axum", "tower", "tower-http", "hyper", "hyper-util", "reqwest", "rustls"];
const HTTP_AND_SQL: &[&str] = &[
    "axum",
    "tower",
    "tower-http",
    "hyper",
    "hyper-util",
    "reqwest",
    "rustls",
    "rusqlite",
    "tokio-postgres",
    "deadpool-postgres",
    "redis",
    "rand",
    "getrandom",
    "clap",
];
const CLIENTS_AND_SQL: &[&str] =
    &["reqwest", "rustls", "rusqlite", "tokio-postgres", "deadpool-postgres", "redis", "clap"];
const HTTP_AND_SQLITE: &[&str] = &["axum", "tower", "tower-http", "reqwest", "rusqlite", "tokio-postgres"];

/// The table, from the ground up.
pub const FLOORS: &[Floor] = &[
    Floor { name: MODEL, may: &[], tests_may: &[], never: IMPURE },
    Floor { name: MERGE, may: &[MODEL], tests_may: &[], never: IMPURE },
    Floor { name: PROVIDER, may: &[MODEL], tests_may: &[], never: IMPURE },
    Floor { name: STORE, may: &[MODEL], tests_may: &[TESTKIT], never: IMPURE },
    Floor {
        name: ENGINE,
        may: &[MODEL, MERGE, PROVIDER, STORE],
        tests_may: &[FORGES, STORE_SQL, FORGE_SIM, JUDGE, TESTKIT],
        never: HTTP_AND_SQL,
    },
    Floor { name: FORGES, may: &[MODEL, PROVIDER], tests_may: &[FORGE_SIM, TESTKIT], never: IMPURE },
    Floor { name: STORE_SQL, may: &[MODEL, STORE], tests_may: &[TESTKIT], never: HTTP },
    Floor { name: QUEUE_REDIS, may: &[MODEL, STORE], tests_may: &[TESTKIT], never: HTTP_AND_SQLITE },
    Floor {
        name: SERVER,
        may: &[MODEL, PROVIDER, STORE, ENGINE],
        tests_may: &[MERGE, FORGES, STORE_SQL, FORGE_SIM, TESTKIT],
        never: CLIENTS_AND_SQL,
    },
    Floor {
        name: APP,
        may: &[MODEL, MERGE, PROVIDER, STORE, ENGINE, FORGES, STORE_SQL, QUEUE_REDIS, SERVER, FORGE_SIM, JUDGE],
        tests_may: &[TESTKIT],
        never: &[],
    },
    Floor { name: FORGE_SIM, may: &[], tests_may: &[], never: &["rusqlite", "tokio-postgres", "redis"] },
    Floor { name: JUDGE, may: &[], tests_may: &[], never: IMPURE },
    Floor { name: TESTKIT, may: &[MODEL, PROVIDER, STORE], tests_may: &[], never: &[] },
    Floor {
        name: DST,
        may: &[MODEL, MERGE, PROVIDER, STORE, ENGINE, FORGES, STORE_SQL, FORGE_SIM, JUDGE, TESTKIT],
        tests_may: &[],
        never: &["tokio", "axum", "reqwest", "hyper"],
    },
    Floor {
        name: FUZZ_TARGETS,
        may: &[MODEL, MERGE, PROVIDER, STORE, FORGES, APP],
        tests_may: &[],
        never: HTTP_AND_SQL,
    },
    Floor {
        name: "issuesync-bench",
        may: &[
            MODEL,
            MERGE,
            PROVIDER,
            STORE,
            ENGINE,
            FORGES,
            STORE_SQL,
            QUEUE_REDIS,
            SERVER,
            FORGE_SIM,
            JUDGE,
            TESTKIT,
            DST,
            APP,
        ],
        tests_may: &[],
        never: &[],
    },
    Floor { name: "xtask", may: &[], tests_may: &[], never: &[] },
];
