//! The events: read anew as a whole, or those of the leads alone that something new is of.

use datafusion::arrow::array::RecordBatch;

use super::aside_folder::AsideFolder;
use super::event_reading::EventReading;
use super::fact_rows::FactRows;
use super::fact_totals::FactTotals;
use super::kept_events::{Keeping, KeptEvents, KeptFile, are_of_rows, fingerprint, kept_of_all};
use super::new_events::NewEvents;
use super::relation_columns::event_columns;
use super::row_local::mapped_table;
use super::run_over::RunOver;
use crate::error::Error;
use crate::ground::kept_folder::KeptFolder;
use crate::raw::RejectedRow;

/// The events of a run.
pub(super) enum Events {
    /// The rows of all leads, by partition.
    All(Box<FactRows>),
    /// What is new, beside the events of the version before.
    New(Box<NewEvents>),
}

/// What was read of the events.
pub(super) struct EventsRead {
    pub(super) events: Events,
    /// What is kept for the next run; `None` if that has to read everything again.
    pub(super) kept: Option<KeptEvents>,
    /// What each file of SQL was run over.
    pub(super) run_over: Vec<RunOver>,
}

impl EventReading<'_> {
    /// Reads the events.
    pub(super) async fn read(
        &self,
        aside: &mut AsideFolder,
        rejected: &mut Vec<RejectedRow>,
    ) -> Result<EventsRead, Error> {
        let Some(folder) = self.earlier.folder else {
            let events = Events::All(self.read_all(aside, rejected, &mut []).await?.into());
            return Ok(EventsRead { events, kept: None, run_over: Vec::new() });
        };
        let (mut tables, mut run_over) = (Vec::new(), Vec::new());
        for file in self.files {
            match mapped_table(self.queries, self.raw.state, file).await? {
                Ok(table) => tables.push(table),
                Err(why) => run_over.push(RunOver::all(file, why)),
            }
        }
        if !run_over.is_empty() {
            let events = Events::All(self.read_all(aside, rejected, &mut []).await?.into());
            return Ok(EventsRead { events, kept: None, run_over });
        }
        if let Some(read) = self.read_new(folder, &tables, aside, rejected).await? {
            return Ok(read);
        }
        self.read_and_keep(folder, &tables, aside, rejected).await
    }

    /// Reads all rows.
    async fn read_all(
        &self,
        aside: &mut AsideFolder,
        rejected: &mut Vec<RejectedRow>,
        keeping: &mut [Keeping<'_>],
    ) -> Result<FactRows, Error> {
        let columns = event_columns();
        let relation = ("event", columns.as_slice());
        FactRows::read(self.queries, relation, self.files, self.leads, aside, rejected, keeping).await
    }

    /// Reads all rows, and keeps them for the next run.
    async fn read_and_keep(
        &self,
        folder: &KeptFolder,
        tables: &[String],
        aside: &mut AsideFolder,
        rejected: &mut Vec<RejectedRow>,
    ) -> Result<EventsRead, Error> {
        let mut of_events = Vec::new();
        let mut keeping: Vec<Keeping> = (0..).zip(self.files).map(|(index, _)| Keeping::at(folder, index)).collect();
        let events = self.read_all(aside, &mut of_events, &mut keeping).await?;
        let (mut kept, mut run_over) = (None, Vec::new());
        if are_of_rows(&of_events, self.files) {
            let files = keeping.into_iter().zip(tables).map(|(keeping, table)| keeping.finish(self.parts(table)));
            let files = files.filter_map(Result::transpose).collect::<Result<Vec<KeptFile>, Error>>()?;
            let fingerprint = fingerprint(self.files, tables, self.raw.state);
            let counted = (&events.totals, events.shared_ids().hashes());
            let identities = self.leads.identities;
            kept = Some(kept_of_all(folder, fingerprint, files, identities, counted, &of_events)?);
            run_over.extend(self.files.iter().map(|file| RunOver::all(file, "it was the first time, or much was new")));
        } else {
            let why = "it has rejected cells of which it does not say the row: select `_origin`, and parse them in columns \
                       of their own";
            run_over.extend(self.files.iter().map(|file| RunOver::all(file, why)));
        }
        rejected.extend(of_events);
        Ok(EventsRead { events: Events::All(events.into()), kept, run_over })
    }

    /// Reads the new rows, and of the kept ones those that they concern; `None` if all are to be read.
    async fn read_new(
        &self,
        folder: &KeptFolder,
        tables: &[String],
        aside: &mut AsideFolder,
        rejected: &mut Vec<RejectedRow>,
    ) -> Result<Option<EventsRead>, Error> {
        let Some(kept) =
            self.earlier.kept.filter(|kept| kept.fingerprint == fingerprint(self.files, tables, self.raw.state))
        else {
            return Ok(None);
        };
        match NewEvents::read(self, folder, kept, tables, aside).await {
            Ok(Some((events, kept))) => {
                rejected.extend(kept.rejected.iter().cloned());
                let run_over = self.files.iter().map(|file| RunOver::new_rows(file)).collect();
                Ok(Some(EventsRead { events: Events::New(Box::new(events)), kept: Some(kept), run_over }))
            }
            // Everything is there in the raw rows.
            Ok(None) | Err(Error::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Events {
    /// Returns what was counted of all rows.
    pub(super) fn totals(&self) -> &FactTotals {
        match self {
            Events::All(rows) => &rows.totals,
            Events::New(new) => &new.totals,
        }
    }

    /// Returns the columns of events that were derived, without rows.
    pub(super) fn columns(
        &self,
        derive: impl FnOnce(&FactRows) -> Result<RecordBatch, Error>,
    ) -> Result<RecordBatch, Error> {
        match self {
            Events::All(rows) => derive(rows),
            Events::New(new) => Ok(new.touched.events.slice(0, 0)),
        }
    }
}
