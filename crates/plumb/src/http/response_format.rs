//! The response format of invocations that do not choose one: what a container is configured by in its environment.

use plumb_lead::Prediction;
use serde_json::{Value, json};

use super::media_type::MediaType;

/// The response format of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseFormat {
    /// The outputs of each row; none: its score alone.
    outputs: Vec<Output>,
    /// The media type for callers without a preference; `None`: that of the request.
    media_type: Option<MediaType>,
    /// Whether the scores of a CSV response are on one line, with commas between, as in older containers.
    csv_in_one_line: bool,
}

/// An output of a row, by its name in SageMaker's XGBoost container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    PredictedLabel,
    Labels,
    Probability,
    Probabilities,
    RawScore,
    RawScores,
}

/// A raw score is the output before a probability is made of it; of two classes it is the probability all the same.
const OUTPUTS: [(&str, Output); 6] = [
    ("predicted_label", Output::PredictedLabel),
    ("labels", Output::Labels),
    ("probability", Output::Probability),
    ("probabilities", Output::Probabilities),
    ("raw_score", Output::RawScore),
    ("raw_scores", Output::RawScores),
];

impl ResponseFormat {
    /// Parses names of outputs, separated by commas, and a media type; empty is as good as absent.
    pub(crate) fn parse(
        outputs: Option<&str>,
        accept: Option<&str>,
        csv_in_one_line: bool,
    ) -> anyhow::Result<ResponseFormat> {
        let names = outputs.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let outputs = names.map(|name| {
            let known = OUTPUTS.iter().find(|(known, _)| *known == name);
            let expected = || OUTPUTS.map(|(known, _)| known).join("`, `");
            known
                .map(|(_, output)| *output)
                .ok_or_else(|| anyhow::anyhow!("there is no output `{name}`: expected some of `{}`", expected()))
        });
        let outputs = outputs.collect::<Result<Vec<_>, _>>()?;
        let accept = accept.filter(|accept| !accept.trim().is_empty());
        let media_type = accept.map(|accept| MediaType::negotiate(Some(accept), MediaType::Csv));
        let media_type = media_type.transpose().map_err(|error| anyhow::anyhow!(error.message))?;
        anyhow::ensure!(
            !(csv_in_one_line && outputs.len() > 1),
            "rows with more than one output cannot share a line of CSV: leave one of the two options out"
        );
        Ok(ResponseFormat { outputs, media_type, csv_in_one_line })
    }

    /// Returns the media type for callers without a preference.
    pub(in crate::http) fn media_type(&self, of_request: MediaType) -> MediaType {
        self.media_type.unwrap_or(of_request)
    }

    /// Returns the separator of two rows of CSV.
    pub(in crate::http) fn row_separator(&self) -> &'static str {
        if self.csv_in_one_line { "," } else { "\n" }
    }

    /// Returns how many outputs a row has; a list counts as two.
    pub(in crate::http) fn outputs_of_row(&self) -> usize {
        2 * self.outputs.len()
    }

    /// Returns the outputs of a row, by name. A label is 1 from the model's decision threshold on.
    pub(in crate::http) fn outputs(&self, prediction: &Prediction, threshold: f64) -> Vec<(&'static str, Value)> {
        let score = prediction.score.get();
        if self.outputs.is_empty() {
            return vec![("score", json!(score))];
        }
        let value = |output: &Output| match output {
            Output::PredictedLabel => json!(u8::from(score >= threshold)),
            Output::Labels => json!([0, 1]),
            Output::Probability | Output::RawScore => json!(score),
            Output::Probabilities | Output::RawScores => json!([1.0 - score, score]),
        };
        let named =
            |output: &Output| OUTPUTS.iter().find(|(_, known)| known == output).map(|(name, _)| (*name, value(output)));
        self.outputs.iter().filter_map(named).collect()
    }
}
