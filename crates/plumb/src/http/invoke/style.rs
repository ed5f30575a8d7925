//! How a server answers calls that do not say so themselves: what a container is told by its environment.

use plumb_lead::Prediction;
use serde_json::{Value, json};

use super::form::Form;

/// What a server is told of its answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Style {
    /// What is said of each row; nothing here: its score alone.
    contents: Vec<Content>,
    /// The form where a caller does not mind; none here: that of the request.
    form: Option<Form>,
    /// Whether the scores of a CSV answer stand on one line, with commas between, as in older containers.
    csv_in_one_line: bool,
}

/// Something that can be said of a row, by the name that SageMaker's XGBoost container has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    PredictedLabel,
    Labels,
    Probability,
    Probabilities,
    RawScore,
    RawScores,
}

/// A raw score is a score from which no probability is asked; of two classes it is the probability all the same.
const CONTENTS: [(&str, Content); 6] = [
    ("predicted_label", Content::PredictedLabel),
    ("labels", Content::Labels),
    ("probability", Content::Probability),
    ("probabilities", Content::Probabilities),
    ("raw_score", Content::RawScore),
    ("raw_scores", Content::RawScores),
];

impl Style {
    /// Reads a style: names of contents, separated by commas, and a media type; empty is as good as absent.
    pub(crate) fn read(contents: Option<&str>, accept: Option<&str>, csv_in_one_line: bool) -> anyhow::Result<Style> {
        let names = contents.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let contents = names.map(|name| {
            let known = CONTENTS.iter().find(|(known, _)| *known == name);
            let expected = || CONTENTS.map(|(known, _)| known).join("`, `");
            known
                .map(|(_, content)| *content)
                .ok_or_else(|| anyhow::anyhow!("answers cannot say `{name}`: expected some of `{}`", expected()))
        });
        let contents = contents.collect::<Result<Vec<_>, _>>()?;
        let accept = accept.filter(|accept| !accept.trim().is_empty());
        let form = accept.map(|accept| Form::negotiate(Some(accept), Form::Csv));
        let form = form.transpose().map_err(|error| anyhow::anyhow!(error.message))?;
        anyhow::ensure!(
            !(csv_in_one_line && contents.len() > 1),
            "what is said of a row is more than one thing, so rows cannot share a line of CSV: leave one of the two out"
        );
        Ok(Style { contents, form, csv_in_one_line })
    }

    /// Returns the form for callers who do not mind.
    pub(super) fn form(&self, of_request: Form) -> Form {
        self.form.unwrap_or(of_request)
    }

    /// Returns what stands between two rows of CSV.
    pub(super) fn between_rows(&self) -> &'static str {
        if self.csv_in_one_line { "," } else { "\n" }
    }

    /// Returns what is said of a row, by name. A label is 1 from the model's decision threshold on.
    pub(super) fn of(&self, prediction: &Prediction, threshold: f64) -> Vec<(&'static str, Value)> {
        let score = prediction.score.get();
        if self.contents.is_empty() {
            return vec![("score", json!(score))];
        }
        let value = |content: &Content| match content {
            Content::PredictedLabel => json!(u8::from(score >= threshold)),
            Content::Labels => json!([0, 1]),
            Content::Probability | Content::RawScore => json!(score),
            Content::Probabilities | Content::RawScores => json!([1.0 - score, score]),
        };
        let named = |content: &Content| {
            CONTENTS.iter().find(|(_, known)| known == content).map(|(name, _)| (*name, value(content)))
        };
        self.contents.iter().filter_map(named).collect()
    }
}
