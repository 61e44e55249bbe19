//! Logs, traces and metrics of a process.
//!
//! Logs go to stderr, one line an event, with the trace id of the call they belong to. Metrics are served in
//! Prometheus's format by the admin listener and, when a collector is configured, sent there by OTLP, as are the spans
//! of sampled traces. The names are those of OpenTelemetry's semantic conventions. An absent collector blocks nothing.

mod collector;
mod config;
mod context;
mod log;
mod process;
mod sampler;

use std::str::FromStr as _;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Encoder as _, Registry, TextEncoder};
use tonic::Code;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, filter::Targets};

use self::collector::Collector;
pub use self::config::{LogFormat, TelemetryConfig};
pub(crate) use self::context::TraceContext;
pub use self::context::carry;

/// Boundaries of duration histograms, in seconds: fine below a millisecond, where most answers lie.
pub const DURATION_BOUNDARIES_SECONDS: [f64; 17] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// Held while telemetry is set up.
static BEGINNING: Mutex<()> = Mutex::new(());

/// What went wrong while setting up telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level filter does not parse.
    #[error("telemetry.level {filter:?}: {reason}")]
    Filter {
        /// The filter.
        filter: String,
        /// Why.
        reason: String,
    },
    /// A value is out of range.
    #[error("telemetry.{0}")]
    Config(String),
    /// An exporter could not be built.
    #[error("telemetry exporter: {0}")]
    Exporter(String),
}

/// Keeps the exporters of a process; flushed by [`Telemetry::shutdown`].
#[derive(Debug, Default)]
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
    meter: Option<SdkMeterProvider>,
    flush_timeout: Duration,
}

/// Sets up logs, traces and metrics for the process, once, inside a Tokio runtime. A second call changes nothing and
/// keeps nothing. Instruments made before it measure nothing.
///
/// # Errors
/// When the level filter does not parse, a value is out of range, the files of TLS to a collector cannot be used, or an
/// exporter cannot be built. An absent collector is no error.
pub fn init(service: &'static str, config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    let filter = Targets::from_str(&config.level)
        .map_err(|error| TelemetryError::Filter { filter: config.level.clone(), reason: error.to_string() })?;
    if !(0.0..=1.0).contains(&config.sampling_ratio) {
        return Err(TelemetryError::Config("sampling_ratio must lie between 0 and 1".to_owned()));
    }
    let collector = Collector::configured(config)?;
    // Whoever calls meanwhile waits, and finds all of it there.
    let _beginning = BEGINNING.lock().unwrap_or_else(PoisonError::into_inner);
    if REGISTRY.get().is_some() {
        return Ok(Telemetry::default());
    }
    let resource = resource(service, config);
    let (meter, registry) = meter(&resource, config, collector.as_ref())?;
    let tracer = collector.as_ref().map(|collector| tracer(&resource, collector)).transpose()?;
    if REGISTRY.set(registry).is_err() {
        return Ok(Telemetry::default());
    }

    global::set_meter_provider(meter.clone());
    process::tell();
    if let Some(collector) = &collector {
        collector.tell();
    }
    global::set_text_map_propagator(TraceContextPropagator::new());
    let spans = tracer.as_ref().map(|tracer| {
        context::export_spans(config.sampling_ratio);
        tracing_opentelemetry::layer()
            .with_tracer(tracer.tracer("greenlane"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .boxed()
    });
    let lines =
        tracing_subscriber::fmt::layer().event_format(log::Line(config.log_format)).with_writer(std::io::stderr);
    // A subscriber that is already there (a test's) stays.
    let _ = tracing_subscriber::registry().with(spans).with(lines).with(filter).try_init();
    Ok(Telemetry { tracer, meter: Some(meter), flush_timeout: Duration::from_millis(config.flush_timeout_ms) })
}

fn resource(service: &'static str, config: &TelemetryConfig) -> Resource {
    let given = config.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Resource::builder()
        .with_attribute(KeyValue::new("service.namespace", "greenlane"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()))
        .with_service_name(service)
        .with_attributes(given)
        .build()
}

fn meter(
    resource: &Resource,
    config: &TelemetryConfig,
    collector: Option<&Collector>,
) -> Result<(SdkMeterProvider, Registry), TelemetryError> {
    let fail = |error: &dyn std::fmt::Display| TelemetryError::Exporter(error.to_string());
    let registry = Registry::new();
    let pulled =
        opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().map_err(|error| fail(&error))?;
    let mut provider = SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(pulled);
    if let Some(collector) = collector {
        let exporter = collector.receives(MetricExporter::builder().with_tonic());
        let exporter = exporter.build().map_err(|error| fail(&error))?;
        let interval = Duration::from_secs(config.metrics_interval_seconds.max(1));
        provider = provider.with_reader(PeriodicReader::builder(exporter).with_interval(interval).build());
    }
    Ok((provider.build(), registry))
}

fn tracer(resource: &Resource, collector: &Collector) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = collector.receives(SpanExporter::builder().with_tonic());
    let exporter = exporter.build().map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    Ok(SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(sampler::CallSampler)
        .with_id_generator(sampler::CallIds::default())
        .with_batch_exporter(exporter)
        .build())
}

impl Telemetry {
    /// Sends what is still held, within the configured bound.
    pub async fn shutdown(self) {
        let bound = self.flush_timeout;
        // The exporters block while they send, so they get a thread of their own and this only waits so long for it.
        let flush = tokio::task::spawn_blocking(move || {
            if let Some(tracer) = self.tracer {
                // A collector that does not answer is not our callers' trouble.
                let _ = tracer.shutdown_with_timeout(bound);
            }
            if let Some(meter) = self.meter {
                let _ = meter.shutdown_with_timeout(bound);
            }
        });
        if tokio::time::timeout(bound, flush).await.is_err() {
            tracing::warn!("telemetry could not be flushed in time");
        }
    }
}

/// All metrics in Prometheus's text format; empty before [`init`].
pub fn render_metrics() -> String {
    let Some(registry) = REGISTRY.get() else { return String::new() };
    let mut text = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&registry.gather(), &mut text) {
        tracing::warn!(%error, "metrics cannot be rendered");
    }
    String::from_utf8(text).unwrap_or_default()
}

/// The trace id of the work at hand: 32 hexadecimal digits.
pub fn trace_id() -> Option<String> {
    TraceContext::current().map(|context| context.trace_id())
}

/// Whether the work at hand belongs to a trace that is recorded: only then are its spans worth making.
pub fn is_recording() -> bool {
    context::is_recording()
}

/// A status code's name as the semantic conventions write it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
