//! The verification of AWS Signature Version 4. It is written by hand: the published crates sign requests and verify none.
//!
//! The list of signed headers is in the `Authorization` header and differs between SDKs, so it is read and never assumed.
//! Required in it are the host, the date, and all that changes the meaning of a request here. Signatures are not
//! remembered: boto3 repeats one when it retries within a second, so a replay is limited by the clock alone.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, Uri};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::keys::AccessKeys;
use crate::http::error::Error;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far the caller's clock may be from ours.
const SKEW_MAX: TimeDelta = TimeDelta::minutes(5);

/// The signature of a request, checked as far as its headers alone allow.
#[derive(Clone)]
pub struct Signature {
    secret: Arc<str>,
    /// `20261123/us-east-1/sagemaker/aws4_request`.
    scope: String,
    /// `20261123T140000Z`.
    date: String,
    /// Names of headers, in lower case, as they are listed.
    signed: Vec<String>,
    digest: Vec<u8>,
}

impl Signature {
    /// Parses the `Authorization` header. `scheme` is its first word, `rest` what follows; `service` is the one that requests
    /// are signed for.
    pub fn parse(
        scheme: &str,
        rest: &str,
        headers: &HeaderMap,
        service: &str,
        keys: &AccessKeys,
        now: DateTime<Utc>,
    ) -> Result<Signature, Error> {
        if scheme != ALGORITHM {
            return Err(incomplete(&format!("`{scheme}` is not read here: expected `{ALGORITHM}`")));
        }
        let part = |name: &str| {
            let mut parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let required = |name: &str| part(name).ok_or_else(|| incomplete(&format!("`{name}` is missing")));
        let (credential, signed, signature) =
            (required("Credential")?, required("SignedHeaders")?, required("Signature")?);
        let date = headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        let date = date.ok_or_else(|| incomplete("header `x-amz-date` is missing"))?;
        let Some((id, scope)) = credential.split_once('/') else {
            return Err(incomplete("`Credential` is not `KEY/DATE/REGION/SERVICE/aws4_request`"));
        };
        check_scope(scope, date, service)?;
        check_time(date, now)?;
        let signed: Vec<String> = signed.split(';').map(str::to_owned).collect();
        check_signed(&signed, headers)?;
        let Some(secret) = keys.secret(id) else {
            let message = "the security token included in the request is invalid: its key is none of ours";
            return Err(Error::signature("UnrecognizedClientException", message));
        };
        let digest = of_hex(signature).ok_or_else(|| incomplete("`Signature` is not 64 hexadecimal digits"))?;
        Ok(Signature { secret, scope: scope.to_owned(), date: date.to_owned(), signed, digest })
    }

    /// Verifies the signature with the request and its body.
    pub fn verify(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        let hash = hex(&Sha256::digest(body));
        // A body that is left out of the signature could be replaced.
        if let Some(announced) = headers.get("x-amz-content-sha256")
            && announced.as_bytes() != hash.as_bytes()
        {
            return Err(mismatch("the body does not have the hash in `x-amz-content-sha256`"));
        }
        let canonical = [
            method.as_str(),
            &canonical_path(uri),
            &canonical_query(uri),
            &self.canonical_headers(headers),
            &self.signed.join(";"),
            &hash,
        ]
        .join("\n");
        let text = [ALGORITHM, &self.date, &self.scope, &hex(&Sha256::digest(canonical))].join("\n");
        let key = self.scope.split('/').try_fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| {
            mac(&key, part).map(|mac| mac.finalize().into_bytes().to_vec())
        });
        // The comparison takes as long for any wrong signature.
        let right = key.and_then(|key| mac(&key, &text)).is_some_and(|mac| mac.verify_slice(&self.digest).is_ok());
        if right {
            Ok(())
        } else {
            Err(mismatch("the request signature we calculated does not match the one provided"))
        }
    }

    /// Returns a line for each signed header: its values, each without needless blanks.
    fn canonical_headers(&self, headers: &HeaderMap) -> String {
        let line = |name: &String| {
            let values = headers.get_all(name.as_str()).iter();
            let values = values.map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
            });
            format!("{name}:{}\n", values.collect::<Vec<_>>().join(","))
        };
        self.signed.iter().map(line).collect()
    }
}

fn check_scope(scope: &str, date: &str, service: &str) -> Result<(), Error> {
    let parts: Vec<&str> = scope.split('/').collect();
    match parts[..] {
        [day, _, found, "aws4_request"] if found == service && !day.is_empty() && date.starts_with(day) => Ok(()),
        [_, _, found, _] if found != service => {
            Err(mismatch(&format!("the credential is scoped to service `{found}`: expected `{service}`")))
        }
        _ => Err(mismatch("the credential's date is another than that of `x-amz-date`")),
    }
}

fn check_time(date: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let signed_at = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ")
        .map_err(|_| incomplete("`x-amz-date` is no timestamp as `20261123T140000Z`"))?;
    let apart = now - signed_at.and_utc();
    let when = now.format("%Y%m%dT%H%M%SZ");
    if apart > SKEW_MAX {
        return Err(mismatch(&format!("signature expired: `{date}` is more than 5 minutes before `{when}`")));
    }
    if apart < -SKEW_MAX {
        return Err(mismatch(&format!("signature not yet current: `{date}` is more than 5 minutes after `{when}`")));
    }
    Ok(())
}

/// An unsigned header could be changed on the way.
fn check_signed(signed: &[String], headers: &HeaderMap) -> Result<(), Error> {
    let matters =
        |name: &str| name == "content-type" || name.starts_with("x-amz-") || name.starts_with("x-amzn-sagemaker-");
    let required = ["host"].into_iter().chain(headers.keys().map(|name| name.as_str()).filter(|name| matters(name)));
    for name in required {
        if !signed.iter().any(|signed| signed == name) {
            return Err(mismatch(&format!("header `{name}` is there and not signed")));
        }
    }
    Ok(())
}

/// The path on the wire is encoded once; what is signed is its shortest form, encoded once more.
fn canonical_path(uri: &Uri) -> String {
    let path = uri.path();
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let encoded: String = segments.iter().map(|segment| format!("/{}", encode(segment.as_bytes()))).collect();
    let folder = path.ends_with('/') || segments.is_empty();
    format!("{encoded}{}", if folder { "/" } else { "" })
}

fn canonical_query(uri: &Uri) -> String {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(&decode(name)), encode(&decode(value)))
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Encodes all bytes but letters, digits and `-._~` as `%XX`.
fn encode(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(letter).collect()
}

fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

fn mac(key: &[u8], text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()).collect()
}

fn incomplete(problem: &str) -> Error {
    Error::signature("IncompleteSignatureException", problem)
}

fn mismatch(problem: &str) -> Error {
    Error::signature("InvalidSignatureException", problem)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const VANILLA: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    const POSTED: &str = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";

    fn keys() -> AccessKeys {
        AccessKeys::read(Some("AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), None).expect("one key")
    }

    /// Verifies a request of 30 August 2015, 12:36, as AWS's published examples have it, `minutes` later.
    fn verified(method: &str, path: &str, signed: &str, signature: &str, minutes: i64) -> Result<(), Error> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", "example.amazonaws.com").header("x-amz-date", "20150830T123600Z");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let now = check_now() + TimeDelta::minutes(minutes);
        let rest = format!(
            "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={signed}, Signature={signature}"
        );
        Signature::parse(ALGORITHM, &rest, &parts.headers, "service", &keys(), now)?.verify(
            &parts.method,
            &parts.uri,
            &parts.headers,
            b"",
        )
    }

    fn check_now() -> DateTime<Utc> {
        "2015-08-30T12:36:00Z".parse().expect("a timestamp")
    }

    #[track_caller]
    fn refused(outcome: Result<(), Error>, expected: &str) {
        let error = outcome.expect_err(expected);
        assert!(error.message.contains(expected), "{}", error.message);
    }

    #[test]
    fn published_examples_are_verified() {
        let names = "host;x-amz-date";
        verified("GET", "/", names, VANILLA, 0).expect("get-vanilla");
        verified("POST", "/", names, POSTED, 0).expect("post-vanilla");
        let ordered = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        verified("GET", "/?Param2=value2&Param1=value1", names, ordered, 0).expect("get-vanilla-query-order-key-case");
        for path in ["//", "/./", "/example/..", "/example1/example2/../.."] {
            verified("GET", path, names, VANILLA, 0).expect(path);
        }
    }

    #[test]
    fn a_wrong_signature_is_refused() {
        let names = "host;x-amz-date";
        refused(verified("POST", "/", names, VANILLA, 0), "does not match");
        refused(verified("GET", "/more", names, VANILLA, 0), "does not match");
        refused(verified("GET", "/?a=b", names, VANILLA, 0), "does not match");
        refused(verified("GET", "/", names, &VANILLA.replace('5', "6"), 0), "does not match");
        refused(verified("GET", "/", names, "5fa0", 0), "64 hexadecimal digits");
        refused(verified("GET", "/", names, &"é".repeat(32), 0), "64 hexadecimal digits");
        refused(verified("GET", "/", "x-amz-date", VANILLA, 0), "`host` is there and not signed");
        refused(verified("GET", "/", "host", VANILLA, 0), "`x-amz-date` is there and not signed");
        verified("GET", "/", names, VANILLA, 5).expect("a clock may be 5 minutes late");
        refused(verified("GET", "/", names, VANILLA, 6), "signature expired");
        refused(verified("GET", "/", names, VANILLA, -6), "not yet current");
    }

    #[test]
    fn a_malformed_signature_is_refused_with_the_reason() {
        let mut headers = HeaderMap::new();
        let now = check_now();
        let read = |scheme: &str, rest: &str, headers: &HeaderMap| {
            Signature::parse(scheme, rest, headers, "service", &keys(), now).map(drop)
        };
        refused(read("AWS4-ECDSA-P256-SHA256", "", &headers), "expected `AWS4-HMAC-SHA256`");
        refused(read(ALGORITHM, "Credential=a", &headers), "`SignedHeaders` is missing");
        let rest =
            |credential: &str| format!("Credential={credential},SignedHeaders=host;x-amz-date,Signature={VANILLA}");
        let right = rest("AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
        refused(read(ALGORITHM, &right, &headers), "`x-amz-date` is missing");
        headers.insert("x-amz-date", "20150830T123600Z".parse().expect("a header"));
        refused(read(ALGORITHM, &rest("AKIDEXAMPLE"), &headers), "KEY/DATE/REGION");
        refused(read(ALGORITHM, &rest("A/20150830/us-east-1/s3/aws4_request"), &headers), "service `s3`");
        refused(read(ALGORITHM, &rest("A/20150829/us-east-1/service/aws4_request"), &headers), "date is another");
        refused(read(ALGORITHM, &rest("A/20150830/us-east-1/service/aws4_request"), &headers), "none of ours");
        headers.insert("x-amz-date", "20150830T993600Z".parse().expect("a header"));
        refused(read(ALGORITHM, &right, &headers), "no timestamp");
        headers.insert("x-amz-date", "20150830T123600Z".parse().expect("a header"));
        headers.insert("x-amzn-sagemaker-target-variant", "blue".parse().expect("a header"));
        refused(read(ALGORITHM, &right, &headers), "`x-amzn-sagemaker-target-variant` is there and not signed");
        headers.remove("x-amzn-sagemaker-target-variant");
        headers.insert("content-type", "text/csv; label_size=1".parse().expect("a header"));
        refused(read(ALGORITHM, &right, &headers), "`content-type` is there and not signed");
    }

    #[test]
    fn a_changed_body_is_refused() {
        let request = Request::builder().uri("/").header("host", "a").header("x-amz-date", "20150830T123600Z");
        let request = request.header("x-amz-content-sha256", hex(&Sha256::digest(b"mine")));
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let rest = format!(
            "Credential=AKIDEXAMPLE/20150830/r/service/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
             Signature={VANILLA}"
        );
        let signature = Signature::parse(ALGORITHM, &rest, &parts.headers, "service", &keys(), check_now());
        let signature = signature.expect("well formed");
        refused(signature.verify(&parts.method, &parts.uri, &parts.headers, b"yours"), "does not have the hash");
    }
}
