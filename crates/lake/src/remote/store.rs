//! The store of a URL, with the credentials of the environment.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::address::{Address, Scheme};
use crate::error::Error;

/// How often a request is tried again, and for how long.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The variables that name another endpoint of S3, as other programs read them.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// Returns the store of a URL.
pub(super) fn store_of(address: &Address) -> Result<Arc<dyn ObjectStore>, Error> {
    let failed = |error: object_store::Error| address.error(&error);
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    Ok(match address.scheme {
        Scheme::S3 => {
            let mut builder = AmazonS3Builder::from_env().with_bucket_name(&address.host).with_retry(retry);
            if let Some(endpoint) = ENDPOINTS.iter().find_map(|name| std::env::var(name).ok()) {
                // Without encryption only to this machine: signatures and rows would be open on the way.
                let host = endpoint.strip_prefix("http://").and_then(|rest| rest.split('/').next());
                builder = builder.with_allow_http(host.is_some_and(Address::is_loopback)).with_endpoint(endpoint);
            }
            Arc::new(builder.build().map_err(failed)?)
        }
        Scheme::Google => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&address.host).with_retry(retry);
            Arc::new(builder.build().map_err(failed)?)
        }
        Scheme::Azure => {
            let url = format!("{}{}/", address.prefix(), address.host);
            let builder = MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry);
            Arc::new(builder.build().map_err(failed)?)
        }
        Scheme::Https | Scheme::Http => {
            // Of what is added to it, the store keeps the query at the end.
            let url = format!("{}{}/{}", address.prefix(), address.host, address.query);
            let options = ClientOptions::new().with_allow_http(address.scheme == Scheme::Http);
            let builder = HttpBuilder::new().with_url(url).with_client_options(options).with_retry(retry);
            Arc::new(builder.build().map_err(failed)?)
        }
    })
}

/// Returns the place of a URL in its store.
pub(super) fn path_of(address: &Address) -> Result<Path, Error> {
    let path = match address.scheme {
        Scheme::Https | Scheme::Http => Path::from_url_path(&address.path),
        _ => Path::parse(&address.path),
    };
    path.map_err(|error| address.error(&error))
}
