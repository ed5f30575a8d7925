//! The token of a cluster: a secret that all its processes share, sent with every request.
//!
//! Ballista's only place for it is the client's `user-agent`. It authenticates requests and encrypts nothing.

use std::sync::Arc;

use ballista_core::extension::{EndpointOverrideFn, SessionConfigExt};
use datafusion::prelude::SessionConfig;
use sha2::{Digest, Sha256};
use tonic::service::interceptor::InterceptorLayer;
use tonic::{Request, Status};

use super::version::VERSION;

/// The secret of a cluster; without one, every request is accepted.
#[derive(Clone, Default)]
pub struct Token(Option<String>);

impl Token {
    /// Returns a token of this text: letters, digits and `-._~`; `None` if there are other characters.
    pub fn new(text: &str) -> Option<Token> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (!text.is_empty() && text.bytes().all(allowed)).then(|| Token(Some(text.to_owned())))
    }

    /// Returns an override that adds the token to every connection.
    pub(super) fn endpoint(&self) -> EndpointOverrideFn {
        let name = self.user_agent();
        Arc::new(move |endpoint| Ok(endpoint.user_agent(name.as_str())?))
    }

    /// Returns settings that add the token to every connection.
    pub(super) fn config(&self, config: SessionConfig) -> SessionConfig {
        config.with_ballista_override_create_grpc_client_endpoint(self.endpoint())
    }

    /// Returns an interceptor that refuses requests without the token.
    pub(super) fn interceptor(
        &self,
    ) -> InterceptorLayer<impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone + use<>> {
        let expected = self.0.is_some().then(|| digest(&self.user_agent()));
        InterceptorLayer::new(move |request: Request<()>| {
            let name = request.metadata().get("user-agent").and_then(|name| name.to_str().ok()).unwrap_or_default();
            // The client's library adds its own name.
            let given = digest(name.rsplit_once(' ').map_or(name, |(given, _)| given));
            match expected {
                Some(expected) if given != expected => Err(Status::unauthenticated(
                    "the cluster requires its token: set PLUMB_CLUSTER_TOKEN to the token of its scheduler",
                )),
                _ => Ok(request),
            }
        })
    }

    fn user_agent(&self) -> String {
        let token = self.0.as_deref().unwrap_or("none");
        format!("plumb/{VERSION} token/{token}")
    }
}

impl std::fmt::Debug for Token {
    /// The secret is not shown in logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_some() { "Token(secret)" } else { "Token(none)" })
    }
}

/// Hashes a text, so that a comparison takes the same time wherever two texts differ.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown_and_has_no_special_characters() {
        let token = Token::new("not-to-be-seen").expect("a plain word");
        assert_eq!(format!("{token:?}"), "Token(secret)");
        assert!(Token::new("").is_none() && Token::new("two words").is_none() && Token::new("line\nbreak").is_none());
    }
}
