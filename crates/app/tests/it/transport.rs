//! The transport: where it may go, what it refuses, and that no redirect carries a token away.

use issuesync::SystemClock;
use issuesync::transport::{ANSWER_BYTES_MAX, HttpTransport, Lookup, is_public};
use issuesync_model::{BoxFuture, Clock};
use issuesync_provider::{Method, Request, Response, Transport, TransportError};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMIT_US: i64 = 20_000_000;

/// A server that answers every connection with the same bytes and keeps what it was sent.
struct Listener {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    async fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 65_536];
                let read = socket.read(&mut request).await.unwrap_or(0);
                log.lock().expect("unpoisoned").push(String::from_utf8_lossy(&request[..read]).into_owned());
                let _may_have_gone = socket.write_all(&answer).await;
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("unpoisoned").clone()
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn request(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: vec![("authorization".to_owned(), "token canary".to_owned())],
        body: None,
        allow_private_network: true,
        allow_http: true,
    }
}

fn transport() -> HttpTransport {
    HttpTransport::new(Arc::new(SystemClock::new())).expect("a transport")
}

async fn send(request: Request) -> Result<Response, TransportError> {
    transport().send(request, LIMIT_US).await
}

async fn refusal(request: Request) -> String {
    match send(request).await {
        Err(TransportError::NotSent(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_exchange_is_stamped_and_whole() {
    let server = Listener::start(answer("201 Created", "X-Some: Thing\r\n", b"hello")).await;
    let clock = SystemClock::new();
    let before = clock.now_us();
    let mut post = request(&format!("http://{}/a?b=c", server.address));
    (post.method, post.body) = (Method::Post, Some(b"body".to_vec()));
    let response = send(post).await.expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (201, b"hello".as_slice()));
    assert_eq!(response.header("x-some"), Some("Thing"));
    assert!(before <= response.t_send_us + 1_000_000 && response.t_send_us <= response.t_recv_us);
    let seen = server.seen();
    assert!(seen[0].starts_with("POST /a?b=c HTTP/1.1\r\n") && seen[0].ends_with("body"), "{seen:?}");
    assert!(seen[0].contains("authorization: token canary"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_other_server_sees_nothing() {
    let other = Listener::start(answer("200 OK", "", b"")).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("Location: http://{}/steal\r\n", other.address);
        let server = Listener::start(answer(status, &location, b"")).await;
        let response = send(request(&format!("http://{}/", server.address))).await.expect("an answer");
        assert_eq!(response.status.to_string(), status[..3]);
        assert_eq!(server.seen().len(), 1);
    }
    assert!(other.seen().is_empty(), "the token went to another server");
}

#[tokio::test]
async fn addresses_are_refused_before_anything_is_sent() {
    let server = Listener::start(answer("200 OK", "", b"")).await;
    let port = server.address.port();
    let cases = [
        (format!("http://127.0.0.1:{port}/"), true, false, "plain http is refused"),
        (format!("http://127.0.0.1:{port}/"), false, true, "allow_private_network = true"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), false, true, "allow_private_network = true"),
        (format!("http://0x7f.1:{port}/"), false, true, "allow_private_network = true"),
        (format!("http://localhost:{port}/"), false, true, "allow_private_network = true"),
        ("http://169.254.169.254/latest/meta-data".to_owned(), false, true, "allow_private_network = true"),
        (format!("http://user:pw@127.0.0.1:{port}/"), true, true, "user name or password"),
        ("ftp://example.org/".to_owned(), true, true, "only http and https"),
        ("not an address".to_owned(), true, true, "malformed"),
    ];
    for (url, allow_private_network, allow_http, expected) in cases {
        let reason = refusal(Request { allow_private_network, allow_http, ..request(&url) }).await;
        assert!(reason.contains(expected), "{url}: {reason}");
    }
    assert!(server.seen().is_empty());
}

/// Answers a public address first and a private one afterwards, as an attacker's name server would.
struct Flipping(AtomicUsize);

impl Lookup for Flipping {
    fn lookup(&self, _host: String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let public = SocketAddr::from(([203, 0, 114, 1], 0));
        let private = SocketAddr::from(([127, 0, 0, 1], 0));
        let addresses = if first { vec![private, public] } else { vec![public, private] };
        Box::pin(async move { Ok(addresses) })
    }
}

#[tokio::test]
async fn a_name_is_refused_by_any_private_address_among_its_answers() {
    let server = Listener::start(answer("200 OK", "", b"")).await;
    let clock = Arc::new(SystemClock::new());
    let lookup: Arc<dyn Lookup> = Arc::new(Flipping(AtomicUsize::new(0)));
    let transport = HttpTransport::with_lookup(clock, &lookup).expect("a transport");
    for _ in 0..2 {
        let url = format!("http://rebind.example.org:{}/", server.address.port());
        let sent = transport.send(Request { allow_private_network: false, ..request(&url) }, LIMIT_US).await;
        let Err(TransportError::NotSent(reason)) = sent else { panic!("{sent:?}") };
        assert!(reason.contains("127.0.0.1"), "{reason}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_cut() {
    let server = Listener::start(answer("200 OK", "", &vec![b'a'; ANSWER_BYTES_MAX + 1])).await;
    let sent = send(request(&format!("http://{}/", server.address))).await;
    assert_eq!(sent, Err(TransportError::NoAnswer("the answer is larger than 10 MiB".to_owned())));
}

#[tokio::test]
async fn a_decompression_bomb_is_cut() {
    let bomb = include_bytes!("bomb.gz");
    assert!(bomb.len() < 100_000);
    let server = Listener::start(answer("200 OK", "content-encoding: gzip\r\n", bomb)).await;
    let sent = send(request(&format!("http://{}/", server.address))).await;
    assert_eq!(sent, Err(TransportError::NoAnswer("the answer is larger than 10 MiB".to_owned())));
}

#[tokio::test]
async fn nobody_there_and_a_cut_answer_are_no_answer() {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound").port();
    assert!(matches!(send(request(&format!("http://127.0.0.1:{port}/"))).await, Err(TransportError::NoAnswer(_))));
    assert!(matches!(send(request("http://nowhere.invalid/")).await, Err(TransportError::NoAnswer(_))));
    let server = Listener::start(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()).await;
    assert!(matches!(send(request(&format!("http://{}/", server.address))).await, Err(TransportError::NoAnswer(_))));
}

#[tokio::test]
async fn silence_is_no_answer_within_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let sent = transport().send(request(&url), 50_000).await;
    assert_eq!(sent, Err(TransportError::NoAnswer("time limit reached".to_owned())));
}

#[test]
fn public_and_private_addresses_are_told_apart() {
    let private = [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.1",
        "198.18.0.1",
        "203.0.113.9",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
    ];
    let public = [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "198.20.0.1",
        "2606:4700::1111",
        "2a01:4f8::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001:4860:4860::8888",
    ];
    for text in private {
        assert!(!is_public(text.parse().expect("an address")), "{text}");
    }
    for text in public {
        assert!(is_public(text.parse().expect("an address")), "{text}");
    }
}
