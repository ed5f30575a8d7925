//! The bucket of a provider, with the settings of variables.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{Error, ObjectStore, RetryConfig};

use super::loopback::is_loopback;

/// How often a request is tried again, and for how long.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The variables that name another endpoint of S3, the first that is set counts.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// Whose store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon S3, or a server that speaks as it does.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

/// Returns the variables of the environment; those that are no text are of other programs.
pub fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Returns how requests are tried again.
pub fn retry() -> RetryConfig {
    RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() }
}

/// Opens a bucket by what stands in its URL before `://` and after it, as `s3` and `bucket`, or `abfss` and
/// `container@account.dfs.core.windows.net`. Nothing is asked of the store yet.
pub fn open(
    provider: Provider,
    scheme: &str,
    bucket: &str,
    variables: &[(String, String)],
) -> Result<Arc<dyn ObjectStore>, Error> {
    match provider {
        Provider::S3 => s3(bucket, variables),
        Provider::Google => google(bucket, variables),
        Provider::Azure => azure(&format!("{scheme}://{bucket}/"), variables),
    }
}

/// Returns the settings among variables, by the names that a provider's programs read.
fn settings<'a, K: FromStr>(variables: &'a [(String, String)], prefix: &str) -> Vec<(K, &'a str)> {
    let setting = |(name, value): &'a (String, String)| {
        let key = name.starts_with(prefix).then(|| K::from_str(&name.to_ascii_lowercase()).ok()).flatten()?;
        Some((key, value.as_str()))
    };
    variables.iter().filter_map(setting).collect()
}

fn variable<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
    variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

fn s3(bucket: &str, variables: &[(String, String)]) -> Result<Arc<dyn ObjectStore>, Error> {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in settings::<AmazonS3ConfigKey>(variables, "AWS_") {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = ENDPOINTS.iter().find_map(|name| variable(variables, name)) {
        // Without encryption only to this machine: signatures and people's rows would be open on the way.
        let host = endpoint.strip_prefix("http://").and_then(|rest| rest.split('/').next());
        builder = builder.with_allow_http(host.is_some_and(is_loopback)).with_endpoint(endpoint);
    }
    Ok(Arc::new(builder.with_bucket_name(bucket).with_retry(retry()).build()?))
}

fn google(bucket: &str, variables: &[(String, String)]) -> Result<Arc<dyn ObjectStore>, Error> {
    let mut builder = GoogleCloudStorageBuilder::new();
    if let Some(path) = variable(variables, "SERVICE_ACCOUNT") {
        builder = builder.with_service_account_path(path);
    }
    for (key, value) in settings::<GoogleConfigKey>(variables, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    Ok(Arc::new(builder.with_bucket_name(bucket).with_retry(retry()).build()?))
}

fn azure(url: &str, variables: &[(String, String)]) -> Result<Arc<dyn ObjectStore>, Error> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in settings::<AzureConfigKey>(variables, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = variable(variables, "MSI_ENDPOINT") {
        builder = builder.with_msi_endpoint(endpoint.to_owned());
    }
    Ok(Arc::new(builder.with_url(url).with_retry(retry()).build()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_without_encryption_is_this_machine() {
        // Whether plain requests are allowed is seen in what a builder would do alone.
        let open = |endpoint: &str| {
            let variables = [("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned())];
            format!("{:?}", s3("bucket", &variables).expect("nothing is asked yet"))
        };
        for endpoint in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:1/x"] {
            assert!(open(endpoint).contains("allow_http: Parsed(true)"), "{}", open(endpoint));
        }
        for endpoint in ["http://example.com", "https://127.0.0.1", "http://127.0.0.1.example.com"] {
            assert!(!open(endpoint).contains("allow_http: Parsed(true)"), "{}", open(endpoint));
        }
    }

    #[test]
    fn each_provider_is_opened_by_its_variables() {
        let variables = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let azure = variables(&[("AZURE_STORAGE_ACCOUNT_NAME", "account"), ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")]);
        let opened = open(Provider::Azure, "az", "container", &azure).expect("it has an account");
        assert!(opened.to_string().contains("container"), "{opened}");
        assert!(open(Provider::Azure, "az", "container", &[]).is_err(), "nobody says whose it is");
        let region = variables(&[("AWS_REGION", "eu-central-1"), ("OTHER", "x")]);
        assert!(open(Provider::S3, "s3", "bucket", &region).expect("it has a name").to_string().contains("bucket"));
    }
}
