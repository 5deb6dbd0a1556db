//! Counts of requests and images, for Prometheus.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of the histogram of answer times, in seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
];

/// A page and the status of an answer.
type Labels = [(&'static str, String); 2];

/// All counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    label: Histogram,
    waiting: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hd_app");
        let requests = Family::default();
        let label = Histogram::new(SECONDS);
        let waiting = Gauge::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "label",
            "Time from an image's arrival to its label",
            Unit::Seconds,
            label.clone(),
        );
        registry.register(
            "images_waiting",
            "Images that wait or are worked on",
            waiting.clone(),
        );
        Self {
            registry,
            requests,
            label,
            waiting,
        }
    }
}

impl Metrics {
    /// An image was labelled in this time.
    pub(crate) fn labelled(&self, took: Duration) {
        self.label.observe(took.as_secs_f64());
    }

    /// An image waits until what is returned is dropped.
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting.inc();
        Waiting(self.waiting.clone())
    }

    /// All counts as text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// An image that waits.
pub(crate) struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts a request and its answer. All unknown paths are one, since there is no end to them.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("other", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let labels = [
        ("path", path),
        ("status", response.status().as_str().to_owned()),
    ];
    metrics.requests.get_or_create(&labels).inc();
    response
}
