//! Giving back what the database file no longer needs.

use anyhow::{Context, Result};
use serde::Serialize;
use sqlx::Executor;

use super::database::Store;

/// A file is written anew if at least this share of its pages is free: that takes a while, and as much room again.
const FREE_SHARE_MIN: f64 = 0.25;

/// A smaller file is not worth it.
const FREE_BYTES_MIN: i64 = 8 << 20;

/// What a compaction did.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Compacted {
    /// Bytes of the file before.
    pub(crate) bytes_before: u64,
    /// Bytes of the file after.
    pub(crate) bytes_after: u64,
    /// Whether the file was written anew; else there was too little to gain.
    pub(crate) is_rewritten: bool,
}

impl Store {
    /// Brings the planner's statistics up to date, empties the log, and writes the file anew if much of it is free. No row
    /// changes. Writers wait meanwhile; what a server answers is in its journal.
    pub(crate) async fn compact(&self) -> Result<Compacted> {
        let cannot = || format!("cannot compact the operational database `{}`", self.path.display());
        let bytes = || std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        let bytes_before = bytes();
        let mut writer = self.writer.acquire().await.with_context(cannot)?;
        writer.execute("PRAGMA optimize").await.with_context(cannot)?;
        let number = async |sql: &'static str, writer: &mut sqlx::SqliteConnection| -> Result<i64> {
            sqlx::query_scalar(sql).fetch_one(writer).await.with_context(cannot)
        };
        let free = number("PRAGMA freelist_count", &mut writer).await?;
        let pages = number("PRAGMA page_count", &mut writer).await?;
        let page_bytes = number("PRAGMA page_size", &mut writer).await?;
        let is_rewritten =
            free.saturating_mul(page_bytes) >= FREE_BYTES_MIN && free as f64 >= FREE_SHARE_MIN * pages as f64;
        if is_rewritten {
            writer.execute("VACUUM").await.with_context(cannot)?;
        }
        // If readers are in its way, the log is emptied another time.
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.with_context(cannot)?;
        Ok(Compacted { bytes_before, bytes_after: bytes(), is_rewritten })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Executor;

    use super::super::tests::{empty, prediction};

    #[tokio::test]
    async fn a_file_with_much_room_becomes_smaller_and_keeps_its_rows() {
        let (store, _folder) = empty().await;
        let kept = prediction("p1", "ada", 1, 0.5);
        store.insert_predictions(std::slice::from_ref(&kept)).await.expect("written");
        assert!(!store.compact().await.expect("compacted").is_rewritten);
        store.writer.execute("CREATE TABLE large AS SELECT zeroblob(20000000) AS zeros").await.expect("made");
        store.writer.execute("DROP TABLE large").await.expect("dropped");
        let compacted = store.compact().await.expect("compacted");
        assert!(compacted.is_rewritten && compacted.bytes_after < 10_000_000, "{compacted:?}");
        assert_eq!(store.prediction("p1").await.expect("read"), Some(kept));
    }
}
