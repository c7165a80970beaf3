//! A loopback relay that writes down what passes: the product's requests with their answers, the server's deliveries.
//!
//! It changes nothing that passes, except that answers are asked for uncompressed. What it keeps is scrubbed.
//! The first exchange of a kind is kept; later ones of the same name are passed on and forgotten.

use super::fixture::{Exchange, Headers, delivery_file, delivery_name, sign};
use super::scrub::Scrub;
use anyhow::ensure;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, http::StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What to do with fixtures that are already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// Overwrite them: for the tour, which is the same every time.
    Replace,
    /// Keep them and add the kinds that are missing: for tests whose course varies.
    Missing,
}

/// The relay. It ends when dropped.
pub struct Recorder {
    url: String,
    intake_url: String,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    client: reqwest::Client,
    server: String,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    scrub: Scrub,
    product: Option<String>,
    secrets: Vec<String>,
    tag: String,
    deliveries: Vec<String>,
    unverified: Vec<String>,
    pages: BTreeMap<String, Value>,
}

impl Recorder {
    /// Listens on two free ports before the server at `server` (no slash at the end).
    pub async fn start(server: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .timeout(std::time::Duration::from_secs(60))
            .build()?;
        let (front, back) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let (front_at, back_at) = (front.local_addr()?.to_string(), back.local_addr()?.to_string());
        let mut book = Book::default();
        book.scrub.hide(&front_at, "forge.example");
        book.scrub.hide(server.trim_start_matches("http://"), "forge.example");
        book.scrub.hide(&back_at, "mirror.example");
        let shared = Arc::new(Shared { client, server: server.to_owned(), book: Mutex::new(book) });
        let requests = Router::new().fallback(request).with_state(Arc::clone(&shared));
        let intake = Router::new().fallback(delivery).with_state(Arc::clone(&shared));
        let serve = |listener, router: Router| {
            tokio::spawn(async move {
                // It never ends by itself; when the runtime goes, so does the test.
                let _ended = axum::serve(listener, router).await;
            })
        };
        let tasks = vec![serve(front, requests), serve(back, intake)];
        Ok(Self { url: format!("http://{front_at}"), intake_url: format!("http://{back_at}"), shared, tasks })
    }

    /// The server's address for the product.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The product's address for the server.
    #[must_use]
    pub fn intake_url(&self) -> &str {
        &self.intake_url
    }

    /// Passes deliveries on to the product at this address; without one they are answered with 200.
    pub fn deliver_to(&self, product: &str) {
        let mut book = self.shared.book();
        book.scrub.hide(product.trim_start_matches("http://"), "mirror.example");
        book.product = Some(product.trim_end_matches('/').to_owned());
    }

    /// Replaces further words in everything kept from now on.
    pub fn hide(&self, words: impl IntoIterator<Item = (String, String)>) {
        let mut book = self.shared.book();
        for (from, to) in words {
            book.scrub.hide(&from, &to);
        }
    }

    /// Ends the names of the deliveries to come with this word; an empty one ends that.
    pub fn tag(&self, tag: &str) {
        tag.clone_into(&mut self.shared.book().tag);
    }

    /// The names of all deliveries so far, in the order of their arrival.
    #[must_use]
    pub fn deliveries(&self) -> Vec<String> {
        self.shared.book().deliveries.clone()
    }

    /// The fixture of that name, when such an exchange was seen.
    #[must_use]
    pub fn page(&self, name: &str) -> Option<Value> {
        self.shared.book().pages.get(name).cloned()
    }

    /// Files a list by the `type` of its entries, one of each type, so that cutting lists hides no type.
    pub fn add_page(&self, name: &str, entries: &[Value]) {
        let mut book = self.shared.book();
        let mut kinds = serde_json::Map::new();
        for entry in entries {
            let kind = entry["type"].as_str().unwrap_or("none").to_owned();
            let scrubbed = super::api::parse(&book.scrub.text(&entry.to_string()));
            kinds.entry(kind).or_insert(scrubbed);
        }
        book.pages.insert(name.to_owned(), serde_json::json!({ "kinds": kinds }));
    }

    /// Writes one file per kind and returns the names written. Refuses when a delivery was not signed with its hook's secret.
    pub fn save(&self, folder: &Path, save: Save) -> anyhow::Result<Vec<String>> {
        let book = self.shared.book();
        ensure!(book.unverified.is_empty(), "deliveries with a wrong signature: {:?}", book.unverified);
        std::fs::create_dir_all(folder)?;
        let mut written = Vec::new();
        for (name, page) in &book.pages {
            let file = folder.join(format!("{name}.json"));
            if save == Save::Missing && file.exists() {
                continue;
            }
            std::fs::write(file, format!("{page:#}\n"))?;
            written.push(name.clone());
        }
        Ok(written)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic while the book is open")
    }
}

async fn request(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let headers = headers_of(&parts.headers);
    let address = format!("{}{}", shared.server, parts.uri);
    let Some((status, answer_headers, answer)) =
        pass(&shared.client, &parts.method, &address, &headers, body.clone()).await
    else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (sent, got) = (String::from_utf8_lossy(&body), String::from_utf8_lossy(&answer));
    let mut book = shared.book();
    if parts.uri.path().ends_with("/hooks")
        && let Ok(hook) = serde_json::from_str::<Value>(&sent)
        && let Some(secret) = hook.pointer("/config/secret").and_then(Value::as_str)
    {
        book.secrets.push(secret.to_owned());
    }
    let exchange = Exchange {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or(""),
        request_headers: &headers,
        request_body: &sent,
        status,
        response_headers: &answer_headers,
        response_body: &got,
    };
    let given = headers.iter().find(|(name, _)| name == "x-fixture").map(|(_, value)| value.clone());
    let name = given.unwrap_or_else(|| exchange.name());
    // "-" asks for nothing to be kept; what is not the API (pages, pictures) is of no interest.
    if name != "-" && parts.uri.path().starts_with("/api/") && !book.pages.contains_key(&name) {
        let file = exchange.file(&book.scrub);
        book.pages.insert(name, file);
    }
    drop(book);
    answer_of(status, &answer_headers, answer)
}

async fn delivery(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let headers = headers_of(&parts.headers);
    let product = shared.book().enter_delivery(&headers, &body);
    let Some(product) = product else { return StatusCode::OK.into_response() };
    let address = format!("{product}{}", parts.uri);
    match pass(&shared.client, &parts.method, &address, &headers, body).await {
        Some((status, headers, answer)) => answer_of(status, &headers, answer),
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}

impl Book {
    fn enter_delivery(&mut self, headers: &Headers, body: &Bytes) -> Option<String> {
        let text = String::from_utf8_lossy(body);
        let name = delivery_name(headers, &text, &self.tag);
        let signature =
            headers.iter().find(|(name, _)| name == "x-gitea-signature").map_or("", |(_, value)| value.as_str());
        if !self.secrets.iter().any(|secret| sign(secret, body) == signature) {
            self.unverified.push(name.clone());
        }
        if !self.pages.contains_key(&name) {
            let file = delivery_file(&self.scrub, &name, headers, &text);
            self.pages.insert(name.clone(), file);
        }
        self.deliveries.push(name);
        self.product.clone()
    }
}

fn headers_of(headers: &axum::http::HeaderMap) -> Headers {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Headers of one hop, and those that must not go on.
fn stays(name: &str) -> bool {
    matches!(
        name,
        "accept-encoding" | "connection" | "content-length" | "keep-alive" | "transfer-encoding" | "x-fixture"
    )
}

async fn pass(
    client: &reqwest::Client,
    method: &axum::http::Method,
    address: &str,
    headers: &Headers,
    body: Bytes,
) -> Option<(u16, Headers, Bytes)> {
    let mut request = client.request(method.clone(), address).body(body);
    for (name, value) in headers.iter().filter(|(name, _)| !stays(name)) {
        request = request.header(name, value);
    }
    let answer = request.send().await.ok()?;
    let (status, headers) = (answer.status().as_u16(), headers_of(answer.headers()));
    Some((status, headers, answer.bytes().await.ok()?))
}

fn answer_of(status: u16, headers: &Headers, body: Bytes) -> Response {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers.iter().filter(|(name, _)| !stays(name)) {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(body)).unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}
