//! The shell over a real socket: answers, closed connections, deliveries to a receiver.
#![allow(clippy::disallowed_methods, reason = "a test of the part that has a clock")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use issuesync_forge_sim::{Faults, Flavour, Request, Sim, serve};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{REPO, config};

async fn talk(address: std::net::SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connect");
    stream.write_all(text.as_bytes()).await.expect("write");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn post(title: &str) -> String {
    let body = json!({ "title": title }).to_string();
    format!(
        "POST {REPO}/issues HTTP/1.1\r\nHost: t\r\nAuthorization: token bob\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn requests_are_answered_lost_and_announced() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let sim = Arc::new(Mutex::new(Sim::new(config(Flavour::Gitea))));
    let hook = json!({ "type": "gitea", "active": true, "events": ["issues"],
        "config": { "url": format!("http://{}/hook", receiver.local_addr().expect("an address")), "content_type": "json" } });
    let request = Request::new("POST", &format!("{REPO}/hooks")).token("alice").json(&hook);
    assert_eq!(sim.lock().expect("lock").handle(0, &request).status, 201);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, Arc::clone(&sim), async {
        let _ = stopped.await;
    }));
    let answer = talk(address, &post("One")).await;
    assert!(answer.starts_with("HTTP/1.1 201 Created") && answer.contains("date: "), "{answer}");
    assert!(answer.contains(&format!("http://{address}/acme/web/issues/1")), "URLs carry the real address");
    let (mut stream, _) =
        tokio::time::timeout(Duration::from_secs(20), receiver.accept()).await.expect("a delivery").expect("accept");
    let mut head = vec![0; 2000];
    let read = stream.read(&mut head).await.expect("read");
    let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
    assert!(head.starts_with("post /hook http/1.1") && head.contains("x-gitea-event: issues"), "{head}");
    sim.lock().expect("lock").set_faults(Faults { lose_answer_pm: 1000, ..Faults::default() });
    assert_eq!(talk(address, &post("Two")).await, "", "closed without a byte");
    let state = sim.lock().expect("lock").state_json();
    assert_eq!(state["repos"][0]["issues"].as_array().map(Vec::len), Some(2));
    stop.send(()).expect("running");
    server.await.expect("joined").expect("ended well");
}
