//! One service under test. Every answer it gives is searched for the canary secret.

use crate::fixtures::{self, CANARY};
use crate::tracker::Tracker;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use issuesync_engine::{Engine, Parts};
use issuesync_model::{BoxFuture, Clock, Connection, Cx, Item, ProviderKind, Rng, Secret, Timing, TokenId};
use issuesync_provider::Transport;
use issuesync_server::{AppState, Limits, admin_router, router, token};
use issuesync_store::{
    Batch, ChangeSet, Connections, Gate, GatedStore, Items, MemoryStore, PlainVault, StoreError, Token, Tokens, Write,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// The service's public address.
pub(crate) const HOOK_BASE: &str = "http://sync.test";

/// The time at which every test starts.
pub(crate) const START_US: i64 = 1_795_500_000_000_000;

/// A clock that moves when a test says so, or with the time that passes; its sleeps are real.
pub(crate) struct TestClock {
    set_us: AtomicI64,
    since: Option<Instant>,
}

impl Clock for TestClock {
    fn now_us(&self) -> i64 {
        let passed = self.since.map_or(0, |since| i64::try_from(since.elapsed().as_micros()).expect("a short test"));
        self.set_us.load(Ordering::SeqCst) + passed
    }

    fn sleep(&self, us: i64) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_micros(us.unsigned_abs())))
    }
}

struct Count(AtomicU64);

impl Rng for Count {
    fn next_u64(&self) -> u64 {
        let n = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n.rotate_left(17)
    }
}

/// Lets the store fail while a test says so.
#[derive(Default)]
pub(crate) struct Outage(AtomicBool);

impl Outage {
    pub(crate) fn set(&self, down: bool) {
        self.0.store(down, Ordering::SeqCst);
    }
}

impl Gate for Outage {
    fn before(&self, _: &mut Context<'_>, _: &mut u8) -> Poll<issuesync_store::Result<()>> {
        let down = self.0.load(Ordering::SeqCst);
        Poll::Ready(if down { Err(StoreError::Unavailable("disk full".to_owned())) } else { Ok(()) })
    }

    fn after(&self, _: &mut Context<'_>, _: &mut u8) -> Poll<()> {
        Poll::Ready(())
    }
}

pub(crate) struct App {
    pub(crate) router: Router,
    admin: Router,
    /// What survives an outage.
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) outage: Arc<Outage>,
    pub(crate) tracker: Arc<Tracker>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) cx: Cx,
    clock: Arc<TestClock>,
    next: AtomicU64,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Reply {
    /// Asserts the status and gives the JSON.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Asserts a problem of this status and code, a whole sentence, and gives its JSON.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let json = self.expect(status);
        assert_eq!(json["code"], code, "{json}");
        assert_eq!(json["status"], status);
        assert!(json["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{json}");
        json
    }

    /// Asserts 422 about a field.
    #[track_caller]
    pub(crate) fn invalid(self, field: &str) -> Value {
        let json = self.problem(422, "invalid_field");
        assert_eq!(json["field"], field, "{json}");
        json
    }
}

impl App {
    /// A service with the connection `web` of project `acme`.
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let tracker = Arc::new(Tracker::default());
        let clock = TestClock { set_us: AtomicI64::new(START_US), since: None };
        let mut app = Self::over(Arc::clone(&tracker) as _, clock, limits);
        app.tracker = tracker;
        app.connect(&fixtures::connection("web")).await;
        app
    }

    /// A service without connections, whose time passes, before this tracker.
    pub(crate) fn live(transport: Arc<dyn Transport>) -> Self {
        let clock = TestClock { set_us: AtomicI64::new(START_US), since: Some(Instant::now()) };
        Self::over(transport, clock, Limits::default())
    }

    fn over(transport: Arc<dyn Transport>, clock: TestClock, limits: Limits) -> Self {
        let store = Arc::new(MemoryStore::new());
        let outage = Arc::new(Outage::default());
        let clock = Arc::new(clock);
        let rng: Arc<dyn Rng> = Arc::new(Count(AtomicU64::new(0)));
        let cx = Cx { clock: Arc::clone(&clock) as Arc<dyn Clock>, rng };
        let engine = Engine::new(Parts {
            store: Arc::new(GatedStore { inner: Arc::clone(&store) as _, gate: Arc::clone(&outage) as _ }),
            providers: issuesync_forges::providers(),
            transport,
            vault: Arc::new(PlainVault),
            timing: Timing::short(),
            hook_base: Some(HOOK_BASE.to_owned()),
            provider_secrets: BTreeMap::from([(ProviderKind::Gitea, vec![Secret::new(fixtures::SHORT_SECRET)])]),
        });
        let state = AppState::new(Arc::clone(&engine), cx.clone(), limits);
        let (router, admin) = (router(state.clone()), admin_router(state));
        Self { router, admin, store, outage, tracker: Arc::default(), engine, cx, clock, next: AtomicU64::new(1) }
    }

    /// Puts a connection into the store, with its project, account and catalog.
    pub(crate) async fn connect(&self, connection: &Connection) {
        self.store.project(fixtures::project()).await.expect("project");
        self.store.put_account(fixtures::account(connection)).await.expect("account");
        self.store.insert_connection(connection.clone()).await.expect("connection");
        self.store.put_catalog(connection.id, fixtures::catalog()).await.expect("catalog");
    }

    /// Puts an item into the store.
    pub(crate) async fn put(&self, item: &Item) {
        let write = Write { item: item.clone(), expected: None };
        let set = ChangeSet { writes: vec![write], ..ChangeSet::default() };
        let answers = self.store.commit(Batch { sets: vec![set], tail: None }).await.expect("commit");
        assert_eq!(answers, [issuesync_store::Answer::Applied]);
    }

    pub(crate) fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    pub(crate) fn advance(&self, us: i64) {
        self.clock.set_us.fetch_add(us, Ordering::SeqCst);
    }

    /// A fresh token with a scope.
    pub(crate) async fn token(&self, scope: &str) -> String {
        self.token_with(|token| token.scopes = vec![scope.to_owned()]).await
    }

    /// A fresh token, changed before it is stored.
    pub(crate) async fn token_with(&self, change: impl FnOnce(&mut Token)) -> String {
        let n = self.next.fetch_add(1, Ordering::SeqCst);
        let created = token::create([u8::try_from(n).expect("few tokens"); 32]);
        let mut stored = Token {
            id: TokenId(uuid::Uuid::from_u128(u128::from(n))),
            name: format!("tester {n}"),
            hash: created.hash,
            scopes: Vec::new(),
            created_us: self.now_us(),
            expires_us: None,
            last_used_us: None,
            revoked_us: None,
        };
        change(&mut stored);
        self.store.put_token(stored).await.expect("token");
        created.text.reveal().to_owned()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        reply(self.router.clone(), request).await
    }

    /// Asks the administrator's listener.
    pub(crate) async fn admin(&self, path: &str) -> Reply {
        reply(self.admin.clone(), Request::get(path).body(Body::empty()).expect("request")).await
    }

    /// Sends a call of the API with a token and perhaps a body of JSON.
    pub(crate) async fn call(&self, token: &str, method: Method, path: &str, json: Option<&Value>) -> Reply {
        self.call_with(token, method, path, json, &[]).await
    }

    pub(crate) async fn call_with(
        &self,
        token: &str,
        method: Method,
        path: &str,
        json: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match json {
            Some(json) => request.header("content-type", "application/json").body(Body::from(json.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("request")).await
    }

    /// Reads with a fresh token.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(&self.token("read").await, Method::GET, path, None).await
    }

    /// Writes with a fresh token.
    pub(crate) async fn post(&self, path: &str, json: &Value) -> Reply {
        self.call(&self.token("write").await, Method::POST, path, Some(json)).await
    }

    pub(crate) async fn patch(&self, path: &str, json: &Value) -> Reply {
        self.call(&self.token("write").await, Method::PATCH, path, Some(json)).await
    }
}

async fn reply(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("body").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let headers = parts.headers;
    assert!(!text.contains(CANARY) && !format!("{headers:?}").contains(CANARY), "a secret leaves: {text}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(headers["content-security-policy"].to_str().expect("text").contains("frame-ancestors 'none'"));
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status: parts.status, headers, text, json }
}
