//! The listener: slow clients end, good ones are answered meanwhile, and a stop lets requests finish.

use crate::app::App;
use issuesync_server::{Limits, serve};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Far longer than anything here takes; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

struct Listening {
    address: SocketAddr,
    token: String,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
}

async fn listen(limits: Limits) -> Listening {
    let app = App::with(limits.clone()).await;
    let token = app.token("read").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("address");
    let (stop, stopped) = oneshot::channel();
    let router = app.router.clone();
    let done = tokio::spawn(async move { serve(listener, router, limits, async { drop(stopped.await) }).await });
    Listening { address, token, stop, done }
}

impl Listening {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    async fn stop(self) {
        self.stop.send(()).expect("running");
        tokio::time::timeout(PATIENCE, self.done).await.expect("stopped in time").expect("no panic").expect("no error");
    }
}

/// Everything the server sends until it closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset by the server is an end as well.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("an end in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn ask(listening: &Listening) -> String {
    let mut socket = listening.connect().await;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("sent");
    rest(&mut socket).await
}

#[tokio::test]
async fn dribbling_heads_end_and_good_requests_are_answered_meanwhile() {
    let listening = listen(Limits { header_timeout_ms: 1_500, ..Limits::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut socket = listening.connect().await;
        socket.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").await.expect("sent");
        slow.push(socket);
    }
    assert!(ask(&listening).await.starts_with("HTTP/1.1 200"));
    for socket in &mut slow {
        let text = rest(socket).await;
        assert!(!text.contains("200 OK"), "{text}");
    }
    assert!(ask(&listening).await.starts_with("HTTP/1.1 200"));
    listening.stop().await;
}

#[tokio::test]
async fn a_dribbling_body_is_ended() {
    let listening = listen(Limits { body_timeout_ms: 200, ..Limits::default() }).await;
    let mut socket = listening.connect().await;
    let head = b"POST /webhooks/gitea/web HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{";
    socket.write_all(head).await.expect("sent");
    assert!(rest(&mut socket).await.starts_with("HTTP/1.1 408"));
    listening.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let listening = listen(Limits { header_bytes_max: 8_192, ..Limits::default() }).await;
    let mut socket = listening.connect().await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n", "a".repeat(20_000));
    socket.write_all(head.as_bytes()).await.expect("sent");
    assert!(!rest(&mut socket).await.contains("200 OK"));
    listening.stop().await;
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let listening = listen(Limits { connections_max: 1, header_timeout_ms: 500, ..Limits::default() }).await;
    let mut first = listening.connect().await;
    first.write_all(b"GET ").await.expect("sent");
    assert!(ask(&listening).await.starts_with("HTTP/1.1 200"), "served after the first has ended");
    listening.stop().await;
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_closed() {
    let listening = listen(Limits { connections_per_ip_max: 1, ..Limits::default() }).await;
    let mut first = listening.connect().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    let mut byte = [0];
    first.read_exact(&mut byte).await.expect("the first is served");
    assert_eq!(rest(&mut listening.connect().await).await, "");
    listening.stop().await;
}

#[tokio::test]
async fn an_event_stream_does_not_hold_up_a_stop_for_ever() {
    let listening = listen(Limits { grace_ms: 100, ..Limits::default() }).await;
    let mut stream = listening.connect().await;
    let head = format!("GET /api/v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", listening.token);
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("served");
    assert_eq!(&begin, b"HTTP/1.1 200");
    listening.stop().await;
}
