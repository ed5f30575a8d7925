//! A bucket with a prefix: the store behind a URL, with the credentials of the environment.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{GetResult, ObjectStore, ObjectStoreExt, RetryConfig};

use crate::error::Error;

/// How often a request is tried again, and for how long.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The variables that name another endpoint of S3, the first that is set counts.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

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
        let store = match scheme {
            "s3" => s3(host, &variables),
            "gs" => google(host, &variables),
            "az" => azure(host, &variables),
            _ => return Err(problem(EXPECTED)),
        };
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

type Opened = Result<Arc<dyn ObjectStore>, object_store::Error>;

fn retry() -> RetryConfig {
    RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() }
}

/// Returns the settings among variables, by the names that a provider's programs read.
fn settings<'a, K: FromStr>(variables: &'a [(String, String)], prefix: &str) -> Vec<(K, &'a str)> {
    let setting = |(name, value): &'a (String, String)| {
        name.starts_with(prefix)
            .then(|| K::from_str(&name.to_ascii_lowercase()).ok())
            .flatten()
            .map(|key| (key, value.as_str()))
    };
    variables.iter().filter_map(setting).collect()
}

fn s3(bucket: &str, variables: &[(String, String)]) -> Opened {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in settings::<AmazonS3ConfigKey>(variables, "AWS_") {
        builder = builder.with_config(key, value);
    }
    let endpoint = |name: &&str| variables.iter().find(|(other, _)| other == name).map(|(_, value)| value);
    if let Some(endpoint) = ENDPOINTS.iter().find_map(endpoint) {
        // Without encryption only to this machine: signatures and people's rows would be open on the way.
        builder = builder.with_allow_http(is_loopback(endpoint)).with_endpoint(endpoint);
    }
    Ok(Arc::new(builder.with_bucket_name(bucket).with_retry(retry()).build()?))
}

fn google(bucket: &str, variables: &[(String, String)]) -> Opened {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (key, value) in settings::<GoogleConfigKey>(variables, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    Ok(Arc::new(builder.with_bucket_name(bucket).with_retry(retry()).build()?))
}

fn azure(container: &str, variables: &[(String, String)]) -> Opened {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in settings::<AzureConfigKey>(variables, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    Ok(Arc::new(builder.with_container_name(container).with_retry(retry()).build()?))
}

fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns a URL without what may be a password or a signature in it.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or_default())
}

/// Returns whether an object is not there, while its bucket is.
fn is_absent(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && !text_of(error).contains("NoSuchBucket")
}

/// Returns what a store says, with what to do where it is known.
fn said(error: &object_store::Error) -> String {
    let text = text_of(error);
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

fn text_of(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(&format!(": {more}"));
        }
        cause = error.source();
    }
    text
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

    #[test]
    fn an_endpoint_without_encryption_is_this_machine() {
        for endpoint in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:1/x"] {
            assert!(is_loopback(endpoint), "{endpoint}");
        }
        for endpoint in ["http://example.com", "https://127.0.0.1", "http://127.0.0.1.example.com"] {
            assert!(!is_loopback(endpoint), "{endpoint}");
        }
    }
}
