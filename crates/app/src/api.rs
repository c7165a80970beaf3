//! The one client of the commands: the same REST calls to a service over the network, or to the router of a service
//! in this very process.

use crate::config::{Config, DEFAULT_FILE, Environment};
use crate::data;
use crate::failure::Failure;
use crate::wiring::{Service, Start};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// The largest answer of a service that is read.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A manual pass over a large repository answers when it has ended.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// How long a command waits for another one on the same data directory to end.
const OTHERS_END: Duration = Duration::from_secs(10);

/// Where a command finds its service.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Reach {
    /// The address of a remote service
    #[arg(long, env = "ISSUESYNC_URL", value_name = "URL")]
    pub url: Option<String>,
    /// The API token for it: env:NAME or file:PATH
    #[arg(
        long = "token",
        visible_alias = "api-token",
        env = "ISSUESYNC_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub token: Option<String>,
}

/// A service that answers.
pub struct Api {
    backend: Backend,
    token: String,
}

enum Backend {
    Remote { client: reqwest::Client, base: String },
    Local { router: Router, service: Box<Service> },
}

impl Api {
    /// Finds the service: the remote one, the one that holds the data directory, or one in this process for the
    /// length of the command. With `work` that last one also works: it polls, pushes and takes deliveries.
    ///
    /// # Errors
    /// When none can be found or made.
    pub async fn open(config: Option<&Path>, reach: &Reach, work: bool) -> Result<Self, Failure> {
        if let Some(url) = &reach.url {
            let token = reach.token.as_deref().ok_or_else(|| {
                Failure::wrong_use("--url needs a token: give --token env:NAME or file:PATH, or set ISSUESYNC_TOKEN")
            })?;
            return Self::remote(url, &crate::commands::secret(token)?);
        }
        let config = load(config)?;
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let start = Start { web: false, roles: work.then(issuesync_engine::Roles::all) };
        let patience = Instant::now();
        loop {
            if let Some(service) = Service::try_start(config.clone(), start).await? {
                let (token, router) = (service.token().to_owned(), service.router());
                return Ok(Self { token, backend: Backend::Local { router, service: Box::new(service) } });
            }
            match data::find_service(config.data_dir()) {
                Ok((url, token)) => return Self::remote(&url, &token),
                Err(error) if patience.elapsed() > OTHERS_END => return Err(Failure::unreachable(error.to_string())),
                // Another short command, or a service that is about to say where it listens.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A service at an address.
    ///
    /// # Errors
    /// When the address is none.
    pub fn remote(url: &str, token: &str) -> Result<Self, Failure> {
        crate::install_tls();
        let base = url.trim_end_matches('/').to_owned();
        let known = url::Url::parse(&base).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !known {
            return Err(Failure::wrong_use(format!(
                "\"{url}\" is no address; write one such as http://127.0.0.1:8080"
            )));
        }
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(CONNECT_TIMEOUT);
        let client = client.timeout(TIMEOUT).build().map_err(|error| Failure::no(error.to_string()))?;
        Ok(Self { backend: Backend::Remote { client, base }, token: token.to_owned() })
    }

    /// Whether the service lives in this process and ends with the command.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.backend, Backend::Local { .. })
    }

    /// The service of this process.
    #[must_use]
    pub fn service(&self) -> Option<&Service> {
        match &self.backend {
            Backend::Local { service, .. } => Some(service),
            Backend::Remote { .. } => None,
        }
    }

    /// `GET` below `/api/v1`, with query parameters.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let pairs = query.iter().filter(|(_, value)| !value.is_empty());
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.send(Method::GET, &path, None, &[]).await
    }

    /// `POST` below `/api/v1`.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    /// Any request below `/api/v1`.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, String)],
    ) -> Result<Value, Failure> {
        let (status, bytes) = match &self.backend {
            Backend::Remote { client, base } => {
                let mut request = client.request(method, format!("{base}/api/v1{path}")).bearer_auth(&self.token);
                for (name, value) in headers {
                    request = request.header(*name, value);
                }
                if let Some(body) = &body {
                    request = request.json(body);
                }
                let lost = |error: reqwest::Error| {
                    Failure::unreachable(format!(
                        "the service at {base} does not answer ({}); check the address and that it runs",
                        crate::transport::sentence(&error)
                    ))
                };
                let answer = request.send().await.map_err(lost)?;
                (answer.status().as_u16(), answer.bytes().await.map_err(lost)?)
            }
            Backend::Local { router, .. } => {
                let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
                request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
                for (name, value) in headers {
                    request = request.header(*name, value);
                }
                let text = body.as_ref().map(Value::to_string).unwrap_or_default();
                if body.is_some() {
                    request = request.header(header::CONTENT_TYPE, "application/json");
                }
                let request = request.body(Body::from(text)).map_err(|error| Failure::wrong_use(error.to_string()))?;
                let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
                let status = answer.status().as_u16();
                let bytes = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await;
                (status, bytes.map_err(|error| Failure::no(error.to_string()))?)
            }
        };
        judge(status, &bytes)
    }

    /// Ends a service of this process in order.
    ///
    /// # Errors
    /// When the orderly stop cannot be noted.
    pub async fn close(self) -> Result<(), Failure> {
        match self.backend {
            Backend::Local { service, router } => {
                drop(router);
                Ok(service.stop().await?)
            }
            Backend::Remote { .. } => Ok(()),
        }
    }
}

fn judge(status: u16, bytes: &[u8]) -> Result<Value, Failure> {
    let value: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return Ok(value);
    }
    let said = [&value["detail"], &value["title"]].into_iter().find_map(Value::as_str);
    let mut message =
        said.map_or_else(|| format!("the service answered with status {status}"), crate::output::one_line);
    if let Some(field) = value["field"].as_str().filter(|field| !message.contains(field)) {
        message = format!("{field}: {message}");
    }
    let failure = match status {
        401 if said.is_none() => {
            Failure::wrong_use("the service does not accept the token; make one with `issuesync token create`")
        }
        400 | 401 | 403 | 413 | 415 | 422 => Failure::wrong_use(message),
        429 | 500..=599 => Failure::unreachable(message),
        _ => Failure::no(message),
    };
    Err(Failure { code: value["code"].as_str().map(str::to_owned), ..failure })
}

/// The configuration of this machine: the named file, or `issuesync.toml` here.
///
/// # Errors
/// When it is missing or wrong.
pub fn load(file: Option<&Path>) -> Result<Config, Failure> {
    let environment: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let file = file.map_or_else(|| PathBuf::from(DEFAULT_FILE), Path::to_path_buf);
    Ok(Config::load(&file, &environment)?)
}

/// One segment of a path, whatever it holds.
#[must_use]
pub fn segment(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
