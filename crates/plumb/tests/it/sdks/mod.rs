//! Real AWS SDKs, Node's and Python's, against the built program: what they send is theirs, and what is asserted is what
//! their users see. Both are told the same calls and must see the same outcomes.
//!
//! `cargo xtask test` installs them, and says by environment variables where.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::{Server, quick_folder};

const KEY: (&str, &str) = ("AKIDPLUMBTEST0000000", "s3cr/t+of=one");

/// A program that is given calls and prints what came of each.
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
    /// Makes calls, `{"input", "key"?, "clock"?}` each, and returns their outcomes.
    fn outcomes(&self, server: &Server, calls: &[Value]) -> Vec<Value> {
        let mut child = (self.command)()
            .env("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", &server.address)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", self.name));
        let mut input = child.stdin.take().expect("its input is ours");
        input.write_all(json!(calls).to_string().as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{} failed: {}", self.name, String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }
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

fn guarded() -> (tempfile::TempDir, Server) {
    let folder = quick_folder();
    let keys = format!("{}:{},AKIDOLD:old", KEY.0, KEY.1);
    let server = Server::of_quick(&folder, &["--require-auth"], &[("PLUMB_ACCESS_KEYS", &keys)]);
    (folder, server)
}

#[test]
fn a_signed_call_succeeds_in_every_form() {
    let (_folder, server) = guarded();
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
fn every_error_is_the_class_that_its_users_catch() {
    let (_folder, server) = guarded();
    let wrong = |name: &str, message: &str| json!({ "name": name, "message": message });
    let keyed = |id: &str, secret: &str| json!({ "input": call(json!({}))["input"], "key": [id, secret] });
    let unsigned = json!({ "input": call(json!({}))["input"] });
    let model_error = |status: u16, message: &str| json!({ "name": "ModelError", "status": 424, "original_status": status, "message": message });
    check(
        &server,
        &[
            (call(json!({ "Body": "50" })), model_error(400, "line 1 has 1 cells: expected 2")),
            (call(json!({ "ContentType": "text/libsvm" })), model_error(415, "text/libsvm")),
            (call(json!({ "Accept": "image/png" })), model_error(406, "image/png")),
            (call(json!({ "EndpointName": "lost" })), wrong("ValidationError", "there is no target `lost`")),
            (call(json!({ "TargetVariant": "blue" })), wrong("ValidationError", "`blue`")),
            (call(json!({ "EnableExplanations": "score>" })), wrong("ValidationError", "ends where")),
            (keyed(KEY.0, "wrong"), wrong("InvalidSignatureException", "does not match")),
            (keyed("AKIDNOBODY", "wrong"), wrong("UnrecognizedClientException", "none of ours")),
            (unsigned, wrong("MissingAuthenticationTokenException", "who you are")),
        ],
    );
}

#[test]
fn on_this_machine_nobody_has_to_sign() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    let unsigned = json!({ "input": call(json!({}))["input"] });
    check(&server, &[(unsigned, json!({ "status": 200 })), (call(json!({})), json!({ "status": 200 }))]);
}

fn script(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdks").join(file)
}

/// Returns where something was installed for the tests.
pub(crate) fn provided(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names a folder of installed packages: run `cargo xtask test`"))
}
