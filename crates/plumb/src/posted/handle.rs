//! The posted rows of a running server: accepts rows, and gives those that the ground lacks to lookups of leads.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, POSTED_EVENTS, POSTED_LEADS, PostedRelation, posted_folder};

use super::outcome::{PostError, PostOutcome, PostStatus, PostedCounts};
use super::overlay::{KnownLead, row_bytes};
use super::recent_ids::{ID_BYTES, RecentIds};
use super::recovery::recover;
use super::refusal::Refusal;
use super::row::{LeadRow, Receipt};
use super::row_to_post::RowToPost;
use super::segment::SegmentWriter;
use super::state::{FieldKinds, State};
use crate::memory::{MemoryBudget, Reservation};

/// The most ids that are remembered.
const IDS_MAX: usize = 1 << 20;

/// So many bytes of files are read for the ids in them, the newest, of each source.
const IDS_BYTES: u64 = 256 << 20;

/// The posted rows of a running server.
#[derive(Debug)]
pub(crate) struct Posted {
    events: SegmentWriter,
    leads: SegmentWriter,
    state: Mutex<State>,
    /// The relations that SQL of the project's own gives posted rows to: only an ingestion knows what they become.
    own_sql: BTreeSet<PostedRelation>,
    /// The memory of the rows and ids.
    reservation: Reservation,
    bytes_max: usize,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    duplicates: AtomicU64,
    refused: AtomicU64,
}

/// A row that is going to be written.
struct Pending {
    row: RowToPost,
    line: Vec<u8>,
    content: u64,
}

impl Posted {
    /// Reads what the files of a data folder have, and prepares to add to them. It blocks.
    pub(crate) fn open(
        data: &Path,
        lake: &Lake,
        own_sql: BTreeSet<PostedRelation>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Posted> {
        let bytes_max = memory.state().0 / 4;
        let ids = RecentIds::new((bytes_max / 4 / ID_BYTES).min(IDS_MAX));
        let mut state = State::new(ids);
        let kinds = FieldKinds::of(lake);
        let mut left_out = 0_usize;
        for source in [POSTED_EVENTS, POSTED_LEADS] {
            recover(data, source, lake, IDS_BYTES, |row, from| {
                state.recover(row, &from, &own_sql, &kinds, bytes_max, &mut left_out)
            })?;
        }
        if left_out > 0 {
            tracing::error!(
                "there is no memory for {left_out} posted rows that no score has until `plumb ingest` is run"
            );
        }
        let reservation = memory.begin();
        let reserved = reservation.resize(state.bytes());
        if reserved.is_err() {
            tracing::error!(
                "posted rows that wait for an ingestion take most of the memory for requests: run `plumb ingest`"
            );
        }
        let [events, leads] =
            [POSTED_EVENTS, POSTED_LEADS].map(|source| SegmentWriter::new(&posted_folder(data, source)));
        Ok(Posted {
            events,
            leads,
            state: Mutex::new(state),
            own_sql,
            reservation,
            bytes_max,
            counts: Counts::default(),
        })
    }

    /// Returns whether rows of a relation count in the next score, and not only after an ingestion.
    pub(crate) fn counts_at_once(&self, relation: PostedRelation) -> bool {
        !self.own_sql.contains(&relation)
    }

    /// Returns a lead as it was known at a time, with the rows that this version of the ground lacks, and whether there are
    /// any.
    pub(crate) fn apply(
        &self,
        lake: &Arc<Lake>,
        lead_id: &str,
        as_of: DateTime<Utc>,
        known: Option<KnownLead>,
    ) -> (Option<KnownLead>, bool) {
        let mut state = self.state();
        self.note_version(&mut state, lake);
        state.overlay.apply(lake, lead_id, as_of, known)
    }

    /// Returns how many rows were posted, and how many of them this version of the ground lacks.
    pub(crate) fn counts(&self, lake: &Arc<Lake>) -> PostedCounts {
        let mut state = self.state();
        self.note_version(&mut state, lake);
        let (waiting, bytes) = state.overlay.size();
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { accepted, duplicates, refused } = &self.counts;
        PostedCounts { accepted: of(accepted), duplicates: of(duplicates), refused: of(refused), waiting, bytes }
    }

    /// Returns whether the newest row says that the record of a lead is gone.
    pub(crate) fn is_gone(&self, lead_id: &str) -> bool {
        self.state().overlay.is_gone(lead_id)
    }

    /// Counts rows that were refused before they were rows.
    pub(crate) fn count_refused(&self, rows: usize) {
        self.counts.refused.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Stores rows; when this returns, those that are not refused are on the disk. Values that do not fit their field are a
    /// refusal, or, if the sender cannot mend them, unused.
    pub(crate) async fn post(
        self: &Arc<Posted>,
        lake: &Arc<Lake>,
        now: DateTime<Utc>,
        rows: Vec<RowToPost>,
        is_lenient: bool,
    ) -> Result<Vec<PostOutcome>, PostError> {
        let matched = self.matched(lake, &rows).await?;
        let kinds = FieldKinds::of(lake);
        let (mut outcomes, mut pending) = (Vec::with_capacity(rows.len()), Vec::new());
        {
            let mut state = self.state();
            self.note_version(&mut state, lake);
            let mut seen = HashMap::new();
            for mut row in rows {
                let is_matched = matched.contains(row.lead_key());
                let (mut status, unused) = state.accept(&mut row, &kinds, is_lenient, &mut seen);
                let is_stored = match status {
                    PostStatus::Refused(_) => false,
                    // What is said of a lead once more counts after what another server may have stored.
                    PostStatus::Duplicate => !row.has_own_id(),
                    _ => true,
                };
                if is_stored {
                    let content = row.content();
                    state.written = (state.written + 1).max(Utc::now().timestamp_micros().unsigned_abs());
                    let line = row.line(Receipt::new(now, state.written, content));
                    match line {
                        Ok(line) => pending.push(Pending { row: row.clone(), line, content }),
                        Err(error) => {
                            status = PostStatus::Refused(Refusal::new("", format!("cannot be written: {error}")))
                        }
                    }
                }
                outcomes.push(PostOutcome { id: row.id().to_owned(), status, is_matched, unused });
            }
            self.reserve(&state, &pending)?;
        }
        // It goes on if the caller goes away: what is on the disk counts.
        let posted = self.clone();
        let written = tokio::spawn(async move { posted.write(now, pending).await }).await;
        written.context("the writing of posted rows was interrupted")??;
        for outcome in &outcomes {
            let count = match outcome.status {
                PostStatus::Duplicate => &self.counts.duplicates,
                PostStatus::Refused(_) => &self.counts.refused,
                _ => &self.counts.accepted,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(outcomes)
    }

    /// Returns the keys of rows that are leads.
    async fn matched(&self, lake: &Arc<Lake>, rows: &[RowToPost]) -> Result<BTreeSet<String>> {
        let creates = |row: &&RowToPost| matches!(row, RowToPost::Lead(LeadRow { created_at: Some(_), .. }));
        let mut matched: BTreeSet<String> = rows.iter().filter(creates).map(|row| row.lead_key().to_owned()).collect();
        let keys: BTreeSet<&str> = rows.iter().map(RowToPost::lead_key).collect();
        let unknown: Vec<String> = {
            let state = self.state();
            matched.extend(keys.iter().filter(|key| state.overlay.has_lead(key)).map(|key| (*key).to_owned()));
            keys.into_iter().filter(|key| !matched.contains(*key)).map(str::to_owned).collect()
        };
        if unknown.is_empty() {
            return Ok(matched);
        }
        // A lookup in the ground takes milliseconds, which would block the async thread.
        let (runtime, lake) = (tokio::runtime::Handle::current(), lake.clone());
        let found = tokio::task::spawn_blocking(move || runtime.block_on(lake.known_leads(&unknown))).await;
        matched.extend(found.context("the lookup in the ground was interrupted")??);
        Ok(matched)
    }

    fn reserve(&self, state: &State, pending: &[Pending]) -> Result<(), PostError> {
        let (waiting, _) = state.overlay.size();
        let more: usize = pending.iter().map(|pending| row_bytes(pending.line.len()) + ID_BYTES).sum();
        let total = state.bytes() + more;
        let is_too_much = more > 0 && total > self.bytes_max;
        if is_too_much || self.reservation.resize(total).is_err() {
            return Err(PostError::Full { waiting });
        }
        Ok(())
    }

    async fn write(&self, now: DateTime<Utc>, pending: Vec<Pending>) -> Result<()> {
        let (events, leads): (Vec<Pending>, Vec<Pending>) =
            pending.into_iter().partition(|pending| matches!(pending.row, RowToPost::Event(_)));
        for (writer, pending, relation) in
            [(&self.events, events, PostedRelation::Event), (&self.leads, leads, PostedRelation::Lead)]
        {
            if pending.is_empty() {
                continue;
            }
            let place =
                writer.append(pending.iter().flat_map(|pending| pending.line.iter().copied()).collect()).await?;
            let mut state = self.state();
            let mut end = place.from;
            for Pending { row, line, content, .. } in pending {
                end += line.len() as u64;
                state.remember(&row, content);
                if self.counts_at_once(relation) {
                    state.add(row, now, (&place.file, end), line.len());
                }
            }
        }
        Ok(())
    }

    /// Notes that requests begin with a version of the ground, and gives back the memory of rows that it has.
    fn note_version(&self, state: &mut State, lake: &Arc<Lake>) {
        if state.overlay.note_version(lake) {
            // Less always fits.
            let _ = self.reservation.resize(state.bytes());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
