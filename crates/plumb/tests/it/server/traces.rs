//! What a collector of traces receives: a real one's interface, implemented here, and the built program.

use std::fs::File;
use std::net::TcpListener as Reserved;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server as Grpc;
use tonic::{Request, Response, Status};

use crate::setup::server::{Server, quick_folder};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID: &str = "b7ad6b7169203331";

/// Passes everything that it receives on to the test.
struct Collector(UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        // A test that is over receives nothing.
        let _ = self.0.send(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Starts it, and returns its address and what it receives.
    fn start(runtime: &Runtime) -> (String, UnboundedReceiver<ExportTraceServiceRequest>) {
        let (sender, receiver) = unbounded_channel();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let service = Grpc::builder().add_service(TraceServiceServer::new(Collector(sender)));
        runtime.spawn(service.serve_with_incoming(TcpListenerStream::new(listener)));
        (address, receiver)
    }
}

/// Returns all spans that were received so far, and the service that they are of.
fn collected(mut receiver: UnboundedReceiver<ExportTraceServiceRequest>) -> (Vec<Span>, Resource) {
    let (mut spans, mut resource) = (Vec::new(), Resource::default());
    while let Ok(request) = receiver.try_recv() {
        for of_service in request.resource_spans {
            resource = of_service.resource.unwrap_or_default();
            spans.extend(of_service.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    (spans, resource)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("`{name}` is not among {names:?}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns an attribute of a span.
fn attribute_of(span: &Span, name: &str) -> Option<Value> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.clone()?.value? {
        Attribute::StringValue(text) => Some(json!(text)),
        Attribute::IntValue(number) => Some(json!(number)),
        other => panic!("`{name}` is {other:?}"),
    }
}

fn score(server: &Server, headers: &[(&str, &str)], target: &str) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(format!("{}/v1/score", server.address)).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body =
        json!({ "target": target, "lead_id": "ada@secret.example", "features": { "size": 77, "channel": "fair" } });
    let mut answer = request.send(body.to_string()).expect("the server answers");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.body_mut().read_to_string().expect("a text")).expect("JSON"))
}

#[test]
fn a_collector_receives_requests_without_lead_data() {
    let (folder, runtime) = (quick_folder(), Runtime::new().expect("threads can be started"));
    let (address, receiver) = Collector::start(&runtime);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*address), ("OTEL_SERVICE_NAME", "leads"), ("PLUMB_LOG", "info")];
    let server = Server::of_quick(&folder, &[], &variables);
    let parent = format!("00-{TRACE_ID}-{PARENT_ID}-01");
    let secret = [("traceparent", &*parent), ("authorization", "Bearer hush"), ("accept-language", "de")];
    let (status, answer) = score(&server, &secret, "won");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(score(&server, &[], "lost").0, 404);
    server.get("/v1/leads/ada@secret.example");
    // What is still on its way is sent before the program ends.
    server.stop();

    let (spans, resource) = collected(receiver);
    let name = resource.attributes.iter().find(|attribute| attribute.key == "service.name").expect("a name");
    assert!(format!("{:?}", name.value).contains("leads"), "{resource:?}");
    let request = named(&spans, "POST /v1/score");
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE_ID.to_owned(), PARENT_ID.to_owned()));
    for (name, expected) in [
        ("http.request.method", json!("POST")),
        ("http.route", json!("/v1/score")),
        ("http.response.status_code", json!(200)),
        ("plumb.target", json!("won")),
        ("plumb.variant", json!("AllTraffic")),
        ("plumb.model_id", answer["model_id"].clone()),
    ] {
        assert_eq!(attribute_of(request, name), Some(expected), "{name}: {request:?}");
    }
    for part in ["read", "score", "journal"] {
        let of_request = spans.iter().filter(|span| span.parent_span_id == request.span_id);
        assert!(of_request.clone().any(|span| span.name == part), "`{part}` is not a part of the request");
        assert!(of_request.clone().all(|span| hex(&span.trace_id) == TRACE_ID));
    }
    let refused = spans.iter().find(|span| attribute_of(span, "http.response.status_code") == Some(json!(404)));
    let refused = refused.expect("a refused request is traced too");
    assert!(refused.parent_span_id.is_empty() && attribute_of(refused, "plumb.target").is_none(), "{refused:?}");
    named(&spans, "GET /v1/leads/{lead_id}");
    // Neither the caller's own words nor what stands in a path, in names, attributes or anything else.
    let all = format!("{spans:?}");
    for hidden in ["secret.example", "hush", "fair", "lost"] {
        assert!(!all.contains(hidden), "`{hidden}` is in {all}");
    }
}

#[test]
fn an_unreachable_collector_is_logged_once_and_delays_no_request() {
    let folder = quick_folder();
    // A port that is free at this moment, and that nobody listens on.
    let reserved = Reserved::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", reserved.local_addr().expect("it is bound"));
    drop(reserved);
    let log = folder.path().join("log");
    let file = File::create(&log).expect("the folder can be written");
    // Spans are sent one by one, so that there is much to complain of.
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*address), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")];
    let server = Server::start_into(folder.path(), &["--data", "plumb-quick/leads"], &variables, file.into());
    for _ in 0..5 {
        assert_eq!(score(&server, &[], "won").0, 200);
    }
    server.stop();
    let log_text = std::fs::read_to_string(&log).expect("text");
    assert_eq!(log_text.matches("traces do not reach their collector").count(), 1, "{log_text}");
}

#[test]
fn an_unsupported_protocol_is_logged_and_the_server_serves() {
    let folder = quick_folder();
    let log = folder.path().join("log");
    let file = File::create(&log).expect("the folder can be written");
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];
    let server = Server::start_into(folder.path(), &["--data", "plumb-quick/leads"], &variables, file.into());
    assert_eq!(score(&server, &[], "won").0, 200);
    server.stop();
    let log_text = std::fs::read_to_string(&log).expect("text");
    assert!(log_text.contains("there are no traces: OTLP is spoken by `grpc` here"), "{log_text}");
}
