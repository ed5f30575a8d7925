//! The signatures of webhooks, compared in constant time.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::project::Secret;

/// How far HubSpot's clock may be from ours, and how old a request of it may be.
const HUBSPOT_AGE_MAX: TimeDelta = TimeDelta::minutes(5);

/// Characters of an address that HubSpot decodes before it signs.
const HUBSPOT_DECODED: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

/// Returns whether a request to the Segment endpoint is signed: `X-Signature` is the body's HMAC-SHA1 in hexadecimal digits,
/// or `Authorization` has the secret itself, as a password or a bearer token, which is how RudderStack sends it.
pub(super) fn is_of_segment(secret: &Secret, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(signature) = text("x-signature") {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.0.as_bytes()) else { return false };
        mac.update(body);
        return of_hex(signature.trim()).is_some_and(|signature| mac.verify_slice(&signature).is_ok());
    }
    let Some((scheme, rest)) = text("authorization").and_then(|header| header.split_once(' ')) else { return false };
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => is_secret(secret, rest.trim()),
        "basic" => {
            let decoded = STANDARD.decode(rest.trim()).ok().and_then(|decoded| String::from_utf8(decoded).ok());
            decoded
                .as_deref()
                .and_then(|both| both.split_once(':'))
                .is_some_and(|(_, password)| is_secret(secret, password))
        }
        _ => false,
    }
}

/// What a request of HubSpot has to say for itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct HubspotRequest<'a> {
    pub(super) method: &'a str,
    /// The address that HubSpot has called.
    pub(super) uri: &'a str,
    pub(super) body: &'a [u8],
}

/// Checks version 3 of HubSpot's signature, the HMAC-SHA256 of method, address, body and time in base64; returns what is wrong
/// with it, if anything.
pub(super) fn problem_of_hubspot(
    secret: &Secret,
    headers: &HeaderMap,
    request: HubspotRequest<'_>,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(signature), Some(timestamp)) = (text("x-hubspot-signature-v3"), text("x-hubspot-request-timestamp"))
    else {
        return Some("the headers `X-HubSpot-Signature-v3` and `X-HubSpot-Request-Timestamp` are missing");
    };
    let Some(signed_at) = timestamp.parse().ok().and_then(DateTime::from_timestamp_millis) else {
        return Some("`X-HubSpot-Request-Timestamp` is no number of milliseconds");
    };
    let age = now - signed_at;
    if age > HUBSPOT_AGE_MAX || age < -HUBSPOT_AGE_MAX {
        return Some("the request was signed more than five minutes ago, or this machine's clock is wrong");
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()) else { return Some("the secret is no key") };
    mac.update(request.method.as_bytes());
    mac.update(decoded(request.uri).as_bytes());
    mac.update(request.body);
    mac.update(timestamp.as_bytes());
    match STANDARD.decode(signature.trim()) {
        Ok(signature) if mac.verify_slice(&signature).is_ok() => None,
        _ => Some("the signature is wrong"),
    }
}

fn decoded(uri: &str) -> String {
    HUBSPOT_DECODED.iter().fold(uri.to_owned(), |uri, (encoded, sign)| {
        uri.replace(encoded, sign).replace(&encoded.to_ascii_lowercase(), sign)
    })
}

/// Two digests have one length, so a comparison reveals nothing of the secret's.
fn is_secret(secret: &Secret, sent: &str) -> bool {
    Sha256::digest(&secret.0).ct_eq(&Sha256::digest(sent)).into()
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"))
        };
        all.iter().map(header).collect()
    }

    // Made by Python: hmac.new(b"segment secret", BODY, "sha1").hexdigest().
    const SEGMENT_BODY: &[u8] = br#"{"type":"track","messageId":"m1","userId":"17","event":"Signed Up"}"#;
    const SEGMENT_SIGNATURE: &str = "17b90a8f7322f35b1d61f79259d1b41e20e2297a";

    #[test]
    fn segment_signs_the_body_and_rudderstack_sends_the_secret() {
        let secret = Secret("segment secret".to_owned());
        let check = |all: &[(&'static str, &str)], body: &[u8]| is_of_segment(&secret, &headers(all), body);
        assert!(check(&[("x-signature", SEGMENT_SIGNATURE)], SEGMENT_BODY));
        assert!(!check(&[("x-signature", SEGMENT_SIGNATURE)], b"{}"));
        assert!(!check(&[("x-signature", "")], SEGMENT_BODY) && !check(&[("x-signature", "zz")], SEGMENT_BODY));
        assert!(!check(&[], SEGMENT_BODY));
        // rudder:segment secret
        assert!(check(&[("authorization", "Basic cnVkZGVyOnNlZ21lbnQgc2VjcmV0")], SEGMENT_BODY));
        assert!(check(&[("authorization", "Bearer segment secret")], SEGMENT_BODY));
        assert!(!check(&[("authorization", "Bearer segment")], SEGMENT_BODY));
        let both = [("x-signature", "00"), ("authorization", "Bearer segment secret")];
        assert!(!check(&both, SEGMENT_BODY), "a wrong signature is wrong whatever else is right");
    }

    // Made by Python: base64.b64encode(hmac.new(b"hubspot secret", b"POST" + URI + BODY + b"1772323200000", "sha256").digest()),
    // of the decoded address.
    const HUBSPOT_BODY: &[u8] = br#"[{"eventId":1,"subscriptionType":"contact.creation","objectId":123}]"#;
    const HUBSPOT_URI: &str = "https://leads.example.com/v1/webhooks/hubspot?portal=a%3Ab%2fc";
    const HUBSPOT_SIGNATURE: &str = "EWVgpTjfwTzIHYFEvkdPiLXq2HVyx0ByK/nTakQR+es=";

    #[test]
    fn hubspot_signs_method_address_body_and_time() {
        let secret = Secret("hubspot secret".to_owned());
        let signed_at = DateTime::from_timestamp_millis(1_772_323_200_000).expect("a time");
        let both =
            headers(&[("x-hubspot-signature-v3", HUBSPOT_SIGNATURE), ("x-hubspot-request-timestamp", "1772323200000")]);
        let request = HubspotRequest { method: "POST", uri: HUBSPOT_URI, body: HUBSPOT_BODY };
        let check = |headers: &HeaderMap, request, minutes| {
            problem_of_hubspot(&secret, headers, request, signed_at + TimeDelta::minutes(minutes))
        };
        assert_eq!(check(&both, request, 0), None);
        assert_eq!(check(&both, request, 5), None);
        assert!(check(&both, request, 6).is_some_and(|problem| problem.contains("five minutes")));
        assert!(check(&both, request, -6).is_some_and(|problem| problem.contains("five minutes")));
        let wrong = Some("the signature is wrong");
        assert_eq!(check(&both, HubspotRequest { body: b"[]", ..request }, 0), wrong);
        assert_eq!(check(&both, HubspotRequest { uri: "https://leads.example.com/", ..request }, 0), wrong);
        assert_eq!(check(&both, HubspotRequest { method: "PUT", ..request }, 0), wrong);
        let later =
            headers(&[("x-hubspot-signature-v3", HUBSPOT_SIGNATURE), ("x-hubspot-request-timestamp", "1772323200001")]);
        assert_eq!(check(&later, request, 0), wrong);
        assert!(check(&HeaderMap::new(), request, 0).is_some());
    }
}
