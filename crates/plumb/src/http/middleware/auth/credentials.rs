//! Which requests are let in. On this machine's own address all are, by default; where others can reach the server, a
//! request is signed by one of our access keys, or bears our token.
//!
//! Headers are checked before a body is read, so that strangers cannot make the server read; a signature is verified with
//! the body. A wrong signature by one of our keys is refused everywhere.

use std::path::Path;

use anyhow::Result;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::keys::AccessKeys;
use super::sigv4::Signature;
use crate::http::error::Error;

/// The service that requests are signed for.
const SERVICE: &str = "sagemaker";

/// Which requests are let in.
#[derive(Debug)]
pub(crate) struct Auth {
    keys: AccessKeys,
    /// SHA-256 of the token: two digests have one length, so a comparison reveals nothing of the token's.
    token: Option<[u8; 32]>,
    /// Whether a request without credentials is let in.
    open: bool,
}

impl Auth {
    /// Lets all requests in: for a server that nobody else can reach.
    pub(crate) fn open() -> Auth {
        Auth { keys: AccessKeys::default(), token: None, open: true }
    }

    /// Lets requests in by access keys, `ID:SECRET` each, from the environment and a file, and by a token. `open` lets
    /// requests without credentials in, too.
    pub(crate) fn new(keys: Option<&str>, file: Option<&Path>, token: Option<&str>, open: bool) -> Result<Auth> {
        let token = token.filter(|token| !token.is_empty()).map(|token| Sha256::digest(token).into());
        Ok(Auth { keys: AccessKeys::read(keys, file)?, token, open })
    }

    /// Returns whether there are any credentials to check requests against.
    pub(crate) fn has_credentials(&self) -> bool {
        self.token.is_some() || self.keys.any()
    }

    /// Checks the headers, and returns the signature that has to be verified with the body, if there is one.
    pub(in crate::http) fn authenticate(&self, headers: &HeaderMap) -> Result<Option<Signature>, Error> {
        let header = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (scheme, rest) = match header.as_deref().map(|header| header.split_once(' ').unwrap_or((header, ""))) {
            // Without credentials to check against, what SDKs send by themselves does no harm.
            Some(_) if self.open && !self.has_credentials() => return Ok(None),
            None if self.open => return Ok(None),
            None => return Err(Error::unauthorized("this server asks who you are")),
            Some(parts) => parts,
        };
        if scheme.starts_with("AWS4-") {
            return Signature::parse(scheme, rest, headers, SERVICE, &self.keys, Utc::now()).map(Some);
        }
        let right = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => self.is_token(rest.trim()),
            "basic" => password(rest.trim()).is_some_and(|password| self.is_token(&password)),
            _ => false,
        };
        if right { Ok(None) } else { Err(Error::unauthorized("the token is wrong")) }
    }

    fn is_token(&self, sent: &str) -> bool {
        let sent: [u8; 32] = Sha256::digest(sent).into();
        self.token.is_some_and(|token| token.ct_eq(&sent).into())
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

    fn auth(open: bool) -> Auth {
        Auth::new(Some("AKID:secret"), None, Some("a token"), open).expect("one key")
    }

    #[track_caller]
    fn check(auth: &Auth, header: Option<&str>, expected: Option<u16>) {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|header| (AUTHORIZATION, HeaderValue::from_str(header).expect("a header"))));
        let refused = auth.authenticate(&headers).err().map(|error| error.status.as_u16());
        assert_eq!(refused, expected, "{header:?}");
    }

    #[test]
    fn the_token_lets_a_request_in_and_nothing_else_does() {
        let closed = auth(false);
        check(&closed, None, Some(401));
        check(&closed, Some("Bearer a token"), None);
        check(&closed, Some("bearer a token"), None);
        // any:a token
        check(&closed, Some("Basic YW55OmEgdG9rZW4="), None);
        check(&closed, Some("Basic YW55OmE="), Some(401));
        check(&closed, Some("Basic !"), Some(401));
        check(&closed, Some("Bearer a toke"), Some(401));
        check(&closed, Some("Bearer"), Some(401));
        check(&closed, Some("Digest a token"), Some(401));
        check(&closed, Some("AWS4-HMAC-SHA256 Credential=x"), Some(403));
    }

    #[test]
    fn an_open_server_refuses_only_wrong_credentials() {
        check(&auth(true), None, None);
        check(&auth(true), Some("Bearer wrong"), Some(401));
        check(&auth(true), Some("AWS4-HMAC-SHA256 Credential=x"), Some(403));
        check(&Auth::open(), Some("AWS4-HMAC-SHA256 Credential=x"), None);
        assert!(!Auth::open().has_credentials() && auth(true).has_credentials());
        let no_token = Auth::new(None, None, Some(""), false).expect("nothing");
        check(&no_token, Some("Bearer "), Some(401));
    }
}
