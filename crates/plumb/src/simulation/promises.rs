//! What the processes of a simulation have begun and what was acknowledged, and whether the data folder keeps it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};

use crate::journal::JournalByHand;
use crate::registry;
use crate::store::Store;

/// The target of all models and predictions.
pub(super) const TARGET: &str = "converted";

/// More than any simulation makes of one thing.
const ALL: usize = 10_000;

/// What was begun, by its id, and whether it was acknowledged.
#[derive(Default)]
pub(super) struct Promises {
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    predictions: BTreeMap<String, Promise>,
    flags: BTreeMap<String, Promise>,
    models: BTreeMap<String, Promise>,
    /// Changes of stages, by their reason.
    changes: BTreeMap<String, Promise>,
    broken: Option<String>,
}

/// How much of something was done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Promise {
    Begun,
    Acknowledged,
}

/// What can be promised.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Prediction,
    Flag,
    Model,
    Change,
}

impl Promises {
    /// Records that something is being done: from now on it may be there.
    pub(super) fn begin(&self, kind: Kind, id: &str) {
        self.lock().of(kind).entry(id.to_owned()).or_insert(Promise::Begun);
    }

    /// Records that it was acknowledged, unless the process that says so was dead by then.
    pub(super) fn acknowledge(&self, kind: Kind, id: &str) {
        if !plumb_simulation::is_dead() {
            self.lock().of(kind).insert(id.to_owned(), Promise::Acknowledged);
        }
    }

    /// Returns what was acknowledged.
    pub(super) fn acknowledged(&self, kind: Kind) -> Vec<String> {
        let mut records = self.lock();
        let all = records.of(kind).iter();
        all.filter(|(_, promise)| **promise == Promise::Acknowledged).map(|(id, _)| id.clone()).collect()
    }

    /// Records a promise that was found broken.
    pub(super) fn break_because(&self, what: String) {
        self.lock().broken.get_or_insert(what);
    }

    /// Looks for all that was acknowledged, as a server that starts finds it.
    pub(super) async fn check(&self, data: &Path) {
        if let Err(error) = self.try_check(data).await {
            self.break_because(format!("{error:#}"));
        }
    }

    /// Returns the first promise that was found broken as an error.
    pub(super) fn verdict(&self) -> Result<()> {
        match self.lock().broken.take() {
            Some(what) => bail!(what),
            None => Ok(()),
        }
    }

    async fn try_check(&self, data: &Path) -> Result<()> {
        let store = Store::open(&data.join("plumb.db")).await.context("the database cannot be opened")?;
        let journal = JournalByHand::open(&store, data).await.context("the journal cannot be opened")?;
        journal.load().await?;
        let outcome = self.compare(&store, data).await;
        drop(journal);
        store.close().await;
        outcome
    }

    async fn compare(&self, store: &Store, data: &Path) -> Result<()> {
        for id in self.acknowledged(Kind::Prediction) {
            ensure!(store.prediction(&id).await?.is_some(), "prediction {id} was acknowledged and is not there");
        }
        let flags = store.feedback_all(DateTime::<Utc>::MAX_UTC).await?;
        let found: Vec<String> = flags.into_iter().map(|(flag, _)| flag.feedback_id).collect();
        self.compare_lists(Kind::Flag, &found)?;
        let changes = registry::history(store, TARGET, None, ALL).await?;
        let found: Vec<String> = changes.into_iter().map(|(_, change)| change.why).collect();
        self.compare_lists(Kind::Change, &found)?;
        for id in self.acknowledged(Kind::Model) {
            registry::card(store, &id).await?;
        }
        for (_, card) in registry::cards(store, TARGET, None, ALL).await? {
            registry::load(data, &card.model_id)?;
        }
        Ok(())
    }

    /// Compares what was found with what was acknowledged, each once, and with what was begun.
    fn compare_lists(&self, kind: Kind, found: &[String]) -> Result<()> {
        for id in self.acknowledged(kind) {
            let times = found.iter().filter(|found| **found == id).count();
            ensure!(times == 1, "{kind:?} {id} was acknowledged and is there {times} times");
        }
        for id in found {
            ensure!(self.lock().of(kind).contains_key(id), "{kind:?} {id} is there and was never begun");
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn of(&mut self, kind: Kind) -> &mut BTreeMap<String, Promise> {
        match kind {
            Kind::Prediction => &mut self.predictions,
            Kind::Flag => &mut self.flags,
            Kind::Model => &mut self.models,
            Kind::Change => &mut self.changes,
        }
    }
}
