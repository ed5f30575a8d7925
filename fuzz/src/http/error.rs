//! What stands for the server's own errors here, of which only the text is looked at.

/// Why a request is refused.
#[derive(Debug)]
pub struct Error(pub String);

impl Error {
    pub(crate) fn signature(kind: &'static str, message: impl Into<String>) -> Error {
        Error(format!("{kind}: {}", message.into()))
    }

    pub(crate) fn accept(accept: &str) -> Error {
        Error(accept.to_owned())
    }
}
