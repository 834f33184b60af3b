//! Traces over OTLP: protobuf over HTTP, sent by a thread of the SDK.
//!
//! **Invariant:** a collector that is slow or away costs spans, never work: spans go into a bounded
//! queue, and what does not fit is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::build;
use crate::config::Traces;

const TIMEOUT: Duration = Duration::from_secs(5);

/// What makes and sends spans.
pub(super) fn provider(config: &Traces, instance: &str) -> anyhow::Result<SdkTracerProvider> {
    let mut exporter = SpanExporter::builder().with_http().with_http_client(Collector::new());
    if let Some(endpoint) = &config.endpoint {
        exporter = exporter.with_endpoint(format!("{endpoint}/v1/traces"));
    }
    let exporter = exporter.build().context("cannot send traces; check trace_endpoint")?;
    let resource = Resource::builder()
        .with_service_name(std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "isobar".into()))
        .with_attribute(KeyValue::new("service.version", build::VERSION))
        .with_attribute(KeyValue::new("service.instance.id", instance.to_owned()))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(config.sample_ratio))
        .with_resource(resource)
        .build();
    Ok(provider)
}

/// What starts spans.
pub(super) fn tracer(provider: &SdkTracerProvider) -> SdkTracer {
    provider.tracer("isobar")
}

/// The HTTP client; it blocks, which on the SDK's own thread is what it should do.
#[derive(Debug)]
struct Collector {
    agent: ureq::Agent,
    /// The last request failed: tell it once, and once that it is over.
    failing: AtomicBool,
}

impl Collector {
    fn new() -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .tls_config(tls)
            .build();
        Self { agent: config.into(), failing: AtomicBool::new(false) }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(parts, &body[..]))?;
        let (parts, mut body) = answer.into_parts();
        Ok(Response::from_parts(parts, Bytes::from(body.read_to_vec()?)))
    }

    fn tell(&self, failure: Option<String>) {
        let failed_before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(why) if !failed_before => tracing::warn!(why, "traces cannot be sent"),
            None if failed_before => tracing::info!("traces are sent again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        self.tell(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector answers {}", answer.status())),
            Err(error) => Some(error.to_string()),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use opentelemetry::trace::{Span, Tracer};

    use super::*;

    /// Takes one request; gives its first line and its body.
    fn receive(listener: &TcpListener) -> (String, Vec<u8>) {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let lines: Vec<String> = reader
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        let length = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        (lines[0].clone(), body)
    }

    #[test]
    fn spans_reach_a_collector_at_the_latest_when_the_process_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Some(format!("http://{}", listener.local_addr().unwrap()));
        let received = std::thread::spawn(move || receive(&listener));
        let provider = provider(&Traces { endpoint, sample_ratio: 1.0 }, "isobar-0").unwrap();
        tracer(&provider).start("batch").end();
        provider.shutdown().unwrap();
        let (request, body) = received.join().unwrap();
        assert_eq!(request, "POST /v1/traces HTTP/1.1");
        for text in ["batch", "service.instance.id", "isobar-0"] {
            assert!(body.windows(text.len()).any(|bytes| bytes == text.as_bytes()), "{text}");
        }
    }
}
