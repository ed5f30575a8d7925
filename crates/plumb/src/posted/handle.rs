//! The posted rows of a running server: accepts rows, and gives those that the ground lacks to lookups of leads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{FieldKind, Lake, POSTED_EVENTS, POSTED_LEADS, PostedRelation, posted_folder};
use plumb_lead::FieldValue;

use super::overlay::{KnownLead, Overlay, row_bytes};
use super::recent_ids::{ID_BYTES, RecentIds};
use super::recovery::{Recovered, RecoveredFrom, recover};
use super::refusal::Refusal;
use super::row::{EventRow, LeadRow, Receipt, hash};
use super::segment::SegmentWriter;
use super::values::{fitting, json_value};
use crate::memory::{MemoryBudget, Reservation};

/// Names of fields that no column of the ground has and that get a raw column of their own all the same, of each relation.
/// What comes beyond is kept in one text, so that callers cannot make more columns than a source may have.
const NAMES_MAX: usize = 500;

/// The most ids that are remembered.
const IDS_MAX: usize = 1 << 20;

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

#[derive(Debug)]
struct State {
    overlay: Overlay,
    ids: RecentIds,
    /// The number of the newest row.
    written: u64,
    /// Names that only raw rows have.
    names: HashMap<PostedRelation, BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    duplicates: AtomicU64,
    refused: AtomicU64,
}

/// How many rows were posted since the server started, and which of them wait for an ingestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostedCounts {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: u64,
    /// Rows that the ground does not have yet.
    pub(crate) waiting: usize,
    /// The memory that they take.
    pub(crate) bytes: usize,
}

/// A row as a caller sends it: its fields are all that it has.
#[derive(Clone, Debug)]
pub(crate) enum RowToPost {
    Event(EventRow),
    Lead(LeadRow),
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PostStatus {
    /// It is on the disk.
    Accepted,
    /// It was posted before.
    Duplicate,
    /// It is on the disk, and counts instead of what was posted under its id before.
    Corrected,
    /// It is on the disk, and a newer change of the same fields came before it.
    Overtaken,
    /// It is not stored.
    Refused(Refusal),
}

/// What became of a row, and what of it counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PostOutcome {
    /// Its id.
    pub(crate) id: String,
    pub(crate) status: PostStatus,
    /// Whether its key is the id of a lead that is known.
    pub(crate) is_matched: bool,
    /// Fields that no column of the ground takes.
    pub(crate) unused: Vec<String>,
}

/// Why none of a request's rows is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// So many rows wait for an ingestion that there is no memory for more.
    #[error("{waiting} posted rows wait for an ingestion, and there is no memory for more of them")]
    Full { waiting: usize },
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
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
        let names =
            HashMap::from([PostedRelation::Lead, PostedRelation::Event].map(|relation| (relation, BTreeSet::new())));
        let mut state = State { overlay: Overlay::default(), ids, written: 0, names };
        let mut left_out = 0_usize;
        for source in [POSTED_EVENTS, POSTED_LEADS] {
            recover(data, source, lake, |row, from| state.recover(row, &from, &own_sql, bytes_max, &mut left_out))?;
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
        state.overlay.note_version(lake);
        state.overlay.apply(lake, lead_id, as_of, known)
    }

    /// Returns how many rows were posted, and how many of them this version of the ground lacks.
    pub(crate) fn counts(&self, lake: &Arc<Lake>) -> PostedCounts {
        let mut state = self.state();
        state.overlay.note_version(lake);
        let (waiting, bytes) = state.overlay.size();
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { accepted, duplicates, refused } = &self.counts;
        PostedCounts { accepted: of(accepted), duplicates: of(duplicates), refused: of(refused), waiting, bytes }
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
        let kinds = |relation| lake.field_kinds(relation);
        let kinds = (kinds(PostedRelation::Lead), kinds(PostedRelation::Event));
        let (mut outcomes, mut pending) = (Vec::with_capacity(rows.len()), Vec::new());
        {
            let mut state = self.state();
            state.overlay.note_version(lake);
            let mut seen = HashMap::new();
            for mut row in rows {
                let is_matched = matched.contains(row.lead_key());
                let (mut status, unused) = state.accept(&mut row, &kinds, is_lenient, &mut seen);
                if !matches!(status, PostStatus::Duplicate | PostStatus::Refused(_)) {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.overlay.size().1 + self.ids.bytes()
    }

    /// Decides what becomes of a row, and leaves it with the fields that are stored. `seen` has the ids of the same request.
    fn accept(
        &mut self,
        row: &mut RowToPost,
        kinds: &(BTreeMap<String, FieldKind>, BTreeMap<String, FieldKind>),
        is_lenient: bool,
        seen: &mut HashMap<u64, u64>,
    ) -> (PostStatus, Vec<String>) {
        let (relation, kinds) = match row {
            RowToPost::Lead(_) => (PostedRelation::Lead, &kinds.0),
            RowToPost::Event(_) => (PostedRelation::Event, &kinds.1),
        };
        let unused = match self.fit(row, relation, kinds, is_lenient) {
            Ok(unused) => unused,
            Err(refusal) => return (PostStatus::Refused(refusal), Vec::new()),
        };
        let (id, content) = (row.hashed_id(), row.content());
        let before = seen.insert(id, content).or_else(|| self.ids.get(id));
        let status = match (before, &*row) {
            (Some(before), _) if before == content => PostStatus::Duplicate,
            (Some(_), RowToPost::Event(_)) => PostStatus::Corrected,
            _ => PostStatus::Accepted,
        };
        if status == PostStatus::Accepted && self.leave_out_overtaken(row) {
            return (PostStatus::Overtaken, unused);
        }
        (status, unused)
    }

    /// Sorts a row's fields: those of the ground in its kinds, others as they are.
    fn fit(
        &mut self,
        row: &mut RowToPost,
        relation: PostedRelation,
        kinds: &BTreeMap<String, FieldKind>,
        is_lenient: bool,
    ) -> Result<Vec<String>, Refusal> {
        let (fields, others) = row.fields_mut();
        let names = self.names.entry(relation).or_default();
        let mut unused: Vec<String> = others.keys().cloned().collect();
        for (name, value) in std::mem::take(fields) {
            let fitted = match kinds.get(&name) {
                Some(kind) if is_lenient => fitting(*kind, &value),
                Some(kind) if kind.fits(&value) => Some(value.clone()),
                Some(kind) => {
                    let found = json_value(&value);
                    return Err(Refusal::new(name, format!("is `{found}`: expected {}", kind.expected())));
                }
                None => {
                    unused.push(name.clone());
                    (names.contains(&name) || names.len() < NAMES_MAX).then(|| {
                        names.insert(name.clone());
                        value.clone()
                    })
                }
            };
            match fitted {
                Some(value) => drop(fields.insert(name, value)),
                None => {
                    if kinds.contains_key(&name) {
                        unused.push(name.clone());
                    }
                    others.insert(name, json_value(&value));
                }
            }
        }
        Ok(unused)
    }

    /// Takes the fields out of a row of which a newer change came before; returns whether that are all of them.
    fn leave_out_overtaken(&mut self, row: &mut RowToPost) -> bool {
        let RowToPost::Lead(LeadRow { lead_key, said_at: Some(said_at), fields, others, .. }) = row else {
            return false;
        };
        let count = fields.len();
        let said = said_at.timestamp_micros().unsigned_abs();
        let is_overtaken =
            |ids: &RecentIds, name: &String| ids.get(change_id(lead_key, name)).is_some_and(|newest| newest > said);
        let overtaken: Vec<String> = fields.keys().filter(|name| is_overtaken(&self.ids, name)).cloned().collect();
        for name in overtaken {
            let value = fields.remove(&name).unwrap_or(FieldValue::Missing);
            others.insert(name, json_value(&value));
        }
        count > 0 && fields.is_empty()
    }

    /// Remembers a row that is on the disk by its id.
    fn remember(&mut self, row: &RowToPost, content: u64) {
        self.ids.put(row.hashed_id(), content);
        if let RowToPost::Lead(LeadRow { lead_key, said_at: Some(said_at), fields, .. }) = row {
            for name in fields.keys() {
                self.ids.put(change_id(lead_key, name), said_at.timestamp_micros().unsigned_abs());
            }
        }
    }

    fn add(&mut self, row: RowToPost, received_at: DateTime<Utc>, place: (&Arc<str>, u64), line: usize) {
        match row {
            RowToPost::Event(row) => self.overlay.add_event(row, received_at, place, row_bytes(line)),
            RowToPost::Lead(row) => self.overlay.add_lead(row, received_at, place, row_bytes(line)),
        }
    }

    fn recover(
        &mut self,
        row: Recovered,
        from: &RecoveredFrom,
        own_sql: &BTreeSet<PostedRelation>,
        bytes_max: usize,
        left_out: &mut usize,
    ) {
        let (row, relation) = match row {
            Recovered::Event(row) => (RowToPost::Event(row), PostedRelation::Event),
            Recovered::Lead(row) => (RowToPost::Lead(row), PostedRelation::Lead),
        };
        self.written = self.written.max(from.receipt.written);
        self.remember(&row, from.receipt.content());
        if !from.is_news || own_sql.contains(&relation) {
            return;
        }
        if self.bytes() + row_bytes(from.line) > bytes_max {
            *left_out += 1;
            return;
        }
        self.add(row, from.received_at, (&from.file, from.end), from.line);
    }
}

impl RowToPost {
    /// Returns its id.
    pub(crate) fn id(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.event_id,
            RowToPost::Lead(row) => &row.row_id,
        }
    }

    /// Returns the name by which its sender knows it: the event's id, or the lead's key.
    pub(crate) fn public_id(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.event_id,
            RowToPost::Lead(row) => &row.lead_key,
        }
    }

    fn lead_key(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.lead_key,
            RowToPost::Lead(row) => &row.lead_key,
        }
    }

    fn hashed_id(&self) -> u64 {
        hash(&(matches!(self, RowToPost::Event(_)), self.id()))
    }

    fn content(&self) -> u64 {
        match self {
            RowToPost::Event(row) => row.content(),
            RowToPost::Lead(row) => row.content(),
        }
    }

    fn line(&self, receipt: Receipt) -> Result<Vec<u8>> {
        match self {
            RowToPost::Event(row) => row.line(receipt),
            RowToPost::Lead(row) => row.line(receipt),
        }
    }

    fn fields_mut(&mut self) -> (&mut BTreeMap<String, FieldValue>, &mut BTreeMap<String, serde_json::Value>) {
        match self {
            RowToPost::Event(EventRow { fields, others, .. }) | RowToPost::Lead(LeadRow { fields, others, .. }) => {
                (fields, others)
            }
        }
    }
}

/// Returns the id under which it is remembered when a field of a lead was changed.
fn change_id(lead_key: &str, field: &str) -> u64 {
    hash(&("changed", lead_key, field))
}
