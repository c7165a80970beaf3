//! Deliveries accepted per second, durable before the answer, beside the same server with a handler that only reads the body.

use crate::report::{Figure, median};
use crate::rig::{self, REPO};
use anyhow::{Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::net::TcpListener;

const CLIENTS: usize = 64;
const ROUNDS: usize = 3;
/// The length of a usual issue payload.
const PAYLOAD_BYTES: usize = 7_600;

pub(crate) async fn measure(deliveries: usize) -> Result<Figure> {
    eprintln!("deliveries accepted: {deliveries} deliveries by {CLIENTS} clients, {ROUNDS} rounds");
    let sim = rig::sim(1);
    let tracker = rig::serve(&sim).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let cx = rig::cx();
    let transport = Arc::new(issuesync::HttpTransport::new(Arc::clone(&cx.clock))?);
    let product = rig::product(&tracker, transport, cx, Some(base.clone())).await?;
    tokio::spawn(rig::surface(listener, Arc::clone(&product.engine), product.cx.clone()));
    let bare = TcpListener::bind("127.0.0.1:0").await?;
    let bare_url = format!("http://{}/webhooks/gitea/x", bare.local_addr()?);
    let router = Router::new().route("/webhooks/gitea/x", post(|body: Bytes| async move { body.len().to_string() }));
    let limits = issuesync_server::Limits::default();
    tokio::spawn(issuesync_server::serve(bare, router, limits, std::future::pending()));

    let hook = product.connection.hook.clone();
    let secret = hook.and_then(|hook| hook.secrets_sealed.first().cloned()).unwrap_or_default();
    let signed = Arc::new(Signed::new(&secret, product.connection.repo_id));
    let url = format!("{base}/webhooks/gitea/{}", product.connection.id);
    let next = Arc::new(AtomicU64::new(0));
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(post_all(&url, deliveries, &signed, &next).await?);
        limit.push(post_all(&bare_url, deliveries, &signed, &next).await?);
    }
    let queued = product.store.queued().await?;
    ensure!(queued == (deliveries * ROUNDS) as i64, "{queued} of {} deliveries are in the queue", deliveries * ROUNDS);
    drop(product.folder);
    Ok(Figure::rate("deliveries accepted, durable", median(ours), median(limit), "deliveries/s"))
}

struct Signed {
    body: Vec<u8>,
    signature: String,
}

impl Signed {
    fn new(secret: &str, repo_id: i64) -> Self {
        let payload = json!({
            "action": "edited", "number": 1, "changes": {"title": {"from": "old"}},
            "issue": {
                "number": 1, "title": "new", "body": "x".repeat(PAYLOAD_BYTES), "state": "open",
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
            },
            "repository": {"id": repo_id, "full_name": REPO}, "sender": {"id": 2, "login": "alice"},
        });
        let body = payload.to_string().into_bytes();
        let mac =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length will do").chain_update(&body);
        Self { signature: issuesync_model::log::hex(&mac.finalize().into_bytes()), body }
    }
}

/// Posts so many deliveries, each with an id of its own; answers how many per second.
async fn post_all(url: &str, count: usize, signed: &Arc<Signed>, next: &Arc<AtomicU64>) -> Result<f64> {
    let client = reqwest::Client::builder().pool_max_idle_per_host(CLIENTS).build()?;
    let end = next.load(Ordering::Relaxed) + count as u64;
    let started = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, url, signed, next) = (client.clone(), url.to_owned(), Arc::clone(signed), Arc::clone(next));
        clients.spawn(async move {
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed);
                if id >= end {
                    return Ok::<(), reqwest::Error>(());
                }
                let request = client
                    .post(&url)
                    .header("content-type", "application/json")
                    .header("x-gitea-event", "issues")
                    .header("x-gitea-event-type", "issues")
                    .header("x-gitea-delivery", format!("delivery-{id}"))
                    .header("x-gitea-signature", &signed.signature)
                    .body(signed.body.clone());
                request.send().await?.error_for_status()?.bytes().await?;
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    next.store(end, Ordering::Relaxed);
    Ok(count as f64 / started.elapsed().as_secs_f64())
}
