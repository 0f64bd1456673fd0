//! What the node counts. Labels are route templates, status codes and words of ours: nothing that names a person, a
//! contract or a key.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// All metrics of one node.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    /// `nectar_http_requests_total{route,status}`: moves when a request was answered.
    pub(crate) requests: IntCounterVec,
    /// `nectar_http_request_seconds{route}`: moves when a request was answered.
    pub(crate) request_seconds: HistogramVec,
    /// `nectar_http_in_flight`: requests between their header and their answer.
    pub(crate) in_flight: IntGauge,
    /// `nectar_http_connections`: open connections.
    pub(crate) connections: IntGauge,
    /// `nectar_http_connections_rejected_total`: moves when a connection is closed because `limits.connections` are open.
    pub(crate) connections_rejected: IntCounter,
    /// `nectar_refusals_total`: moves when a request is refused, whatever the reason.
    pub(crate) refusals: IntCounter,
    /// `nectar_overload_total`: moves when a request is turned away with 503 for lack of room.
    pub(crate) overload: IntCounter,
    /// `nectar_work_queued`: requests that wait for a worker.
    pub(crate) work_queued: IntGauge,
    /// `nectar_work_running`: requests that a worker executes.
    pub(crate) work_running: IntGauge,
    /// `nectar_work_seconds`: moves when a worker ends, with the time it took, without the wait.
    pub(crate) work_seconds: Histogram,
    /// `nectar_serving`: 1 while invocations are served, 0 if the registry, or the silence of L1, forbids it.
    pub(crate) serving: IntGauge,
    /// `nectar_registry_checks_total{outcome}`: moves at each look at the registry: `active`, `inactive`, `unreachable`.
    pub(crate) registry_checks: IntCounterVec,
    /// `nectar_settled_batch`: number of the last batch that L1 holds.
    pub(crate) settled_batch: IntGauge,
    /// `nectar_batches_total{outcome}`: moves when a settlement ends: `settled`, `failed`, `cancelled`.
    pub(crate) batches: IntCounterVec,
    /// `nectar_proving_done`: steps done of the phase that the prover is in.
    pub(crate) proving_done: IntGauge,
    /// `nectar_proving_steps`: steps of that phase; 0 if nothing is being proven.
    pub(crate) proving_steps: IntGauge,
    /// `nectar_batch_phase_seconds{phase}`: moves when a phase ends: `fold`, `compress`, `verify`, `submit`.
    pub(crate) phase_seconds: HistogramVec,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some("nectar".into()), None)?;
        let add = Adder(&registry);
        let quick = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let slow = vec![0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];
        Ok(Self {
            requests: add.counters("http_requests_total", "Requests answered.", &["route", "status"])?,
            request_seconds: add.histograms(
                "http_request_seconds",
                "Time to answer.",
                &["route"],
                quick.clone(),
            )?,
            in_flight: add.gauge("http_in_flight", "Requests that are being answered.")?,
            connections: add.gauge("http_connections", "Open connections.")?,
            connections_rejected: add
                .counter("http_connections_rejected_total", "Connections closed for lack of room.")?,
            refusals: add.counter("refusals_total", "Requests refused, whatever the reason.")?,
            overload: add.counter("overload_total", "Requests turned away for lack of room.")?,
            work_queued: add.gauge("work_queued", "Requests that wait for a worker.")?,
            work_running: add.gauge("work_running", "Requests that a worker executes.")?,
            work_seconds: add.histogram("work_seconds", "Time that a worker took.", quick)?,
            serving: add.gauge("serving", "Whether invocations are served.")?,
            registry_checks: add.counters(
                "registry_checks_total",
                "Looks at the DSP registry.",
                &["outcome"],
            )?,
            settled_batch: add.gauge("settled_batch", "Last batch that L1 holds.")?,
            batches: add.counters("batches_total", "Settlements that ended.", &["outcome"])?,
            proving_done: add.gauge("proving_done", "Steps done of the prover's phase.")?,
            proving_steps: add.gauge("proving_steps", "Steps of the prover's phase.")?,
            phase_seconds: add.histograms(
                "batch_phase_seconds",
                "Time of a batch's phase.",
                &["phase"],
                slow,
            )?,
            registry,
        })
    }

    /// The Prometheus text format.
    pub(crate) fn text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        self.requests.with_label_values(&[route, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }
}

/// Raises a gauge for as long as it lives.
#[derive(Debug)]
pub(crate) struct Raised(IntGauge);

impl Raised {
    pub(crate) fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.dec();
    }
}

struct Adder<'a>(&'a Registry);

impl Adder<'_> {
    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        let metric = IntCounter::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
        let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        let metric = IntGauge::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn histogram(&self, name: &str, help: &str, buckets: Vec<f64>) -> Result<Histogram, prometheus::Error> {
        let metric = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: Vec<f64>,
    ) -> Result<HistogramVec, prometheus::Error> {
        let metric = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_name_and_a_raised_gauge_falls_again() {
        let metrics = Metrics::new().unwrap();
        metrics.answered("/v1/info", 200, Duration::from_millis(3));
        let raised = Raised::new(&metrics.in_flight);
        assert!(metrics.text().contains("nectar_http_in_flight 1"));
        drop(raised);
        let text = metrics.text();
        assert!(text.contains("nectar_http_in_flight 0"), "{text}");
        assert!(text.contains(r#"nectar_http_requests_total{route="/v1/info",status="200"} 1"#), "{text}");
    }
}
