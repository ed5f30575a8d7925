//! Who may ask. On this machine's own address anybody may, unless told otherwise; where others can reach the server, a
//! request is signed by one of our access keys (AWS Signature Version 4, `signature`) or bears our token.
//!
//! `admit` looks at the headers before a body is read, so that strangers cannot make the server read; a `Claim` is held
//! against the body that came. What claims to be signed by a key of ours and is not, is refused everywhere.

mod keys;
mod signature;

use std::path::Path;

use anyhow::Result;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::Error;
use keys::Keys;
use signature::Claim;

/// The service that requests are signed for.
const SERVICE: &str = "sagemaker";

/// What load balancers ask, who sign nothing; and the stylesheet of the page that says that one has to sign in.
const OPEN: [&str; 4] = ["/ping", "/v2/health/live", "/v2/health/ready", "/style.css"];

/// Who may ask.
#[derive(Debug)]
pub(crate) struct Access {
    keys: Keys,
    /// SHA-256 of the token: two digests have one length, so comparing them tells nothing of the token's.
    token: Option<[u8; 32]>,
    /// Whether a request that says nothing of who is asking is let in.
    open: bool,
}

impl Access {
    /// Access for anybody: of a server that nobody else can reach.
    pub(crate) fn open() -> Access {
        Access { keys: Keys::default(), token: None, open: true }
    }

    /// Access by keys, `ID:SECRET` each, from the environment and a file, and by a token. `open` lets requests in that
    /// bear neither.
    pub(crate) fn of(keys: Option<&str>, file: Option<&Path>, token: Option<&str>, open: bool) -> Result<Access> {
        let token = token.filter(|token| !token.is_empty()).map(|token| Sha256::digest(token).into());
        Ok(Access { keys: Keys::read(keys, file)?, token, open })
    }

    /// Returns whether there is any way to prove who is asking.
    pub(crate) fn can_refuse(&self) -> bool {
        self.token.is_some() || self.keys.any()
    }

    /// Returns the claim of a signature that has to be held against the body, if there is one.
    pub(super) fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<Claim>, Error> {
        if OPEN.contains(&path) {
            return Ok(None);
        }
        let proof = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (scheme, rest) = match proof.as_deref().map(|proof| proof.split_once(' ').unwrap_or((proof, ""))) {
            // Where nothing can be held against it, what SDKs send by themselves does no harm.
            Some(_) if self.open && !self.can_refuse() => return Ok(None),
            None if self.open => return Ok(None),
            None => return Err(Error::unauthorized("this server asks who you are")),
            Some(proof) => proof,
        };
        if scheme.starts_with("AWS4-") {
            return Claim::read(scheme, rest, headers, SERVICE, &self.keys, Utc::now()).map(Some);
        }
        let right = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => self.is_token(rest.trim()),
            "basic" => password(rest.trim()).is_some_and(|password| self.is_token(&password)),
            _ => false,
        };
        if right { Ok(None) } else { Err(Error::unauthorized("the token is not right")) }
    }

    fn is_token(&self, said: &str) -> bool {
        let said: [u8; 32] = Sha256::digest(said).into();
        self.token.is_some_and(|token| token.ct_eq(&said).into())
    }
}

/// Returns the password of a sign-in by name and password; the name may be any.
fn password(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn access(open: bool) -> Access {
        Access::of(Some("AKID:secret"), None, Some("a token"), open).expect("one key")
    }

    #[track_caller]
    fn check(access: &Access, path: &str, proof: Option<&str>, expected: Option<u16>) {
        let mut headers = HeaderMap::new();
        headers.extend(proof.map(|proof| (AUTHORIZATION, HeaderValue::from_str(proof).expect("a header"))));
        let refused = access.admit(path, &headers).err().map(|error| error.status.as_u16());
        assert_eq!(refused, expected, "{path} {proof:?}");
    }

    #[test]
    fn a_token_lets_in_and_nothing_else_does() {
        let shut = access(false);
        check(&shut, "/v1/leads", None, Some(401));
        check(&shut, "/ping", None, None);
        check(&shut, "/v1/leads", Some("Bearer a token"), None);
        check(&shut, "/v1/leads", Some("bearer a token"), None);
        // any:a token
        check(&shut, "/", Some("Basic YW55OmEgdG9rZW4="), None);
        check(&shut, "/", Some("Basic YW55OmE="), Some(401));
        check(&shut, "/", Some("Basic !"), Some(401));
        check(&shut, "/v1/leads", Some("Bearer a toke"), Some(401));
        check(&shut, "/v1/leads", Some("Bearer"), Some(401));
        check(&shut, "/v1/leads", Some("Digest a token"), Some(401));
        check(&shut, "/v1/leads", Some("AWS4-HMAC-SHA256 Credential=x"), Some(403));
    }

    #[test]
    fn an_open_server_refuses_only_what_claims_to_be_ours_and_is_not() {
        check(&access(true), "/v1/leads", None, None);
        check(&access(true), "/v1/leads", Some("Bearer wrong"), Some(401));
        check(&access(true), "/endpoints/a/invocations", Some("AWS4-HMAC-SHA256 Credential=x"), Some(403));
        check(&Access::open(), "/endpoints/a/invocations", Some("AWS4-HMAC-SHA256 Credential=x"), None);
        assert!(!Access::open().can_refuse() && access(true).can_refuse());
        let no_token = Access::of(None, None, Some(""), false).expect("nothing");
        check(&no_token, "/v1/leads", Some("Bearer "), Some(401));
    }
}
