//! The store of a URL, with the credentials of the environment.

use std::sync::Arc;

use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore};
use plumb_buckets::{Provider, environment, open, retry};

use super::address::{Address, Scheme};
use crate::error::Error;

/// Returns the store of a URL.
pub(super) fn store_of(address: &Address) -> Result<Arc<dyn ObjectStore>, Error> {
    let bucket = |provider| open(provider, address.scheme_name(), &address.host, &environment());
    let opened = match address.scheme {
        Scheme::S3 => bucket(Provider::S3),
        Scheme::Google => bucket(Provider::Google),
        Scheme::Azure => bucket(Provider::Azure),
        Scheme::Https | Scheme::Http => web(address),
    };
    opened.map_err(|error| address.error(&error))
}

fn web(address: &Address) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    // Of what is added to it, the store keeps the query at the end.
    let url = format!("{}{}/{}", address.prefix(), address.host, address.query);
    let options = ClientOptions::new().with_allow_http(address.scheme == Scheme::Http);
    Ok(Arc::new(HttpBuilder::new().with_url(url).with_client_options(options).with_retry(retry()).build()?))
}

/// Returns the place of a URL in its store.
pub(super) fn path_of(address: &Address) -> Result<Path, Error> {
    let path = match address.scheme {
        Scheme::Https | Scheme::Http => Path::from_url_path(&address.path),
        _ => Path::parse(&address.path),
    };
    path.map_err(|error| address.error(&error))
}
