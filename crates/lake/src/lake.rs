//! An opened data folder: the current version of the ground, and what can be asked of it lead by lead.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{Expr, ParquetReadOptions, SessionContext, col, lit};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use plumb_lead::{Event, FieldValue, Lead};

use crate::cluster::Cluster;
use crate::engine::session;
use crate::features::{FeatureProgram, FeatureSql};
use crate::lead_order::{Files, Relation};
use crate::rates::{RateTables, UnratedCounts};
use crate::timestamp::from_micros;
use crate::{Error, ground};

/// Columns of the ground's `lead` that are not fields.
const LEAD_COLUMNS: [&str; 4] = ["lead_id", "created_at", "known_from", "known_to"];

/// Columns of the ground's `event` that are not attributes.
const EVENT_COLUMNS: [&str; 5] = ["lead_id", "event_id", "kind", "at", "known_at"];

/// Observations of a chunk: even of leads with a thousand events each their texts fit into one column.
const CHUNK_OBSERVATIONS: usize = 32_768;

/// An opened data folder. It keeps to the version of the ground that counted when it was opened.
pub struct Lake {
    version: PathBuf,
    ground: String,
    lead: Arc<dyn TableProvider>,
    event: Arc<dyn TableProvider>,
    /// The same relations, for whoever walks along the leads.
    pub(crate) files: Arc<Files>,
    /// A session in which the ground's relations are tables.
    context: SessionContext,
    /// How many observations of a batch are computed at once on each core, unless one lead has more.
    pub(crate) chunk_observations: usize,
    /// Who computes batches, if not this process.
    pub(crate) cluster: Option<Cluster>,
    /// Rates that were asked for, by horizon in seconds.
    pub(crate) rates: Mutex<BTreeMap<(String, u64), RateTables>>,
    /// Categories without a rate of their own that were asked for.
    pub(crate) unrated: Arc<UnratedCounts>,
    /// Features that were asked for.
    pub(crate) programs: Mutex<HashMap<FeatureSql, Arc<FeatureProgram>>>,
}

/// What is known last of a lead, and all of its events, those included that are not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentLead {
    /// The lead.
    pub lead: Lead,
    /// Since when its fields are what they are: of an earlier moment, only the ground knows.
    pub known_from: DateTime<Utc>,
    /// Its events.
    pub events: Vec<Event>,
}

impl Lake {
    /// Opens the data folder that [`crate::ingest()`] wrote.
    pub async fn open(data: &Path) -> Result<Lake, Error> {
        let version = ground::current(data)?.ok_or_else(|| Error::NoGround { data: data.to_owned() })?;
        Lake::open_version(version).await
    }

    /// Opens a version of the ground by its folder.
    pub(crate) async fn open_version(version: PathBuf) -> Result<Lake, Error> {
        let ground = ground::report(&version)?.derived_from;
        let context = session();
        let lead = open_table(&context, &version.join("lead.parquet")).await?;
        let event = open_table(&context, &version.join("event")).await?;
        let outcome = open_table(&context, &version.join("outcome.parquet")).await?;
        for (name, table) in [("lead", &lead), ("event", &event), ("outcome", &outcome)] {
            context.register_table(name, table.clone()).map_err(Error::engine("open the ground"))?;
        }
        let files = Files {
            lead: Relation::open(&version.join("lead.parquet"), &lead.schema())?,
            event: Relation::open(&version.join("event"), &event.schema())?,
            outcome: Relation::open(&version.join("outcome.parquet"), &outcome.schema())?,
        };
        Ok(Lake {
            version,
            ground,
            lead,
            event,
            files: Arc::new(files),
            context,
            chunk_observations: CHUNK_OBSERVATIONS,
            cluster: None,
            rates: Mutex::default(),
            unrated: Arc::default(),
            programs: Mutex::default(),
        })
    }

    /// Returns the same lake that computes so many observations at once on each core: less is slower and needs less
    /// memory. No bit of a result depends on it.
    pub fn in_chunks_of(mut self, observations: usize) -> Lake {
        self.chunk_observations = observations;
        self
    }

    /// Returns the same lake that has its batches computed by a cluster. No bit of a result depends on it.
    pub fn on_cluster(mut self, cluster: Option<Cluster>) -> Lake {
        self.cluster = cluster;
        self
    }

    /// Returns whether the data folder has a newer version of the ground than this one.
    pub fn is_outdated(&self, data: &Path) -> Result<bool, Error> {
        Ok(ground::current(data)?.is_some_and(|version| version != self.version))
    }

    /// Returns a lead and its events as they were known at a moment; `None` if it was not known then.
    pub async fn lead(&self, lead_id: &str, as_of: DateTime<Utc>) -> Result<Option<(Lead, Vec<Event>)>, Error> {
        let of_lead = col("lead_id").eq(lit(lead_id));
        let versions = self.filtered("lead", of_lead.clone()).await?;
        let Some(lead) = leads_of(&versions, as_of).pop() else { return Ok(None) };
        let events = self.filtered("event", of_lead).await?;
        let mut events: Vec<Event> = events_of(&events).into_iter().filter(|event| event.known_at <= as_of).collect();
        events.sort_by_key(|event| (event.at, event.known_at));
        Ok(Some((lead, events)))
    }

    /// Returns all leads as they were known at a moment, in the order of their ids.
    pub async fn leads(&self, as_of: DateTime<Utc>) -> Result<Vec<Lead>, Error> {
        self.lead_blocks(as_of).await?.try_concat().await
    }

    /// Returns all leads as they were known at a moment, block after block, in the order of their ids.
    pub async fn lead_blocks(
        &self,
        as_of: DateTime<Utc>,
    ) -> Result<impl Stream<Item = Result<Vec<Lead>, Error>> + use<'_>, Error> {
        let doing = || Error::engine::<datafusion::error::DataFusionError>("read the ground");
        let rows = self.context().table("lead").await.map_err(doing())?;
        let batches = rows.execute_stream().await.map_err(doing())?;
        let leads = batches.map(move |versions| Ok(leads_of(&versions.map_err(doing())?, as_of)));
        Ok(leads.chain(stream::once(async { self.check_present().map(|()| Vec::new()) })))
    }

    /// Returns what is known last of leads, and all of their events: those of the ids, which are in order, that are
    /// there. Little is read beside them if they follow closely.
    pub async fn recent_leads(&self, lead_ids: &[String]) -> Result<Vec<RecentLead>, Error> {
        let (Some(first), Some(last)) = (lead_ids.first(), lead_ids.last()) else { return Ok(Vec::new()) };
        let in_range = || col("lead_id").between(lit(first.as_str()), lit(last.as_str()));
        let versions = self.filtered("lead", in_range().and(col("known_to").is_null())).await?;
        let events = self.filtered("event", in_range()).await?;
        let mut rows_of: HashMap<&str, Vec<u64>> = HashMap::new();
        for (row, lead_id) in events["lead_id"].as_string::<i32>().iter().enumerate() {
            rows_of.entry(lead_id.unwrap_or_default()).or_default().push(row as u64);
        }
        let from = versions["known_from"].as_primitive::<TimestampMicrosecondType>();
        let mut recent = Vec::with_capacity(lead_ids.len());
        for (row, lead) in (0..versions.num_rows()).map(|row| (row, lead_of(&versions, row))) {
            if lead_ids.binary_search(&lead.lead_id).is_err() {
                continue;
            }
            let rows = UInt64Array::from(rows_of.remove(lead.lead_id.as_str()).unwrap_or_default());
            let events = take_record_batch(&events, &rows).map_err(Error::engine("pick the events of a lead"))?;
            recent.push(RecentLead { lead, known_from: from_micros(from.value(row)), events: events_of(&events) });
        }
        Ok(recent)
    }

    /// Returns the moment of the newest thing that was learned; `None` if there is nothing.
    pub async fn newest(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let mut newest = None;
        for (table, column) in [("lead", "known_from"), ("event", "known_at"), ("outcome", "known_at")] {
            let batch = self.read(table, &[column]).await?;
            let moments = batch.column(0).as_primitive::<TimestampMicrosecondType>();
            newest = newest.max(moments.iter().flatten().max());
        }
        Ok(newest.map(from_micros))
    }

    /// Returns all leads with their creation in microseconds, in the order of their ids.
    pub(crate) async fn created(&self) -> Result<Vec<(String, i64)>, Error> {
        let batch = self.read("lead", &["lead_id", "created_at"]).await?;
        let (lead_ids, created) =
            (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<TimestampMicrosecondType>());
        let mut leads: Vec<(String, i64)> = Vec::new();
        for row in 0..batch.num_rows() {
            if leads.last().is_none_or(|(known, _)| known != lead_ids.value(row)) {
                leads.push((lead_ids.value(row).to_owned(), created.value(row)));
            }
        }
        Ok(leads)
    }

    /// Returns columns of a relation, whole.
    pub(crate) async fn read(&self, table: &str, columns: &[&str]) -> Result<RecordBatch, Error> {
        let doing = || Error::engine::<datafusion::error::DataFusionError>("read the ground");
        let rows = self.context().table(table).await.map_err(doing())?.select_columns(columns).map_err(doing())?;
        let schema: SchemaRef = Arc::new(rows.schema().as_arrow().clone());
        let batches = rows.collect().await.map_err(doing())?;
        self.check_present()?;
        concat_batches(&schema, &batches).map_err(Error::engine("read the ground"))
    }

    /// Checks that this version of the ground is still on disk. To the engine a missing file is an empty one, so
    /// whoever has read something asks here whether it was all there.
    pub(crate) fn check_present(&self) -> Result<(), Error> {
        if self.version.is_dir() { Ok(()) } else { Err(Error::GroundGone { version: self.version.clone() }) }
    }

    /// Returns the folder of this version of the ground.
    pub(crate) fn version(&self) -> &Path {
        &self.version
    }

    /// Returns the hash of what this version of the ground was derived from: the raw rows, the SQL and the program.
    pub fn ground_version(&self) -> &str {
        &self.ground
    }

    /// Returns the session in which the ground's relations are tables.
    pub(crate) fn context(&self) -> SessionContext {
        self.context.clone()
    }

    /// Returns the columns of the ground's `lead`.
    pub(crate) fn lead_schema(&self) -> SchemaRef {
        self.lead.schema()
    }

    /// Returns the columns of the ground's `event`.
    pub(crate) fn event_schema(&self) -> SchemaRef {
        self.event.schema()
    }

    async fn filtered(&self, table: &str, filter: Expr) -> Result<RecordBatch, Error> {
        let doing = || Error::engine::<datafusion::error::DataFusionError>("read the ground");
        let rows = self.context().table(table).await.map_err(doing())?.filter(filter).map_err(doing())?;
        let schema: SchemaRef = Arc::new(rows.schema().as_arrow().clone());
        let batches = rows.collect().await.map_err(doing())?;
        self.check_present()?;
        concat_batches(&schema, &batches).map_err(Error::engine("read the ground"))
    }
}

async fn open_table(context: &SessionContext, path: &Path) -> Result<Arc<dyn TableProvider>, Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    // A folder is told from a file by its slash.
    let slash = if path.is_dir() { "/" } else { "" };
    let url = format!("{}{slash}", path.display());
    let name = "_opening";
    context.register_parquet(name, url, ParquetReadOptions::default()).await.map_err(doing("open the ground"))?;
    let table = context.table_provider(name).await.map_err(doing("open the ground"))?;
    context.deregister_table(name).map_err(doing("open the ground"))?;
    Ok(table)
}

fn leads_of(versions: &RecordBatch, as_of: DateTime<Utc>) -> Vec<Lead> {
    let moment = |name: &str| column(versions, name).as_primitive::<TimestampMicrosecondType>();
    let (from, to) = (moment("known_from"), moment("known_to"));
    let now = as_of.timestamp_micros();
    let known = |row: &usize| from.value(*row) <= now && (to.is_null(*row) || now < to.value(*row));
    (0..versions.num_rows()).filter(known).map(|row| lead_of(versions, row)).collect()
}

fn lead_of(versions: &RecordBatch, row: usize) -> Lead {
    let created = column(versions, "created_at").as_primitive::<TimestampMicrosecondType>();
    Lead {
        lead_id: column(versions, "lead_id").as_string::<i32>().value(row).to_owned(),
        created_at: from_micros(created.value(row)),
        fields: values(versions, row, &LEAD_COLUMNS),
    }
}

fn events_of(events: &RecordBatch) -> Vec<Event> {
    let moment = |name: &str| column(events, name).as_primitive::<TimestampMicrosecondType>();
    let (at, known_at) = (moment("at"), moment("known_at"));
    let kinds = column(events, "kind").as_string::<i32>();
    (0..events.num_rows())
        .map(|row| Event {
            kind: kinds.value(row).to_owned(),
            at: from_micros(at.value(row)),
            known_at: from_micros(known_at.value(row)),
            attributes: values(events, row, &EVENT_COLUMNS),
        })
        .collect()
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("the ground was written with this column")
}

fn values(batch: &RecordBatch, row: usize, without: &[&str]) -> BTreeMap<String, FieldValue> {
    batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| !without.contains(&field.name().as_str()))
        .map(|(field, array)| (field.name().clone(), value(array, row)))
        .collect()
}

fn value(array: &ArrayRef, row: usize) -> FieldValue {
    if array.is_null(row) {
        return FieldValue::Missing;
    }
    match array.data_type() {
        DataType::Boolean => FieldValue::Flag(array.as_boolean().value(row)),
        DataType::Int64 => FieldValue::Number(array.as_primitive::<Int64Type>().value(row) as f64),
        DataType::Float64 => FieldValue::Number(array.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(..) => {
            FieldValue::Text(from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_rfc3339())
        }
        _ => FieldValue::Text(array.as_string::<i32>().value(row).to_owned()),
    }
}
