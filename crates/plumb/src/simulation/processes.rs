//! What the processes of a simulation do: each a short life of random steps, as the program's commands take them.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::Utc;
use plumb_lead::{Complaint, Feedback, ModelKind, Prediction};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::promises::{Kind, Promises, TARGET};
use crate::ids;
use crate::journal::{self, JournalByHand, JournalEntry};
use crate::registry;
use crate::store::tests::prediction;
use crate::store::{RecordedFlag, ScoringRun, Stage, Store};

/// Steps of a life, at most.
const STEPS_MAX: usize = 12;

/// One life of a process.
pub(super) struct Actor<'a> {
    pub(super) name: &'static str,
    pub(super) data: &'a Path,
    pub(super) promises: &'a Promises,
    pub(super) seed: u64,
    pub(super) life: u64,
}

impl Actor<'_> {
    /// Answers requests and flags as a server does.
    pub(super) async fn serve(self) {
        let Ok(store) = self.open().await else { return };
        // Whatever fails is told to a caller; what was promised before still holds.
        drop(self.serve_with(&store).await);
        store.close().await;
    }

    async fn serve_with(&self, store: &Store) -> Result<()> {
        let mut journal = JournalByHand::open(store, self.data).await?;
        let mut random = self.random();
        for _ in 0..random.random_range(1..STEPS_MAX) {
            let outcome = match random.random_range(0..8) {
                0..=3 => self.answer(&mut journal, random.random_range(1..4)),
                4 => journal.load().await,
                5 | 6 => self.flag(&mut journal, &mut random).await,
                _ => {
                    journal.begin_another_file();
                    Ok(())
                }
            };
            if outcome.is_err() && random.random_bool(0.2) {
                return outcome;
            }
        }
        Ok(())
    }

    fn answer(&self, journal: &mut JournalByHand, rows: usize) -> Result<()> {
        let predictions: Vec<Prediction> = (0..rows).map(|_| self.prediction()).collect();
        let entry = JournalEntry {
            variant: "AllTraffic",
            shadow: false,
            event_id: None,
            first_row: 0,
            predictions: &predictions,
            capture: None,
        };
        journal.append(&entry)?;
        self.acknowledge_all(&predictions);
        Ok(())
    }

    /// Flags a prediction that any server has acknowledged.
    async fn flag(&self, journal: &mut JournalByHand, random: &mut ChaCha8Rng) -> Result<()> {
        let known = self.promises.acknowledged(Kind::Prediction);
        if known.is_empty() {
            return Ok(());
        }
        let prediction_id = known[random.random_range(0..known.len())].clone();
        let Some(recorded) = journal.recorded_prediction(&prediction_id).await? else {
            if !plumb_simulation::is_dead() {
                self.promises
                    .break_because(format!("prediction {prediction_id} was acknowledged and cannot be flagged"));
            }
            return Ok(());
        };
        let feedback = Feedback {
            feedback_id: ids::new_id(),
            prediction_id,
            complaint: Complaint::WrongData,
            comment: String::new(),
            said_by: self.name.to_owned(),
            said_at: Utc::now(),
        };
        let feedback_id = feedback.feedback_id.clone();
        self.promises.begin(Kind::Flag, &feedback_id);
        journal.append_flag(&RecordedFlag { lead_id: recorded.lead_id, feedback })?;
        self.promises.acknowledge(Kind::Flag, &feedback_id);
        Ok(())
    }

    /// Scores leads in a batch, as `plumb score` does.
    pub(super) async fn score(self) {
        let Ok(store) = self.open().await else { return };
        drop(self.score_with(&store).await);
        store.close().await;
    }

    async fn score_with(&self, store: &Store) -> Result<()> {
        let mut random = self.random();
        journal::recover(store, self.data).await?;
        let run = ScoringRun {
            target: TARGET.to_owned(),
            model_id: "cafe".to_owned(),
            ground: "f00d".to_owned(),
            as_of: Utc::now(),
            history: false,
        };
        let mut all = Vec::new();
        for _ in 0..random.random_range(1..4) {
            let predictions: Vec<Prediction> = (0..random.random_range(1..20)).map(|_| self.prediction()).collect();
            store.append_to_run(&run, &predictions).await?;
            self.acknowledge_all(&predictions);
            all.extend(predictions);
        }
        let leads: HashSet<&str> = all.iter().map(|prediction| prediction.lead_id.as_str()).collect();
        store.set_open_leads(TARGET, &leads).await?;
        store.finish_run(TARGET).await
    }

    /// Adds models and changes stages, as `plumb train`, `promote` and `rollback` do.
    pub(super) async fn register(self) {
        let Ok(store) = self.open().await else { return };
        drop(self.register_with(&store).await);
        store.close().await;
    }

    async fn register_with(&self, store: &Store) -> Result<()> {
        let mut random = self.random();
        for step in 0..random.random_range(1..STEPS_MAX / 2) {
            let why = format!("{} {step}", self.life);
            let models = self.promises.acknowledged(Kind::Model);
            let outcome = match random.random_range(0..4) {
                0 | 1 => self.add_model(store, &why).await,
                2 if !models.is_empty() => {
                    let id = &models[random.random_range(0..models.len())];
                    self.promote(store, id, &why).await
                }
                3 => self.roll_back(store, &why).await,
                _ => Ok(()),
            };
            if outcome.is_err() && random.random_bool(0.3) {
                return outcome;
            }
        }
        Ok(())
    }

    async fn add_model(&self, store: &Store, text: &str) -> Result<()> {
        let bytes = format!("model {text} ").repeat(100);
        let card = registry::tests::card(TARGET, ModelKind::Logistic, bytes.as_bytes());
        self.promises.begin(Kind::Model, &card.model_id);
        registry::add(store, self.data, bytes.as_bytes(), &card).await?;
        self.promises.acknowledge(Kind::Model, &card.model_id);
        Ok(())
    }

    async fn promote(&self, store: &Store, id: &str, why: &str) -> Result<()> {
        if store.model_in_stage(TARGET, Stage::Champion).await?.as_deref() == Some(id) {
            return Ok(());
        }
        self.promises.begin(Kind::Change, why);
        registry::promote(store, TARGET, id, self.name, why).await?;
        self.promises.acknowledge(Kind::Change, why);
        Ok(())
    }

    async fn roll_back(&self, store: &Store, why: &str) -> Result<()> {
        self.promises.begin(Kind::Change, why);
        registry::rollback(store, TARGET, self.name, why).await?;
        self.promises.acknowledge(Kind::Change, why);
        Ok(())
    }

    fn acknowledge_all(&self, predictions: &[Prediction]) {
        predictions
            .iter()
            .for_each(|prediction| self.promises.acknowledge(Kind::Prediction, &prediction.prediction_id));
    }

    fn prediction(&self) -> Prediction {
        let id = ids::new_id();
        self.promises.begin(Kind::Prediction, &id);
        prediction(&id, &format!("lead of {id}"), 1, 0.5)
    }

    async fn open(&self) -> Result<Store> {
        Store::open(&self.data.join("plumb.db")).await.context("the database cannot be opened")
    }

    fn random(&self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed)
    }
}
