//! A model made ready to answer: rows or leads in, predictions with their reasons out.
//!
//! It makes no difference here where rows come from, a file, a request or the ground, and nothing is stored.

mod columns;
mod rows;
mod reasons;
mod sentences;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{FeatureSql, Lake};
use plumb_lead::{Event, Language, Lead, Matrix, Observation, Prediction, Provenance, Reason, Score, Table, Unseen};
use plumb_learn::drift::Baseline;
use plumb_learn::{Explanation, Model};
use serde::{Deserialize, Serialize};

use crate::ids;

pub(crate) use columns::table_of;
pub(crate) use reasons::REASONS_MAX;
pub(crate) use rows::{Cell, Columns, Rows, RowsWriter};

/// What a model's file holds: all that is needed to score, explain and watch, wherever it is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Artifact {
    /// What was fitted.
    pub(crate) model: Model,
    /// The target it answers for.
    pub(crate) target: String,
    /// Where its inputs come from.
    pub(crate) inputs: Inputs,
    /// What its inputs and scores looked like on rows that it was not trained on.
    pub(crate) baseline: Baseline,
}

/// Where a model's inputs come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inputs {
    /// The columns of a plain table.
    Columns,
    /// Leads and their events, by these features.
    Leads(FeatureSql),
}

/// A model that answers.
#[derive(Debug)]
pub(crate) struct Scorer {
    /// The content hash of its file.
    pub(crate) model_id: String,
    /// What the file holds.
    pub(crate) artifact: Artifact,
    /// Its columns, prepared for rows that come by name.
    pub(crate) columns: Columns,
    /// Which of its features are of the same source field.
    fields: reasons::Fields,
}

/// What is told of a row beside its score. What is not asked for is not computed: the contributions are most of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Explained {
    /// Nothing more.
    Not,
    /// What each feature did to the margin.
    Contributions,
    /// That, and so many reasons in words at most.
    Reasons(usize),
}

/// Whose a row is, and of which moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// The lead; a row that nobody gave a name has its prediction's id.
    pub(crate) lead_id: Option<&'a str>,
    /// The moment that the row speaks of.
    pub(crate) as_of: DateTime<Utc>,
}

/// Where rows come from. By default a caller brought them along.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Origin {
    /// The version of the ground that they are from, if they are.
    pub(crate) ground: Option<String>,
    /// What a caller brought along of a lead that is known.
    pub(crate) brought: Vec<String>,
}

impl Whose<'_> {
    /// Returns what an observation says of its row.
    pub(crate) fn of(observation: &Observation) -> Whose<'_> {
        Whose { lead_id: Some(&observation.lead_id), as_of: observation.as_of }
    }
}

impl Origin {
    /// Returns the origin of rows that are as a lake has them.
    pub(crate) fn of(lake: &Lake) -> Origin {
        Origin { ground: Some(lake.ground_version().to_owned()), brought: Vec::new() }
    }
}

/// What the model says of rows, one after the other.
#[derive(Debug)]
pub(crate) struct Answers {
    /// What the model was given.
    pub(crate) matrix: Matrix,
    /// What it said of each row, before calibration.
    pub(crate) margins: Vec<f64>,
    /// The probabilities.
    pub(crate) scores: Vec<Score>,
    /// The most important reasons of each row, if any were asked for.
    pub(crate) reasons: Vec<Vec<Reason>>,
    /// What each feature did to each row's margin, if that was asked for.
    pub(crate) explanation: Option<Explanation>,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
}

/// What scoring gave, row by row.
#[derive(Debug)]
pub(crate) struct Scored {
    /// A prediction for each row, with an id of its own.
    pub(crate) predictions: Vec<Prediction>,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
    /// What each feature did to each row's margin, if that was asked for.
    pub(crate) explanation: Option<Explanation>,
}

/// Why something cannot be scored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The sources do not know the lead, or did not at that moment.
    #[error("there is no lead `{lead_id}`")]
    UnknownLead {
        /// The lead.
        lead_id: String,
    },
    /// What was brought along does not fit the model: which field, and what was expected.
    #[error("{0}")]
    Input(String),
    /// The model was made from a plain table.
    #[error("the model was made from a plain table and knows no leads")]
    NotFromLeads,
    /// It failed where it should not.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Scorer {
    /// Reads a model's file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Scorer> {
        let model_id = crate::registry::model_id(bytes);
        let artifact: Artifact =
            serde_json::from_slice(bytes).with_context(|| format!("the file of model `{model_id}` is not usable"))?;
        let features = &artifact.model.features;
        let (columns, fields) = (Columns::of(features), reasons::Fields::of(features));
        Ok(Scorer { model_id, artifact, columns, fields })
    }

    /// Returns the features of leads that the model asks for.
    pub(crate) fn feature_sql(&self) -> Result<&FeatureSql, Error> {
        match &self.artifact.inputs {
            Inputs::Leads(sql) => Ok(sql),
            Inputs::Columns => Err(Error::NotFromLeads),
        }
    }

    /// Returns a table's rows as the model takes them. The table may have further columns.
    pub(crate) fn rows(&self, table: &Table) -> Result<Rows, Error> {
        let encoded = self.artifact.model.features.encode(table);
        let (matrix, unseen) = encoded.map_err(|error| Error::Input(error.to_string()))?;
        Ok(Rows { matrix, unseen })
    }

    /// Scores each row, and explains it as far as that is asked for.
    pub(crate) fn score(&self, rows: Rows, explained: Explained) -> Result<Answers, Error> {
        let model = &self.artifact.model;
        let Rows { matrix, unseen } = rows;
        let explanation = match explained {
            Explained::Not => None,
            _ => Some(model.explain(&matrix).context("cannot explain a score")?),
        };
        // The margin is the sum of the contributions, so whoever has them need not go through the model once more.
        let margins = match &explanation {
            Some(explanation) => (0..matrix.rows).map(|row| explanation.margin(row)).collect(),
            None => model.margins(&matrix).context("cannot score")?,
        };
        let scores = model.scores_of(&margins).context("cannot score")?;
        let language = model.features.language();
        let mut reasons = vec![Vec::new(); matrix.rows];
        if let (Explained::Reasons(reasons_max), Some(explanation)) = (explained, &explanation) {
            for (row, reasons) in reasons.iter_mut().enumerate() {
                *reasons = self.tell(matrix.row(row), explanation.row(row), reasons_max, language);
            }
        }
        Ok(Answers { matrix, margins, scores, reasons, explanation, unseen })
    }

    /// Returns the reasons of rows that were scored before, from what was kept of them, in any language: the same that were
    /// told then.
    pub(crate) fn reasons(&self, inputs: &[Vec<Option<f32>>], language: Language) -> Result<Vec<Vec<Reason>>> {
        let model = &self.artifact.model;
        let columns = model.features.features.len();
        let values = inputs.iter().flat_map(|inputs| row_of(inputs)).collect();
        let matrix = Matrix { values, rows: inputs.len(), columns };
        let explanation = model.explain(&matrix).context("cannot explain what was scored before")?;
        let rows = 0..matrix.rows;
        Ok(rows.map(|row| self.tell(matrix.row(row), explanation.row(row), REASONS_MAX, language)).collect())
    }

    /// Returns so many reasons of a row at most, in a language, from what each feature did to its margin.
    pub(crate) fn tell(
        &self,
        row: &[f32],
        contributions: &[f64],
        reasons_max: usize,
        language: Language,
    ) -> Vec<Reason> {
        reasons::of_row((&self.artifact.model, &self.fields), row, contributions, reasons_max, language)
    }

    /// Makes predictions of rows. `whose` has an entry a row, and `origin` says where they are from.
    pub(crate) fn predict<'a>(
        &self,
        rows: Rows,
        whose: impl IntoIterator<Item = Whose<'a>>,
        origin: &Origin,
        explained: Explained,
    ) -> Result<Scored, Error> {
        let model = &self.artifact.model;
        let Answers { matrix, margins, scores, reasons, explanation, unseen } = self.score(rows, explained)?;
        let intervals = model.intervals(&matrix, &margins).context("cannot tell how sure a score is")?;
        let answers = scores.into_iter().zip(reasons).enumerate();
        let predictions = whose.into_iter().zip(answers).map(|(Whose { lead_id, as_of }, (row, (score, reasons)))| {
            let prediction_id = ids::new_id();
            Prediction {
                lead_id: lead_id.unwrap_or(&prediction_id).to_owned(),
                prediction_id,
                target: self.artifact.target.clone(),
                model_id: self.model_id.clone(),
                as_of,
                score,
                interval: intervals.as_ref().map(|intervals| intervals[row]),
                band: model.band(score),
                reasons,
                provenance: Provenance {
                    ground: origin.ground.clone(),
                    overrides: origin.brought.clone(),
                    inputs: inputs(matrix.row(row)),
                },
            }
        });
        let predictions = predictions.collect();
        Ok(Scored { predictions, unseen, explanation })
    }
}

/// Returns a row of a model's matrix as it is kept with a prediction: JSON knows only finite numbers.
pub(crate) fn inputs(row: &[f32]) -> Vec<Option<f32>> {
    row.iter().map(|value| Some(*value).filter(|value| value.is_finite())).collect()
}

/// Returns what was kept of a row as the model takes it.
pub(crate) fn row_of(inputs: &[Option<f32>]) -> Vec<f32> {
    inputs.iter().map(|value| value.unwrap_or(f32::NAN)).collect()
}

/// Adds categories that training never saw to those of other rows.
pub(crate) fn add_unseen(all: &mut Vec<Unseen>, more: Vec<Unseen>) {
    if all.is_empty() {
        *all = more;
        return;
    }
    for category in more {
        match all.iter_mut().find(|known| (&known.feature, &known.level) == (&category.feature, &category.level)) {
            Some(known) => known.rows += category.rows,
            None => all.push(category),
        }
    }
}

/// Scores a lead with its events, as of a moment. `lake` has the rates and knows which columns there are.
pub(crate) async fn score_lead(
    lake: &Lake,
    scorer: &Scorer,
    lead: &Lead,
    events: &[Event],
    as_of: DateTime<Utc>,
    origin: &Origin,
    explained: Explained,
) -> Result<Scored, Error> {
    let table = lake.features_of(scorer.feature_sql()?, lead, events, as_of).await?;
    scorer.predict(scorer.rows(&table)?, [Whose { lead_id: Some(&lead.lead_id), as_of }], origin, explained)
}

impl From<plumb_lake::Error> for Error {
    fn from(error: plumb_lake::Error) -> Error {
        match error {
            plumb_lake::Error::UnknownField { .. } | plumb_lake::Error::FieldType { .. } => {
                Error::Input(error.to_string())
            }
            error => Error::Internal(error.into()),
        }
    }
}
