//! Real sockets and real time around the state machine: an HTTP server and the sender of webhooks.
//!
//! A lost request or answer closes the connection without a byte. A webhook is tried once, for five seconds,
//! by at most ten workers at a time; what the receiver answers is nobody's concern.
#![allow(clippy::disallowed_methods, reason = "the one place of the simulator that has a clock")]

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::http::{Delivery, Request, Response};
use crate::sim::Sim;

const DELIVER_TIMEOUT: Duration = Duration::from_secs(5);
const WORKERS: usize = 10;

/// Serves the simulator until `shutdown` is done. The listener's address is written into URLs.
///
/// # Errors
/// When the address cannot be told or the sender cannot be built.
pub async fn serve(listener: TcpListener, sim: Arc<Mutex<Sim>>, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    lock(&sim).set_root_url(&format!("http://{}", listener.local_addr()?));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(DELIVER_TIMEOUT).build().map_err(io::Error::other)?;
    let news = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(send_all(Arc::clone(&sim), client, Arc::clone(&news)));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => {
                // One refused connection is the caller's trouble, not the server's end.
                if let Ok((stream, _)) = accepted {
                    tasks.spawn(connection(stream, Arc::clone(&sim), Arc::clone(&news)));
                }
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, sim: Arc<Mutex<Sim>>, news: Arc<Notify>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, Arc::clone(&sim), Arc::clone(&news)));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: hyper::Request<Incoming>,
    sim: Arc<Mutex<Sim>>,
    news: Arc<Notify>,
) -> io::Result<hyper::Response<Full<Bytes>>> {
    let request = read(request).await?;
    let response = lock(&sim).handle(now_ms(), &request);
    news.notify_one();
    if response.lost {
        return Err(io::Error::new(io::ErrorKind::ConnectionReset, "lost on purpose"));
    }
    Ok(write(response))
}

async fn read(request: hyper::Request<Incoming>) -> io::Result<Request> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: body.to_vec(),
    })
}

fn write(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut built = hyper::Response::new(Full::new(Bytes::from(response.body)));
    *built.status_mut() =
        hyper::StatusCode::from_u16(response.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        let name = hyper::header::HeaderName::try_from(name);
        let value = hyper::header::HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            built.headers_mut().append(name, value);
        }
    }
    built
}

async fn send_all(sim: Arc<Mutex<Sim>>, client: reqwest::Client, news: Arc<Notify>) {
    let workers = Arc::new(Semaphore::new(WORKERS));
    let mut sends: JoinSet<Result<(), Infallible>> = JoinSet::new();
    loop {
        let (due, next) = {
            let mut sim = lock(&sim);
            (sim.due(now_ms()), sim.next_due_ms())
        };
        for delivery in due {
            sends.spawn(send(client.clone(), delivery, Arc::clone(&workers)));
        }
        while sends.try_join_next().is_some() {}
        let wait = next.map_or(60_000, |at| (at - now_ms()).clamp(1, 60_000));
        tokio::select! {
            () = news.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())) => {}
        }
    }
}

async fn send(client: reqwest::Client, delivery: Delivery, workers: Arc<Semaphore>) -> Result<(), Infallible> {
    let _worker = workers.acquire_owned().await;
    let mut request = client.post(&delivery.url).body(delivery.body);
    for (name, value) in delivery.headers {
        request = request.header(name, value);
    }
    // At most once: a failure is not looked at.
    let _ = request.send().await;
    Ok(())
}

fn lock(sim: &Mutex<Sim>) -> MutexGuard<'_, Sim> {
    sim.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
