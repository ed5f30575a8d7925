//! Which requests are let in. On this machine's own address all are, by default; where others can reach the server, a
//! request is signed by one of our access keys, or bears our token.
//!
//! Headers are checked before a body is read, so that strangers cannot make the server read; a signature is verified with
//! the body. A wrong signature by one of our keys is refused everywhere.

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::failures::{CredentialName, Failures};
use super::keys::AccessKeys;
use super::sigv4::Signature;
use crate::http::error::Error;

/// The service that requests are signed for.
const SERVICE: &str = "sagemaker";

/// Which requests are let in.
#[derive(Debug)]
pub(crate) struct Auth {
    keys: AccessKeys,
    token: Option<Token>,
    /// Whether a request without credentials is let in.
    open: bool,
    failures: Failures,
}

/// SHA-256 of the token: two digests have one length, so a comparison reveals nothing of the token's.
#[derive(Debug)]
struct Token {
    digest: [u8; 32],
    length: usize,
}

/// What the headers of a request say of its caller.
#[derive(Debug)]
pub(in crate::http) enum Claim {
    /// Nothing, and nothing is asked.
    Anonymous,
    /// The token, which is right.
    Token,
    /// A signature, which has to be verified with the body.
    Signed(Signature),
}

impl Auth {
    /// Lets all requests in: for a server that nobody else can reach.
    pub(crate) fn open() -> Auth {
        Auth { keys: AccessKeys::default(), token: None, open: true, failures: Failures::new() }
    }

    /// Lets requests in by access keys, `ID:SECRET` each, from the environment and a file, and by a token. `open` lets
    /// requests without credentials in, too.
    pub(crate) fn new(keys: Option<&str>, file: Option<&Path>, token: Option<&str>, open: bool) -> Result<Auth> {
        let token = token.filter(|token| !token.is_empty());
        let token = token.map(|token| Token { digest: Sha256::digest(token).into(), length: token.len() });
        Ok(Auth { keys: AccessKeys::read(keys, file)?, token, open, failures: Failures::new() })
    }

    /// Returns whether there are any credentials to check requests against.
    pub(crate) fn has_credentials(&self) -> bool {
        self.token.is_some() || self.keys.any()
    }

    /// Returns whether a request without credentials is let in.
    pub(in crate::http) fn is_open(&self) -> bool {
        self.open
    }

    /// Reads the file of keys again, and returns how many keys are valid.
    pub(in crate::http) fn reload(&self) -> Result<usize> {
        self.keys.reload()
    }

    /// Checks the headers of a request that came from an address.
    pub(in crate::http) fn authenticate(&self, headers: &HeaderMap, address: IpAddr) -> Result<Claim, Error> {
        let header = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let (scheme, rest) = match header.as_deref().map(|header| header.split_once(' ').unwrap_or((header, ""))) {
            // Without credentials to check against, what SDKs send by themselves does no harm.
            Some(_) if self.open && !self.has_credentials() => return Ok(Claim::Anonymous),
            None if self.open => return Ok(Claim::Anonymous),
            None => return Err(Error::unauthorized("this server asks who you are")),
            Some(parts) => parts,
        };
        if scheme.starts_with("AWS4-") {
            let signature = Signature::parse(scheme, rest, headers, SERVICE, Utc::now())?;
            let name = CredentialName::Key(signature.key_id().into());
            self.look_at(&name, address)?;
            if self.keys.secret(signature.key_id()).is_none() {
                self.failures.failed(address, &name, Instant::now());
                return Err(unknown_key());
            }
            return Ok(Claim::Signed(signature));
        }
        self.look_at(&CredentialName::Token, address)?;
        let right = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => self.token_matches(rest.trim()),
            "basic" => password(rest.trim()).and_then(|password| self.token_matches(&password)),
            _ => None,
        };
        match right {
            Some(token) => {
                self.failures.succeeded(address, &CredentialName::Token, token.length, Instant::now());
                Ok(Claim::Token)
            }
            None => {
                self.failures.failed(address, &CredentialName::Token, Instant::now());
                Err(Error::unauthorized("the token is wrong"))
            }
        }
    }

    /// Verifies what the headers claimed with the body; returns which credential it was, if there was one.
    pub(in crate::http) fn verify(
        &self,
        claim: Claim,
        address: IpAddr,
        request: (&Method, &Uri, &HeaderMap),
        body: &[u8],
    ) -> Result<Option<CredentialName>, Error> {
        let signature = match claim {
            Claim::Anonymous => return Ok(None),
            Claim::Token => return Ok(Some(CredentialName::Token)),
            Claim::Signed(signature) => signature,
        };
        let name = CredentialName::Key(signature.key_id().into());
        // Again: thousands may have sent their headers before the first of them was wrong.
        self.look_at(&name, address)?;
        let Some(secret) = self.keys.secret(signature.key_id()) else { return Err(unknown_key()) };
        let (method, uri, headers) = request;
        match signature.verify(&secret, method, uri, headers, body) {
            Ok(()) => {
                self.failures.succeeded(address, &name, secret.len(), Instant::now());
                Ok(Some(name))
            }
            Err(error) => {
                self.failures.failed(address, &name, Instant::now());
                Err(error)
            }
        }
    }

    /// Refuses a credential that is not looked at for a while.
    fn look_at(&self, name: &CredentialName, address: IpAddr) -> Result<(), Error> {
        match self.failures.pause(address, name, Instant::now()) {
            Some(left) => Err(Error::too_many_failures(left.max(Duration::from_secs(1)))),
            None => Ok(()),
        }
    }

    fn token_matches(&self, sent: &str) -> Option<&Token> {
        let sent: [u8; 32] = Sha256::digest(sent).into();
        self.token.as_ref().filter(|token| token.digest.ct_eq(&sent).into())
    }
}

fn unknown_key() -> Error {
    let message = "the security token included in the request is invalid: its key is none of ours";
    Error::signature("UnrecognizedClientException", message)
}

/// Returns the password of a sign-in by name and password; the name may be any.
fn password(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::HeaderValue;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn auth(open: bool) -> Auth {
        Auth::new(Some("AKID:secret"), None, Some("a token"), open).expect("one key")
    }

    #[track_caller]
    fn check(auth: &Auth, header: Option<&str>, expected: Option<u16>) {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|header| (AUTHORIZATION, HeaderValue::from_str(header).expect("a header"))));
        let refused = auth.authenticate(&headers, HERE).err().map(|error| error.status.as_u16());
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

    /// Sends a token, and returns the status.
    fn sent(auth: &Auth, token: &str, last: u8) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).expect("a header"));
        let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
        auth.authenticate(&headers, address).err().map_or(200, |error| error.status.as_u16())
    }

    #[test]
    fn guesses_are_not_looked_at_after_a_few_and_the_owner_is_let_in() {
        let token = "0123456789abcdef0123456789abcdef";
        let auth = Auth::new(None, None, Some(token), false).expect("a token");
        assert_eq!(sent(&auth, token, 1), 200);
        let guesses: Vec<u16> = (0..3_000).map(|guess| sent(&auth, &format!("guess {guess}"), 2)).collect();
        assert!(guesses.iter().filter(|status| **status == 401).count() < 20 && guesses.ends_with(&[429, 429]));
        assert_eq!(sent(&auth, token, 2), 429, "the right one is not looked at either, or guessing would go on");
        assert_eq!(sent(&auth, token, 1), 200, "another address does not notice");
        let right = (0..3_000).filter(|guess| sent(&auth, &format!("guess {guess}"), 1) == 200);
        assert_eq!(right.count(), 0);
        assert_eq!(sent(&auth, token, 1), 200, "an owner who was let in from there before is not locked out");
        let short = Auth::new(None, None, Some("short"), false).expect("a token");
        assert_eq!(sent(&short, "short", 1), 200);
        assert_eq!((0..100).filter(|guess| sent(&short, &format!("guess {guess}"), 1) == 200).count(), 0);
        assert_eq!(sent(&short, "short", 1), 429, "a short one could be guessed meanwhile");
    }

    #[test]
    fn keys_that_are_not_ours_are_guesses_too() {
        let auth = auth(false);
        let mut headers = HeaderMap::new();
        let now = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
        headers.insert("host", HeaderValue::from_static("a"));
        headers.insert("x-amz-date", HeaderValue::from_str(&now).expect("a header"));
        let mut status = |id: &str| {
            let value = format!(
                "AWS4-HMAC-SHA256 Credential={id}/{}/r/sagemaker/aws4_request, SignedHeaders=host;x-amz-date, Signature={}",
                &now[..8],
                "0".repeat(64)
            );
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&value).expect("a header"));
            auth.authenticate(&headers, HERE).err().map(|error| error.status.as_u16())
        };
        assert_eq!(status("AKID"), None);
        let refused: Vec<_> = (0..100).map(|guess| status(&format!("GUESS{guess}"))).collect();
        assert_eq!((refused[0], refused[99]), (Some(403), Some(429)));
        assert_eq!(status("AKID"), Some(429));
    }
}
