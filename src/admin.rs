//! The admin endpoints: `/livez`, `/readyz` and `/metrics`, for orchestrators and Prometheus.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::health::Health;
use crate::metrics::Metrics;

/// What the endpoints tell of.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The workers.
    pub(crate) health: Arc<Health>,
    /// What is measured.
    pub(crate) metrics: Metrics,
}

/// A server that runs until it is told to end.
#[derive(Debug)]
pub(crate) struct Admin {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    end: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Admin {
    /// Listens, and serves from now on.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub(crate) async fn start(address: &str, told: Told) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}; give another --admin-address (port 0 takes a free one)"
            )
        })?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel();
        let serve = axum::serve(listener, router(told)).with_graceful_shutdown(async {
            // A sender that was dropped means the same.
            drop(ended.await);
        });
        let server = tokio::spawn(async { serve.await });
        Ok(Self { address, end, server })
    }

    /// Answers what was asked already, and ends.
    pub(crate) async fn end(self) {
        drop(self.end);
        let patience = std::time::Duration::from_millis(500);
        // A connection that is kept open must not keep the process.
        drop(tokio::time::timeout(patience, self.server).await);
    }
}

fn router(told: Told) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(told)
}

async fn livez(State(told): State<Told>, headers: HeaderMap) -> Response {
    verdict("alive", told.health.stuck(), &headers)
}

async fn readyz(State(told): State<Told>, headers: HeaderMap) -> Response {
    verdict("ready", told.health.not_ready(), &headers)
}

/// 200 where nothing is wrong, else 503 with the reasons, one a line or as JSON.
fn verdict(good: &str, reasons: Vec<String>, headers: &HeaderMap) -> Response {
    let fine = reasons.is_empty();
    let status = if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/json") {
        let body = serde_json::json!({ good: fine, "reasons": reasons }).to_string();
        return (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    }
    let lines = if fine { vec![good.to_owned()] } else { reasons };
    (status, lines.join("\n") + "\n").into_response()
}

async fn metrics(State(told): State<Told>) -> Response {
    match told.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Duration;

    use super::*;
    use crate::health::Pulse;
    use crate::shutdown::Shutdown;

    fn ask(address: SocketAddr, path: &str, accept: &str) -> String {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\naccept: {accept}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn probes_tell_reasons_and_metrics_are_text() {
        let pulses = vec![Pulse::new("w-0")];
        let shutdown = Shutdown::new(Duration::ZERO);
        let health = Health::new(pulses, Arc::default(), shutdown, Duration::from_secs(60));
        let told = Told { health: Arc::new(health), metrics: Metrics::new().unwrap() };
        let admin = Admin::start("127.0.0.1:0", told).await.unwrap();
        let livez = ask(admin.address, "/livez", "*/*");
        assert!(
            livez.starts_with("HTTP/1.1 200 OK") && livez.ends_with("\r\n\r\nalive\n"),
            "{livez}"
        );
        let readyz = ask(admin.address, "/readyz", "application/json");
        assert!(readyz.starts_with("HTTP/1.1 503 "), "{readyz}");
        let reasons = r#"{"ready":false,"reasons":["w-0 has not joined its group yet"]}"#;
        assert!(readyz.ends_with(reasons), "{readyz}");
        let metrics = ask(admin.address, "/metrics", "*/*");
        assert!(metrics.contains("# TYPE isobar_build_info gauge"), "{metrics}");
        admin.end().await;
    }
}
