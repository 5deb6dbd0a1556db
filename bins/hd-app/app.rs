//! The state that all requests share.

use std::sync::Arc;
use std::time::Duration;

use hd::onnx::Network;

use crate::guard::Hosts;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::room::Room;

/// The graph, the threads that run it, and what visitors may do.
pub(crate) struct App {
    pub(crate) network: Arc<Network>,
    pub(crate) pool: Pool,
    /// An image shows what is more probable than this.
    pub(crate) confident: f64,
    pub(crate) room: Room,
    pub(crate) hosts: Hosts,
    pub(crate) max_bytes: usize,
    pub(crate) timeout: Duration,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    pub(crate) fn new(
        network: Arc<Network>,
        pool: Pool,
        confident: f64,
        limits: &Limits,
    ) -> Arc<Self> {
        let max_bytes = limits.max_bytes as usize;
        Arc::new(Self {
            network,
            pool,
            confident,
            room: Room::new(max_bytes),
            hosts: Hosts::new(&limits.allow_host),
            max_bytes,
            timeout: Duration::from_secs(limits.timeout),
            metrics: Arc::default(),
        })
    }
}
