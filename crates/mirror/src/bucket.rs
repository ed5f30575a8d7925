//! A bucket with a prefix: the store behind a URL, with the credentials of the environment.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{GetResult, ObjectStore, ObjectStoreExt};
use plumb_buckets::{Provider, open, with_causes};

use crate::error::Error;

/// A shorter value of a variable is not looked for in messages: it would be found in words.
const SECRET_LENGTH_MIN: usize = 8;

/// A bucket, and the prefix in it that belongs to one data folder.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) store: Arc<dyn ObjectStore>,
    prefix: Path,
    url: String,
    secrets: Vec<String>,
}

impl Bucket {
    /// Opens `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix` with the settings of environment
    /// variables, by the names that each provider's own programs read. Nothing is asked of the store yet.
    pub fn open(url: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Bucket, Error> {
        let problem = |problem: &str| Error::Address { url: shown(url), problem: problem.to_owned() };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| problem(EXPECTED))?;
        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || host.contains(['@', '?', '#', ':']) {
            return Err(problem("expected the name of a bucket after `://`; credentials come from the environment"));
        }
        let prefix = Path::parse(prefix.trim_matches('/')).map_err(|error| problem(&error.to_string()))?;
        let variables: Vec<_> = variables.into_iter().collect();
        let provider = match scheme {
            "s3" => Provider::S3,
            "gs" => Provider::Google,
            "az" => Provider::Azure,
            _ => return Err(problem(EXPECTED)),
        };
        let store = open(provider, scheme, host, &variables);
        let is_secret = |name: &str| ["SECRET", "TOKEN", "KEY", "SAS"].iter().any(|word| name.contains(word));
        let secrets = variables.into_iter().filter(|(name, value)| is_secret(name) && value.len() >= SECRET_LENGTH_MIN);
        Ok(Bucket {
            store: store.map_err(|error| problem(&error.to_string()))?,
            prefix,
            url: url.trim_end_matches('/').to_owned(),
            secrets: secrets.map(|(_, value)| value).collect(),
        })
    }

    /// Returns the URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the place of an object.
    pub(crate) fn path(&self, object: &str) -> Path {
        Path::from_iter(self.prefix.parts().chain(Path::from(object).parts()))
    }

    /// Returns an object's URL.
    pub(crate) fn url_of(&self, object: &str) -> String {
        format!("{}/{object}", self.url)
    }

    /// Begins to read an object; `None` if there is none.
    pub(crate) async fn get(&self, object: &str) -> Result<Option<GetResult>, Error> {
        match self.store.get(&self.path(object)).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.error("read", object, &error)),
        }
    }

    /// Returns the error of an object.
    pub(crate) fn error(&self, doing: &'static str, object: &str, error: &object_store::Error) -> Error {
        let mut problem = said(error);
        for secret in &self.secrets {
            problem = problem.replace(secret.as_str(), "…");
        }
        Error::Store { doing, url: self.url_of(object), problem }
    }
}

const EXPECTED: &str = "expected a URL such as `s3://bucket/prefix`, or one with gs:// or az://";

/// Returns a URL without what may be a password or a signature in it.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or_default())
}

/// Returns whether an object is not there, while its bucket is.
fn is_absent(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && !with_causes(error).contains("NoSuchBucket")
}

/// Returns what a store says, with what to do where it is known.
fn said(error: &object_store::Error) -> String {
    let text = with_causes(error);
    if text.contains("NoSuchBucket") {
        return "there is no such bucket: create it, or correct `url` in `[store]`".to_owned();
    }
    if text.contains("169.254.169.254") || text.contains("metadata.google") {
        return "no credentials: set them in the environment, as for the store's own programs (of S3 \
                AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION)"
            .to_owned();
    }
    match error {
        object_store::Error::NotFound { .. } => "there is no such object".to_owned(),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            "access is denied: check the credentials in the environment (of S3 AWS_ACCESS_KEY_ID, \
             AWS_SECRET_ACCESS_KEY and AWS_REGION), and that they may read, write and list here"
                .to_owned()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_url_is_refused_without_its_secrets() {
        for url in ["bucket", "ftp://x/y", "s3://", "s3://me:hidden@bucket/x", "s3://bucket?sig=hidden"] {
            let error = Bucket::open(url, []).err().expect("it is wrong").to_string();
            assert!(!error.contains("hidden"), "{error}");
        }
        assert!(Bucket::open("s3://bucket", []).is_ok() && Bucket::open("s3://bucket/a/b/", []).is_ok());
    }
}
