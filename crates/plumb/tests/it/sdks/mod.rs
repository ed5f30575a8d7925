//! Real AWS SDKs, Node's and Python's, against the built program: what they send is theirs, and what is asserted is what
//! their users see. Both get the same calls and must see the same outcomes.
//!
//! `cargo xtask test` installs them, and names the folders in environment variables.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::setup::folder::write_secret;
use crate::setup::provided::provided;
use crate::setup::server::{Server, quick_folder};

const RECORDIO: &str = "application/x-recordio-protobuf";

const KEY: (&str, &str) = ("AKIDPLUMBTEST0000000", "s3cr/t+of=one");

/// A program that makes calls and prints the outcome of each.
struct Client {
    name: &'static str,
    command: fn() -> Command,
}

const CLIENTS: [Client; 2] = [
    Client {
        name: "@aws-sdk/client-sagemaker-runtime",
        command: || {
            let mut command = Command::new("node");
            command
                .arg(script("client.cjs"))
                .env("NODE_PATH", provided("PLUMB_TEST_NODE_MODULES"))
                .env("NODE_NO_WARNINGS", "1");
            command
        },
    },
    Client {
        name: "boto3",
        command: || {
            let mut command = Command::new("python3");
            command.arg(script("client.py")).env("PYTHONPATH", provided("PLUMB_TEST_PYTHON_PATH"));
            command
        },
    },
];

impl Client {
    /// Makes calls, and returns their outcomes. Each is `{"input", "key"?}`; `operation` is another than InvokeEndpoint,
    /// `base64` a body of bytes, `clock` how many seconds the caller's clock is wrong, `attempts` how often it tries, and
    /// `change` what happens to the request after it was signed.
    fn outcomes(&self, server: &Server, calls: &[Value]) -> Vec<Value> {
        let mut command = (self.command)();
        command
            .env("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", &server.address)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1");
        serde_json::from_value(run_with_input(command, self.name, &json!(calls))).expect("a list of outcomes")
    }
}

/// Runs a program with JSON as its input, and returns what it prints.
fn run_with_input(mut command: Command, name: &str, input: &Value) -> Value {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
    let mut stdin = child.stdin.take().expect("its input is ours");
    stdin.write_all(input.to_string().as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// Has SageMaker's own Python SDK write rows of numbers as RecordIO, or read the labels of such streams.
fn records(what: &str, input: &Value) -> Value {
    let mut command = Command::new("python3");
    let path = format!("{}:{}", provided("PLUMB_TEST_SAGEMAKER_PATH"), provided("PLUMB_TEST_XGBOOST_PATH"));
    command.arg(script("records.py")).arg(what).env("PYTHONPATH", path);
    run_with_input(command, "records.py", input)
}

/// Runs a call on both SDKs and compares parts of what each user sees.
#[track_caller]
fn check(server: &Server, cases: &[(Value, Value)]) {
    let calls: Vec<Value> = cases.iter().map(|(call, _)| call.clone()).collect();
    for client in &CLIENTS {
        let outcomes = client.outcomes(server, &calls);
        assert_eq!(outcomes.len(), cases.len());
        for (outcome, (call, expected)) in outcomes.iter().zip(cases) {
            for (field, value) in expected.as_object().expect("parts of an outcome") {
                let found = &outcome[field];
                let fits = match (value.as_str(), found.as_str()) {
                    (Some(part), Some(text)) if field == "message" => text.contains(part),
                    _ => value == found,
                };
                assert!(fits, "{}: `{field}` of {call} is {found}: expected {value}\n{outcome}", client.name);
            }
        }
    }
}

fn call(more: Value) -> Value {
    let mut input = json!({ "EndpointName": "won", "ContentType": "text/csv", "Body": "50,referral" });
    input.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    json!({ "input": input, "key": [KEY.0, KEY.1] })
}

fn server_with_keys() -> (tempfile::TempDir, Server) {
    let folder = quick_folder();
    let keys = format!("{}:{},AKIDOLD:old", KEY.0, KEY.1);
    let server = Server::of_quick(&folder, &["--require-auth"], &[("PLUMB_ACCESS_KEYS", &keys)]);
    (folder, server)
}

#[test]
fn a_signed_call_succeeds_in_every_format() {
    let (_folder, server) = server_with_keys();
    let all_headers = json!({
        "CustomAttributes": "trace=7;  two  blanks", "TargetVariant": "AllTraffic", "InferenceId": "lead 17/u",
        "Accept": "application/json",
    });
    let explained = call(json!({ "EnableExplanations": "`true`", "Accept": "text/csv" }));
    let mut old = call(json!({}));
    old["key"] = json!(["AKIDOLD", "old"]);
    let ok = |content_type: &str| json!({ "status": 200, "variant": "AllTraffic", "content_type": content_type });
    let cases = [
        (call(json!({})), ok("text/csv; charset=utf-8")),
        (call(json!({ "Accept": "application/jsonlines" })), ok("application/jsonlines")),
        (
            call(all_headers),
            json!({ "status": 200, "attributes": "trace=7;  two  blanks", "content_type": "application/json" }),
        ),
        (explained.clone(), ok("application/json")),
        (old, ok("text/csv; charset=utf-8")),
        (
            call(
                json!({ "ContentType": "application/json", "Body": "{\"instances\":[{\"size\":50,\"channel\":\"referral\"}]}" }),
            ),
            ok("application/json"),
        ),
        (
            call(json!({ "ContentType": "application/jsonlines", "Body": "[50,\"référral\"]\n" })),
            ok("application/jsonlines"),
        ),
    ];
    check(&server, &cases);
    for client in &CLIENTS {
        let [plain, explained] = &client.outcomes(&server, &[call(json!({})), explained.clone()])[..] else {
            panic!("two calls have two outcomes");
        };
        let score = plain["body"].as_str().expect("a text");
        assert!((0.0..=1.0).contains(&score.parse::<f64>().expect("a score")), "{plain}");
        assert_eq!(plain["request_id"].as_str().map(str::len), Some(36), "{plain}");
        let body: Value = serde_json::from_str(explained["body"].as_str().expect("a text")).expect("JSON");
        assert_eq!(body["predictions"]["data"], score);
        assert_eq!(body["explanations"]["kernel_shap"][0][0]["feature_header"], "size");
    }
}

#[test]
fn every_error_has_the_class_that_sdk_users_catch() {
    let (_folder, server) = server_with_keys();
    let wrong = |name: &str, message: &str| json!({ "name": name, "message": message });
    let keyed = |id: &str, secret: &str| json!({ "input": call(json!({}))["input"], "key": [id, secret] });
    let unsigned = json!({ "input": call(json!({}))["input"] });
    let refused = |operation: &str, input: Value| {
        let mut call = json!({ "operation": operation, "input": input, "key": [KEY.0, KEY.1] });
        call["input"]["EndpointName"] = json!("won");
        call
    };
    let model_error = |status: u16, message: &str| json!({ "name": "ModelError", "status": 424, "original_status": status, "message": message });
    check(
        &server,
        &[
            (call(json!({ "Body": "50" })), model_error(400, "line 1 has 1 cells: expected 2")),
            (call(json!({ "ContentType": "image/png" })), model_error(415, "text/libsvm")),
            (call(json!({ "ContentType": "text/libsvm" })), model_error(400, "neither a label nor `index:value`")),
            (call(json!({ "ContentType": RECORDIO })), model_error(400, "RecordIO's magic number")),
            (call(json!({ "Body": "" })), model_error(400, "the body is empty")),
            (call(json!({ "SessionId": "NEW_SESSION" })), wrong("ValidationError", "is for sessions")),
            (
                refused("InvokeEndpointAsync", json!({ "InputLocation": "s3://a/b" })),
                wrong("ValidationError", "call InvokeEndpoint"),
            ),
            (
                refused("InvokeEndpointWithResponseStream", json!({ "Body": "50,ads" })),
                wrong("ValidationError", "streamed answers"),
            ),
            (call(json!({ "Accept": "image/png" })), model_error(406, "image/png")),
            (call(json!({ "EndpointName": "lost" })), wrong("ValidationError", "there is no target `lost`")),
            (call(json!({ "TargetVariant": "blue" })), wrong("ValidationError", "`blue`")),
            (
                call(json!({ "EnableExplanations": "score>" })),
                wrong("ValidationError", "is no condition at character 7"),
            ),
            (keyed(KEY.0, "wrong"), wrong("InvalidSignatureException", "does not match")),
            (keyed("AKIDNOBODY", "wrong"), wrong("UnrecognizedClientException", "none of ours")),
            (unsigned, wrong("MissingAuthenticationTokenException", "who you are")),
        ],
    );
}

#[test]
fn positional_features_score_like_named_ones() {
    let (_folder, server) = server_with_keys();
    // The categories of `channel` in their order are `ads`, `fair`, `referral`: 0, 1 and 2 where words cannot be.
    let (numbers, words) = (json!([[50, 2], [0, 0], [81, 1]]), "50,referral\n0,ads\n81,fair");
    let streams = records("write", &numbers);
    let libsvm = |first: u8| {
        let second = first + 1;
        format!("1 {first}:50 {second}:2\n\n{first}:0 {second}:0 # no label\n{first}:81 {second}:1\n")
    };
    let in_bytes = |name: &str| {
        let mut call = call(json!({ "ContentType": RECORDIO, "Accept": "text/csv" }));
        call["base64"] = streams[name].clone();
        call["input"].as_object_mut().expect("an object").remove("Body");
        call
    };
    let mut back = in_bytes("float32");
    back["input"]["Accept"] = json!(RECORDIO);
    let calls = [
        call(json!({ "Body": words })),
        call(json!({ "Body": libsvm(0), "ContentType": "text/libsvm" })),
        call(json!({ "Body": libsvm(1), "ContentType": "text/x-libsvm" })),
        in_bytes("float32"),
        in_bytes("float64"),
        in_bytes("int32"),
        // What a sparse matrix leaves out is missing, as in XGBoost: here the zeros of the second row.
        call(json!({ "Body": "50,referral\n,\n81,fair" })),
        in_bytes("sparse"),
        back,
    ];
    for client in &CLIENTS {
        let outcomes = client.outcomes(&server, &calls);
        let body = |index: usize| {
            outcomes[index]["body"].as_str().unwrap_or_else(|| panic!("{}: {}", client.name, outcomes[index]))
        };
        for (index, call) in calls.iter().enumerate().take(6).skip(1) {
            assert_eq!(body(index), body(0), "{}: {call}", client.name);
        }
        assert_eq!(body(7), body(6), "{}", client.name);
        assert_ne!(body(6), body(0), "a zero is not missing");
        assert_eq!(outcomes[8]["content_type"], RECORDIO);
        let read = records("read", &json!([outcomes[8]["base64"]]));
        let scores: Vec<f64> = body(0).lines().map(|score| score.parse().expect("a score")).collect();
        assert_eq!(read[0].as_array().map(Vec::len), Some(scores.len()), "{read}");
        for (score, record) in scores.iter().zip(read[0].as_array().expect("records")) {
            assert_eq!(record, &json!({ "score": [f64::from(*score as f32)] }), "{}", client.name);
        }
    }
}

#[test]
fn a_tampered_signed_request_is_refused() {
    let (_folder, server) = server_with_keys();
    let changed = |change: Value| {
        let mut call = call(json!({ "Accept": "text/csv" }));
        call["change"] = change;
        call
    };
    let at = |clock: i64| {
        let mut call = call(json!({}));
        call["clock"] = json!(clock);
        call
    };
    let wrong = |name: &str, message: &str| json!({ "name": name, "status": 403, "message": message });
    let header = |name: &str, value: Value| json!({ "headers": { name: value } });
    check(
        &server,
        &[
            (at(-240), json!({ "status": 200 })),
            (at(240), json!({ "status": 200 })),
            (at(-360), wrong("InvalidSignatureException", "signature expired")),
            (at(360), wrong("InvalidSignatureException", "signature not yet current")),
            (changed(json!({ "body": "90,referral" })), wrong("InvalidSignatureException", "does not")),
            (
                changed(header("x-amz-date", Value::Null)),
                wrong("IncompleteSignatureException", "`x-amz-date` is missing"),
            ),
            (
                changed(header("accept", json!("application/json"))),
                wrong("InvalidSignatureException", "does not match"),
            ),
            (
                changed(header("content-type", json!("text/csv; label_size=1"))),
                wrong("InvalidSignatureException", "does not match"),
            ),
            (
                changed(header("x-amzn-sagemaker-target-variant", json!("AllTraffic"))),
                wrong("InvalidSignatureException", "`x-amzn-sagemaker-target-variant` is there and not signed"),
            ),
            (
                changed(header("authorization", Value::Null)),
                wrong("MissingAuthenticationTokenException", "who you are"),
            ),
            (
                changed(header("authorization", json!("AWS4-HMAC-SHA256 x"))),
                wrong("IncompleteSignatureException", "the header has another part"),
            ),
        ],
    );
}

#[test]
fn a_key_is_rotated_without_a_gap() {
    let folder = quick_folder();
    let write = |keys: &str| write_secret(folder.path(), "keys", keys);
    write("AKIDOLD:old\n");
    let server = Server::of_quick(&folder, &["--require-auth", "--keys", "keys"], &[]);
    let [old, new] = [["AKIDOLD", "old"], ["AKIDNEW", "new"]].map(|key| {
        let mut call = call(json!({}));
        call["key"] = json!(key);
        call
    });
    let ok = json!({ "status": 200 });
    let unknown = json!({ "name": "UnrecognizedClientException", "status": 403 });
    check(&server, &[(old.clone(), ok.clone()), (new.clone(), unknown.clone())]);
    write("AKIDOLD:old\nAKIDNEW:new\n");
    check(&server, &[(old.clone(), ok.clone()), (new.clone(), ok.clone())]);
    write("AKIDNEW:new\n");
    check(&server, &[(old, unknown), (new, ok)]);
}

#[test]
fn a_caller_corrects_its_clock_by_the_response() {
    let (_folder, server) = server_with_keys();
    let mut late = call(json!({}));
    late["clock"] = json!(-3600);
    late["attempts"] = json!(2);
    // Node's SDK reads our clock from the refusal and tries again; boto3 does not.
    let outcomes = CLIENTS[0].outcomes(&server, &[late]);
    assert_eq!((&outcomes[0]["status"], &outcomes[0]["attempts"]), (&json!(200), &json!(2)), "{}", outcomes[0]);
}

#[test]
fn an_echoed_attribute_cannot_inject_a_header() {
    let (_folder, server) = server_with_keys();
    for attributes in ["a=%0d%0aset-cookie: b", "\"; x-amzn-errortype: c", "\\r\\n\\r\\n<script>"] {
        let case = call(json!({ "CustomAttributes": attributes }));
        check(&server, &[(case, json!({ "status": 200, "attributes": attributes }))]);
    }
}

#[test]
fn unsigned_calls_are_accepted_on_this_machine() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    let unsigned = json!({ "input": call(json!({}))["input"] });
    check(&server, &[(unsigned, json!({ "status": 200 })), (call(json!({})), json!({ "status": 200 }))]);
}

fn script(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdks").join(file)
}
