//! A loaded model: it scores rows, explains them, and makes predictions of them.

use anyhow::{Context, Result};
use plumb_lake::FeatureSql;
use plumb_lead::{Language, Matrix, Prediction, Provenance, Reason, Table};

use super::artifact::{Artifact, Inputs};
use super::error::Error;
use super::predictions::{Predictions, RowKey, RowScores, inputs, row_of};
use super::reasons::{self, FieldGroups, REASONS_MAX};
use super::rows::{Columns, Rows};
use crate::ids;

/// A loaded model.
#[derive(Debug)]
pub(crate) struct Scorer {
    /// The content hash of its file.
    pub(crate) model_id: String,
    /// What the file holds.
    pub(crate) artifact: Artifact,
    /// Its columns, prepared for rows that come by name.
    pub(crate) columns: Columns,
    /// Which of its features belong to the same source field.
    fields: FieldGroups,
}

/// What is computed of a row beside its score. Nothing else is: the contributions are most of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Explain {
    /// Nothing more.
    Nothing,
    /// What each feature contributed to the margin.
    Contributions,
    /// The contributions, and at most so many reasons in words.
    Reasons(usize),
}

impl Scorer {
    /// Reads a model's file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Scorer> {
        let model_id = crate::registry::model_id(bytes);
        let artifact: Artifact =
            serde_json::from_slice(bytes).with_context(|| format!("the file of model `{model_id}` is not usable"))?;
        let features = &artifact.model.features;
        let (columns, fields) = (Columns::of(features), FieldGroups::of(features));
        Ok(Scorer { model_id, artifact, columns, fields })
    }

    /// Returns the features of leads that the model takes.
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
    pub(crate) fn score(&self, rows: Rows, explain: Explain) -> Result<RowScores, Error> {
        let model = &self.artifact.model;
        let Rows { matrix, unseen } = rows;
        let explanation = match explain {
            Explain::Nothing => None,
            Explain::Contributions | Explain::Reasons(_) => {
                Some(model.explain(&matrix).context("cannot explain a score")?)
            }
        };
        // The margin is the sum of the contributions: with them there is no need to go through the model once more.
        let margins = match &explanation {
            Some(explanation) => (0..matrix.rows).map(|row| explanation.margin(row)).collect(),
            None => model.margins(&matrix).context("cannot score")?,
        };
        let scores = model.scores_of(&margins).context("cannot score")?;
        let language = model.features.language();
        let mut reasons = vec![Vec::new(); matrix.rows];
        if let (Explain::Reasons(reasons_max), Some(explanation)) = (explain, &explanation) {
            for (row, reasons) in reasons.iter_mut().enumerate() {
                *reasons = self.reasons_of_row(matrix.row(row), explanation.row(row), reasons_max, language);
            }
        }
        Ok(RowScores { matrix, margins, scores, reasons, explanation, unseen })
    }

    /// Returns the reasons of rows that were scored before, from their stored inputs, in any language. They are the same
    /// as at the time of scoring.
    pub(crate) fn reasons_of_inputs(
        &self,
        inputs: &[Vec<Option<f32>>],
        language: Language,
    ) -> Result<Vec<Vec<Reason>>> {
        let model = &self.artifact.model;
        let columns = model.features.features.len();
        let values = inputs.iter().flat_map(|inputs| row_of(inputs)).collect();
        let matrix = Matrix { values, rows: inputs.len(), columns };
        let explanation = model.explain(&matrix).context("cannot explain what was scored before")?;
        let rows = 0..matrix.rows;
        let reasons = |row| self.reasons_of_row(matrix.row(row), explanation.row(row), REASONS_MAX, language);
        Ok(rows.map(reasons).collect())
    }

    /// Returns at most so many reasons of a row, in a language, from what each feature contributed to its margin.
    pub(crate) fn reasons_of_row(
        &self,
        row: &[f32],
        contributions: &[f64],
        reasons_max: usize,
        language: Language,
    ) -> Vec<Reason> {
        reasons::of_row((&self.artifact.model, &self.fields), row, contributions, reasons_max, language)
    }

    /// Makes predictions of rows. `keys` has an entry a row; `provenance` holds for all of them, without their inputs.
    pub(crate) fn predict<'a>(
        &self,
        rows: Rows,
        keys: impl IntoIterator<Item = RowKey<'a>>,
        provenance: &Provenance,
        explain: Explain,
    ) -> Result<Predictions, Error> {
        let model = &self.artifact.model;
        let RowScores { matrix, margins, scores, reasons, explanation, unseen } = self.score(rows, explain)?;
        let intervals = model.intervals(&matrix, &margins).context("cannot compute the interval of a score")?;
        let scored = scores.into_iter().zip(reasons).enumerate();
        let predictions = keys.into_iter().zip(scored).map(|(RowKey { lead_id, as_of }, (row, (score, reasons)))| {
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
                    ground: provenance.ground.clone(),
                    overrides: provenance.overrides.clone(),
                    inputs: inputs(matrix.row(row)),
                },
            }
        });
        let predictions = predictions.collect();
        Ok(Predictions { predictions, unseen, explanation })
    }
}
