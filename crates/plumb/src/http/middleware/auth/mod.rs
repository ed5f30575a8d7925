//! Authentication: access keys with AWS Signature Version 4 (`sigv4`), or a token.

mod credentials;
mod keys;
mod sigv4;

pub(crate) use credentials::Auth;
pub use keys::AccessKeys;
pub use sigv4::Signature;
