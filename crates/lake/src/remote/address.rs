//! The parts of a URL, and what of it may be shown.

use crate::error::Error;

/// A URL of an object store or of the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    /// The bucket or container; of the web, the host with its port, and user and password before them if there are any.
    pub(super) host: String,
    /// The key, or the path without its first slash, as it is written.
    pub(super) path: String,
    /// What follows the path in a URL of the web, with its question mark: often a signature.
    pub(super) query: String,
}

/// The kinds of URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    S3,
    Google,
    Azure,
    Https,
    Http,
}

const SCHEMES: [(&str, Scheme); 8] = [
    ("s3://", Scheme::S3),
    ("s3a://", Scheme::S3),
    ("gs://", Scheme::Google),
    ("az://", Scheme::Azure),
    ("abfs://", Scheme::Azure),
    ("abfss://", Scheme::Azure),
    ("https://", Scheme::Https),
    ("http://", Scheme::Http),
];

/// Returns whether a location is a URL that [`fetch`](super::fetch()) reads.
pub fn is_url(location: &str) -> bool {
    SCHEMES.iter().any(|(prefix, _)| location.starts_with(prefix))
}

impl Address {
    /// Takes a URL apart.
    pub(super) fn parse(url: &str) -> Result<Address, Error> {
        let known = SCHEMES.iter().find_map(|(prefix, scheme)| Some((*scheme, url.strip_prefix(prefix)?)));
        let Some((scheme, rest)) = known else {
            let problem = "expected a URL that begins with s3://, gs://, az://, https:// or http://".to_owned();
            return Err(Error::Fetch { url: url.chars().take(20).collect(), problem });
        };
        let is_web = matches!(scheme, Scheme::Https | Scheme::Http);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, query) = match path.find('?').filter(|_| is_web) {
            Some(at) => (&path[..at], &path[at..]),
            None => (path, ""),
        };
        // A fragment names a place in a page, and is not sent.
        let [path, query] =
            [path, query].map(|part| if is_web { part.split('#').next().unwrap_or_default() } else { part });
        let address = Address { scheme, host: host.to_owned(), path: path.to_owned(), query: query.to_owned() };
        if address.host.is_empty() || address.path.is_empty() {
            let problem = "expected a host or bucket, and a path after it".to_owned();
            return Err(Error::Fetch { url: address.shown(), problem });
        }
        Ok(address)
    }

    /// Returns the URL as messages show it: without a password or signature.
    pub(super) fn shown(&self) -> String {
        self.of_path(&self.path)
    }

    /// Returns the URL of another file of the same store, as messages show it.
    pub(super) fn of_path(&self, path: &str) -> String {
        format!("{}{}/{path}", self.prefix(), self.host_alone())
    }

    /// Returns the error of this URL. Whatever the store says of it, its secrets are not shown.
    pub(super) fn error(&self, problem: &dyn std::fmt::Display) -> Error {
        let mut problem = problem.to_string();
        let user = self.host.strip_suffix(self.host_alone()).unwrap_or_default();
        for secret in [self.query.trim_start_matches('?'), user.trim_end_matches('@')] {
            if !secret.is_empty() {
                problem = problem.replace(secret, "…");
            }
        }
        Error::Fetch { url: self.shown(), problem }
    }

    /// Returns the name of the scheme.
    pub(super) fn scheme_name(&self) -> &'static str {
        self.prefix().trim_end_matches("://")
    }

    /// Returns the scheme as it begins a URL.
    pub(super) fn prefix(&self) -> &'static str {
        SCHEMES.iter().find(|(_, scheme)| *scheme == self.scheme).map_or("", |(prefix, _)| prefix)
    }

    fn host_alone(&self) -> &str {
        self.host.rsplit('@').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let address = Address::parse("https://me:secret@example.com:8443/a/b%20c.csv?sig=hidden#top").expect("a URL");
        assert_eq!(address.host, "me:secret@example.com:8443");
        assert_eq!((address.path.as_str(), address.query.as_str()), ("a/b%20c.csv", "?sig=hidden"));
        assert_eq!(address.shown(), "https://example.com:8443/a/b%20c.csv");
        let said = "cannot get https://me:secret@example.com:8443/a/b%20c.csv?sig=hidden: refused";
        let error = address.error(&said).to_string();
        assert!(!error.contains("secret") && !error.contains("hidden") && error.contains("refused"), "{error}");
    }

    #[test]
    fn keys_are_as_they_are_written() {
        let address = Address::parse("s3://bucket/exports/what?.csv").expect("a URL");
        assert_eq!((address.host.as_str(), address.path.as_str()), ("bucket", "exports/what?.csv"));
        for wrong in ["s3://bucket", "https:///x", "ftp://x/y"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
