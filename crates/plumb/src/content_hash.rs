//! Hashes of contents, by which models, data sets and jobs are named and compared.

use anyhow::{Context, Result};
use plumb_lead::{FeatureSet, Matrix};
use sha2::{Digest, Sha256};

/// Returns the SHA-256 of some bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns the hash of what a model learned from: rows as it sees them, labels, weights and the features themselves.
pub(crate) fn of_rows(features: &FeatureSet, matrix: &Matrix, labels: &[bool], weights: &[f32]) -> Result<String> {
    let mut hasher = Sha256::new();
    matrix.values.iter().chain(weights).for_each(|value| hasher.update(value.to_le_bytes()));
    labels.iter().for_each(|label| hasher.update([u8::from(*label)]));
    hasher.update(serde_json::to_vec(features).context("cannot hash the features")?);
    Ok(hex(&hasher.finalize()))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_the_one_of_sha256sum() {
        // printf abc | sha256sum
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
