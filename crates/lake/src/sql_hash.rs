//! Hashes of SQL files, by which one tells whether one was changed. Comments and layout have no part in them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::engine::select_only;
use crate::hash::hex;
use crate::sql_file::SqlFile;

/// Returns the hash of each file by its name.
pub fn hashes_of(files: &[SqlFile]) -> BTreeMap<String, String> {
    files.iter().map(|file| (file.name.clone(), hash_of(file))).collect()
}

/// Returns the hash of the statement in a file, as the parser writes it; that of its text if it is no SELECT.
fn hash_of(file: &SqlFile) -> String {
    let text = select_only(file).map_or_else(|_| file.sql.clone(), |parsed| parsed.query.to_string());
    hex(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_does_not_change_the_hash_and_a_word_does() {
        let hash = |sql: &str| hash_of(&SqlFile { name: "sources/lead.sql".into(), sql: sql.into() });
        let first = hash("SELECT id AS lead_key FROM crm.leads");
        assert_eq!(first, hash("-- Our leads.\nSELECT id AS lead_key\nFROM crm.leads;\n"));
        assert_ne!(first, hash("SELECT id AS lead_key FROM crm.people"));
        assert_ne!(hash("no SQL"), hash("none either"));
    }
}
