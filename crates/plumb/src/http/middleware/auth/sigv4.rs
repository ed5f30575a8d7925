//! The verification of AWS Signature Version 4. It is written by hand: the published crates sign requests and verify none.
//!
//! The list of signed headers is in the `Authorization` header and differs between SDKs, so it is read and never assumed.
//! Required in it are the host, the date, and all that changes the meaning of a request here. Whatever could be read in two
//! ways is refused: what is signed and what is then answered have to be the same request. Signatures are not remembered:
//! boto3 repeats one when it retries within a second, so a replay is limited by the clock alone.

use axum::http::{HeaderMap, Method, Uri};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::sigv4_canonical::{canonical_headers, canonical_path, canonical_query, hex, of_hex};
use crate::http::error::Error;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far the caller's clock may be from ours.
const SKEW_MAX: TimeDelta = TimeDelta::minutes(5);

/// What the `Authorization` header names, each once.
const PARTS: [&str; 3] = ["Credential", "SignedHeaders", "Signature"];

/// The signature of a request, checked as far as its headers alone allow.
#[derive(Clone, Debug)]
pub struct Signature {
    key_id: String,
    /// `20261123/us-east-1/sagemaker/aws4_request`.
    scope: String,
    /// `20261123T140000Z`.
    date: String,
    /// Names of headers, in lower case, as they are listed.
    signed: Vec<String>,
    digest: [u8; 32],
}

impl Signature {
    /// Parses the `Authorization` header. `scheme` is its first word, `rest` what follows; `service` is the one that requests
    /// are signed for.
    pub fn parse(
        scheme: &str,
        rest: &str,
        headers: &HeaderMap,
        service: &str,
        now: DateTime<Utc>,
    ) -> Result<Signature, Error> {
        if scheme != ALGORITHM {
            return Err(incomplete(&format!("`{scheme}` is not read here: expected `{ALGORITHM}`")));
        }
        let [credential, signed, signature] = parts(rest)?;
        let date = single(headers, "x-amz-date")?.ok_or_else(|| incomplete("header `x-amz-date` is missing"))?;
        let Some((id, scope)) = credential.split_once('/').filter(|(id, _)| !id.is_empty()) else {
            return Err(incomplete("`Credential` is not `KEY/DATE/REGION/SERVICE/aws4_request`"));
        };
        let signed_at = timestamp(date)?;
        check_scope(scope, date, service)?;
        check_time(date, signed_at, now)?;
        let signed: Vec<String> = signed.split(';').map(str::to_owned).collect();
        check_signed(&signed, headers)?;
        let digest =
            of_hex(signature).ok_or_else(|| incomplete("`Signature` is not 64 hexadecimal digits in lower case"))?;
        Ok(Signature { key_id: id.to_owned(), scope: scope.to_owned(), date: date.to_owned(), signed, digest })
    }

    /// Returns the id of the key that the caller says it signed by.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Verifies the signature with the key's secret, the request and its body.
    pub fn verify(
        &self,
        secret: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Error> {
        let hash = hex(&Sha256::digest(body));
        // A body that is left out of the signature could be replaced.
        if let Some(announced) = single(headers, "x-amz-content-sha256")?
            && announced != hash
        {
            return Err(mismatch("the body does not have the hash in `x-amz-content-sha256`"));
        }
        let query = canonical_query(uri).map_err(|problem| incomplete(&problem))?;
        let named = canonical_headers(&self.signed, headers).map_err(|problem| incomplete(&problem))?;
        let canonical =
            [method.as_str(), &canonical_path(uri), &query, &named, &self.signed.join(";"), &hash].join("\n");
        let text = [ALGORITHM, &self.date, &self.scope, &hex(&Sha256::digest(canonical))].join("\n");
        let key = self.scope.split('/').try_fold(format!("AWS4{secret}").into_bytes(), |key, part| {
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
}

/// Returns the values of the parts of an `Authorization` header, each of which has to be there once, and nothing else.
fn parts(rest: &str) -> Result<[&str; 3], Error> {
    let mut values = [None; 3];
    for part in rest.split(',') {
        let (name, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
        let Some(index) = PARTS.iter().position(|known| *known == name) else {
            return Err(incomplete("the header has another part than `Credential`, `SignedHeaders` and `Signature`"));
        };
        if values[index].replace(value).is_some() {
            return Err(incomplete(&format!("`{name}` is there twice")));
        }
    }
    for (name, value) in PARTS.iter().zip(values) {
        if value.is_none_or(str::is_empty) {
            return Err(incomplete(&format!("`{name}` is missing")));
        }
    }
    Ok(values.map(Option::unwrap_or_default))
}

/// Returns a header's value; a header that is there twice could be read in two ways.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(incomplete(&format!("header `{name}` is there twice")));
    }
    let text = value.map(|value| value.to_str().map_err(|_| incomplete(&format!("header `{name}` is no text"))));
    text.transpose()
}

fn check_scope(scope: &str, date: &str, service: &str) -> Result<(), Error> {
    let parts: Vec<&str> = scope.split('/').collect();
    let [day, region, found, "aws4_request"] = parts[..] else {
        return Err(incomplete("`Credential` is not `KEY/DATE/REGION/SERVICE/aws4_request`"));
    };
    if found != service {
        return Err(mismatch(&format!("the credential is scoped to service `{found}`: expected `{service}`")));
    }
    if region.is_empty() {
        return Err(incomplete("the credential's region is empty"));
    }
    // The whole day: a prefix of it would be a scope of years.
    if date.get(..8) != Some(day) {
        return Err(mismatch("the credential's date is another than that of `x-amz-date`"));
    }
    Ok(())
}

/// Reads a date in full: eight digits, `T`, six digits, `Z`. What parsers of dates let pass besides, such as signs, blanks
/// or fewer digits, no SDK writes.
fn timestamp(date: &str) -> Result<DateTime<Utc>, Error> {
    let is_written_so = date.len() == 16
        && date.bytes().enumerate().all(|(index, byte)| match index {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let read = is_written_so.then(|| NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").ok()).flatten();
    let read = read.ok_or_else(|| incomplete("`x-amz-date` is no timestamp as `20261123T140000Z`"))?;
    Ok(read.and_utc())
}

fn check_time(date: &str, signed_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Error> {
    let apart = now - signed_at;
    let when = now.format("%Y%m%dT%H%M%SZ");
    if apart > SKEW_MAX {
        return Err(mismatch(&format!("signature expired: `{date}` is more than 5 minutes before `{when}`")));
    }
    if apart < -SKEW_MAX {
        return Err(mismatch(&format!("signature not yet current: `{date}` is more than 5 minutes after `{when}`")));
    }
    Ok(())
}

/// An unsigned header could be changed on the way, one that is signed and not there could be added, and of one that is
/// there twice the signature covers the values joined by a comma, as if they were one.
fn check_signed(signed: &[String], headers: &HeaderMap) -> Result<(), Error> {
    let in_order = signed.windows(2).all(|pair| pair[0] < pair[1]);
    if !in_order || signed.iter().any(|name| name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        return Err(incomplete("`SignedHeaders` are not names in lower case, in alphabetical order, each once"));
    }
    let matters = |name: &str| {
        matches!(name, "host" | "content-type") || name.starts_with("x-amz-") || name.starts_with("x-amzn-sagemaker-")
    };
    let there = headers.keys().map(|name| name.as_str()).filter(|name| matters(name));
    for name in ["host"].into_iter().chain(there) {
        if !signed.iter().any(|signed| signed == name) {
            return Err(mismatch(&format!("header `{name}` is there and not signed")));
        }
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(incomplete(&format!("header `{name}` is there twice")));
        }
    }
    match signed.iter().find(|name| !headers.contains_key(name.as_str())) {
        Some(name) => Err(mismatch(&format!("header `{name}` is signed and not there"))),
        None => Ok(()),
    }
}

fn mac(key: &[u8], text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
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

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// Verifies a request of 30 August 2015, 12:36, as AWS's published examples have it, `minutes` later.
    fn verified(method: &str, path: &str, signed: &str, signature: &str, minutes: i64) -> Result<(), Error> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", "example.amazonaws.com").header("x-amz-date", "20150830T123600Z");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let now = check_now() + TimeDelta::minutes(minutes);
        let rest = format!(
            "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={signed}, Signature={signature}"
        );
        Signature::parse(ALGORITHM, &rest, &parts.headers, "service", now)?.verify(
            SECRET,
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
            Signature::parse(scheme, rest, headers, "service", now).map(drop)
        };
        refused(read("AWS4-ECDSA-P256-SHA256", "", &headers), "expected `AWS4-HMAC-SHA256`");
        refused(read(ALGORITHM, "Credential=a", &headers), "`SignedHeaders` is missing");
        let rest =
            |credential: &str| format!("Credential={credential},SignedHeaders=host;x-amz-date,Signature={VANILLA}");
        let right = rest("AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
        headers.insert("host", "a".parse().expect("a header"));
        refused(read(ALGORITHM, &right, &headers), "`x-amz-date` is missing");
        headers.insert("x-amz-date", "20150830T123600Z".parse().expect("a header"));
        refused(read(ALGORITHM, &rest("AKIDEXAMPLE"), &headers), "KEY/DATE/REGION");
        refused(read(ALGORITHM, &rest("A/20150830/us-east-1/s3/aws4_request"), &headers), "service `s3`");
        refused(read(ALGORITHM, &rest("A/20150829/us-east-1/service/aws4_request"), &headers), "date is another");
        let a = |scope: &str| rest(&format!("A/{scope}"));
        // A shortened date once made a scope, and so a signing key, of a year or of a century.
        for day in ["2015083", "2015", "2", "20150830T", "20150830T12", ""] {
            refused(read(ALGORITHM, &a(&format!("{day}/us-east-1/service/aws4_request")), &headers), "date is another");
        }
        for scope in ["20150830/us-east-1/service", "20150830/us-east-1/service/aws4_request/", "20150830"] {
            refused(read(ALGORITHM, &a(scope), &headers), "KEY/DATE/REGION");
        }
        refused(read(ALGORITHM, &a("20150830//service/aws4_request"), &headers), "region is empty");
        refused(read(ALGORITHM, &rest("/20150830/us-east-1/service/aws4_request"), &headers), "KEY/DATE/REGION");
        refused(read(ALGORITHM, &format!("{right},Signature={VANILLA}"), &headers), "`Signature` is there twice");
        refused(read(ALGORITHM, &format!("Credential=A,{right}"), &headers), "`Credential` is there twice");
        refused(read(ALGORITHM, &format!("{right},Expires=1"), &headers), "another part");
        refused(read(ALGORITHM, &right.replace(VANILLA, ""), &headers), "`Signature` is missing");
        for date in [
            "20150830",
            "20150830T12Z",
            "20150830T1236Z",
            "20150830T123600",
            "20150830T123600Z ",
            "20150830T123600z",
            "+2015083T123600Z",
            "2015083 T123600Z",
            "20150830 123600Z",
            "20150830T12:36Z",
            "20150830T123600+0",
            "",
        ] {
            headers.insert("x-amz-date", date.parse().expect("a header"));
            refused(read(ALGORITHM, &right, &headers), "no timestamp");
        }
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
        let signature = Signature::parse(ALGORITHM, &rest, &parts.headers, "service", check_now());
        let signature = signature.expect("well formed");
        refused(
            signature.verify(SECRET, &parts.method, &parts.uri, &parts.headers, b"yours"),
            "does not have the hash",
        );
    }

    #[test]
    fn a_request_that_can_be_read_in_two_ways_is_refused() {
        let headers = |more: &[(&'static str, &str)]| -> HeaderMap {
            let all = [("host", "a"), ("x-amz-date", "20150830T123600Z")];
            let all = all.iter().chain(more).map(|(name, value)| (*name, *value));
            let pairs = all.map(|(name, value)| {
                (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_str(value).expect("a value"))
            });
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, value);
            }
            headers
        };
        let read = |signed: &str, headers: &HeaderMap| {
            let rest =
                format!("Credential=A/20150830/r/service/aws4_request,SignedHeaders={signed},Signature={VANILLA}");
            Signature::parse(ALGORITHM, &rest, headers, "service", check_now()).map(drop)
        };
        read("host;x-amz-date", &headers(&[])).expect("well formed");
        refused(
            read("host;x-amz-date", &headers(&[("x-amz-date", "20150830T123600Z")])),
            "`x-amz-date` is there twice",
        );
        refused(read("host;x-amz-date", &headers(&[("host", "b")])), "`host` is there twice");
        let twice = headers(&[("x-amzn-sagemaker-target-variant", "a"), ("x-amzn-sagemaker-target-variant", "b")]);
        refused(read("host;x-amz-date;x-amzn-sagemaker-target-variant", &twice), "is there twice");
        refused(read("host;range;x-amz-date", &headers(&[])), "`range` is signed and not there");
        for signed in ["x-amz-date;host", "host;host;x-amz-date", "Host;x-amz-date", "host;;x-amz-date", ";host"] {
            refused(read(signed, &headers(&[])), "alphabetical order");
        }
    }
}
