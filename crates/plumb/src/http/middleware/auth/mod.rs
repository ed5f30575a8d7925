//! Authentication: access keys with AWS Signature Version 4 (`sigv4`), or a token; and what follows from wrong ones
//! (`failures`, `audit`).

mod audit;
mod credentials;
mod failures;
mod keys;
mod sigv4;
mod sigv4_canonical;

pub(crate) use credentials::Auth;
pub(in crate::http) use credentials::Claim;
pub(in crate::http) use failures::CredentialName;
pub use sigv4::Signature;
