//! What keeps strangers out of a cluster: a secret that all its parts share, sent with every request.
//!
//! Ballista has no place for it but the name that a client gives itself, so that is where it goes. It keeps others from
//! asking; it hides nothing from whoever reads the network.

use std::sync::Arc;

use ballista_core::extension::{EndpointOverrideFn, SessionConfigExt};
use datafusion::prelude::SessionConfig;
use sha2::{Digest, Sha256};
use tonic::service::interceptor::InterceptorLayer;
use tonic::{Request, Status};

use super::functions::VERSION;

/// The secret of a cluster; none, and everybody is let in.
#[derive(Clone, Default)]
pub struct Token(Option<String>);

impl Token {
    /// Returns a token of this text, which is nothing but letters, digits and `-._~`; `None` if it is not.
    pub fn new(text: &str) -> Option<Token> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (!text.is_empty() && text.bytes().all(allowed)).then(|| Token(Some(text.to_owned())))
    }

    /// Returns what makes every connection carry the token.
    pub(super) fn endpoint(&self) -> EndpointOverrideFn {
        let name = self.name();
        Arc::new(move |endpoint| Ok(endpoint.user_agent(name.as_str())?))
    }

    /// Returns settings in which every connection carries the token.
    pub(super) fn config(&self, config: SessionConfig) -> SessionConfig {
        config.with_ballista_override_create_grpc_client_endpoint(self.endpoint())
    }

    /// Returns what lets in who carries the token.
    pub(super) fn guard(
        &self,
    ) -> InterceptorLayer<impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone + use<>> {
        let expected = self.0.is_some().then(|| digest(&self.name()));
        InterceptorLayer::new(move |request: Request<()>| {
            let name = request.metadata().get("user-agent").and_then(|name| name.to_str().ok()).unwrap_or_default();
            // The client's library adds its own name.
            let given = digest(name.rsplit_once(' ').map_or(name, |(given, _)| given));
            match expected {
                Some(expected) if given != expected => Err(Status::unauthenticated(
                    "the cluster wants its token: set PLUMB_CLUSTER_TOKEN to what its scheduler was started with",
                )),
                _ => Ok(request),
            }
        })
    }

    fn name(&self) -> String {
        let token = self.0.as_deref().unwrap_or("none");
        format!("plumb/{VERSION} token/{token}")
    }
}

impl std::fmt::Debug for Token {
    /// A secret has no place in a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_some() { "Token(secret)" } else { "Token(none)" })
    }
}

/// Hashed, two texts are compared in the same time wherever they differ.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown_and_is_a_plain_word() {
        let token = Token::new("not-to-be-seen").expect("a plain word");
        assert_eq!(format!("{token:?}"), "Token(secret)");
        assert!(Token::new("").is_none() && Token::new("two words").is_none() && Token::new("line\nbreak").is_none());
    }
}
