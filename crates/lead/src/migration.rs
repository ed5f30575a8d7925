//! JSON that earlier programs stored, brought into the form of [`ModelCard`](crate::ModelCard) and
//! [`Prediction`](crate::Prediction).

use serde_json::{Map, Value};

/// Keys of a card that have another name now.
const CARD_KEYS: [(&str, &str); 2] = [("earnings", "profits"), ("bias", "fairness")];

/// Keys of a card's data set that have another name now.
const DATASET_KEYS: [(&str, &str); 1] = [("rows_immature", "rows_censored")];

/// Keys of a prediction that have another name now.
const PREDICTION_KEYS: [(&str, &str); 1] = [("basis", "provenance")];

/// Keys of a prediction's provenance that have another name now.
const PROVENANCE_KEYS: [(&str, &str); 1] = [("brought", "overrides")];

/// Brings the JSON of a model card that an earlier program stored into the form of this one. A card that is in it already
/// stays as it is. What cannot be recognised stays too, and is an error when the card is read.
pub fn migrate_card(card: Value) -> Value {
    let Value::Object(mut card) = card else { return card };
    rename(&mut card, &CARD_KEYS);
    if let Some(Value::Object(dataset)) = card.get_mut("dataset") {
        rename(dataset, &DATASET_KEYS);
    }
    if let Some(kind) = card.get_mut("kind").filter(|kind| *kind == "committee") {
        *kind = "ensemble".into();
    }
    if let Some(Value::Object(params)) = card.remove("params") {
        card.insert("settings".to_owned(), settings(params));
    }
    Value::Object(card)
}

/// Brings the JSON of a prediction that an earlier program stored into the form of this one.
pub fn migrate_prediction(mut prediction: Value) -> Value {
    if let Value::Object(prediction) = &mut prediction {
        rename(prediction, &PREDICTION_KEYS);
        if let Some(Value::Object(provenance)) = prediction.get_mut("provenance") {
            rename(provenance, &PROVENANCE_KEYS);
        }
    }
    prediction
}

fn rename(object: &mut Map<String, Value>, keys: &[(&str, &str)]) {
    for (before, now) in keys {
        if let Some(value) = object.remove(*before) {
            object.insert((*now).to_owned(), value);
        }
    }
}

/// Returns the settings in the texts by name that cards had before: numbers of the training itself become numbers, what
/// the fit chose stays text.
fn settings(mut params: Map<String, Value>) -> Value {
    let mut settings = Map::new();
    if let Some(trials) = take_number(&mut params, "trials") {
        settings.insert("search_trials".to_owned(), trials.into());
    }
    if let (Some(workers), Some(sample_rows)) = (number(&params, "workers"), number(&params, "sample_rows")) {
        let on_disk = params.get("quantiles").is_some_and(|quantiles| quantiles == "on disk");
        let out_of_core = [
            ("workers", Value::from(workers)),
            ("sample_rows", sample_rows.into()),
            ("quantiles", if on_disk { "on_disk" } else { "in_memory" }.into()),
        ];
        let out_of_core: Map<String, Value> =
            out_of_core.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        out_of_core.keys().for_each(|name| drop(params.remove(name)));
        settings.insert("out_of_core".to_owned(), out_of_core.into());
    }
    settings.insert("fit".to_owned(), params.into());
    settings.into()
}

fn number(params: &Map<String, Value>, name: &str) -> Option<u64> {
    params.get(name)?.as_str()?.parse().ok()
}

fn take_number(params: &mut Map<String, Value>, name: &str) -> Option<u64> {
    let number = number(params, name)?;
    params.remove(name);
    Some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ModelCard, ModelKind, OutOfCoreSettings, Prediction, Quantiles};

    /// A card as version 0.1.0 stored it.
    fn old_card(kind: &str, params: Value) -> Value {
        json!({
            "model_id": "cafe", "target": "converted", "kind": kind, "as_of": "2026-01-01T00:00:00Z",
            "dataset": {
                "hash": "d", "rows_train": 60, "rows_valid": 20, "rows_test": 20, "base_rate": 0.25,
                "rows_immature": 7, "span": null
            },
            "features_hash": "f", "code_version": "0.1.0", "seed": 1, "params": params,
            "threshold": { "score": 0.5, "why": "the best F0.5" },
            "metrics": null, "gain": [], "reliability": [], "importance": [["industry", 0.5]], "weakest": [],
            "leaks": [], "by_age": [], "notes": ["a note"],
            "earnings": [{
                "policy": "largest F0.5", "rows": 20, "calls": 5, "model": { "value": 10.0, "interval": null },
                "rules": null, "arrival": { "value": 1.0, "interval": null },
                "perfect": { "value": 20.0, "interval": null }
            }],
            "bias": [{
                "facet": "channel", "level": "fair", "rows": 5, "dppl": 0.1, "di": null, "dca": null, "dcr": null,
                "dar": null, "drr": null, "rd": null, "sd": null, "ad": null, "te": null
            }],
        })
    }

    fn read(card: Value) -> ModelCard {
        serde_json::from_value(migrate_card(card)).expect("a card of this version")
    }

    #[test]
    fn a_card_of_version_0_1_0_is_read() {
        let params = json!({ "max_depth": "4", "trials": "6", "calibration": "isotonic" });
        let card = read(old_card("committee", params));
        assert_eq!(card.kind, ModelKind::Ensemble);
        assert_eq!(card.dataset.rows_censored, 7);
        assert_eq!((card.profits[0].calls, card.fairness[0].dppl), (5, Some(0.1)));
        assert_eq!((card.settings.search_trials, card.settings.out_of_core), (Some(6), None));
        let fit: Vec<(&str, &str)> =
            card.settings.fit.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fit, [("calibration", "isotonic"), ("max_depth", "4")]);
        assert_eq!(card.notes, ["a note"]);
    }

    #[test]
    fn out_of_core_settings_become_numbers() {
        let params =
            json!({ "workers": "2", "sample_rows": "1000", "quantiles": "on disk", "trials": "6", "eta": "0.1" });
        let card = read(old_card("xgboost", params));
        let expected = OutOfCoreSettings { workers: 2, sample_rows: 1000, quantiles: Quantiles::OnDisk };
        assert_eq!(card.settings.out_of_core, Some(expected));
        assert_eq!(card.settings.fit.keys().collect::<Vec<_>>(), ["eta"]);
        let params = json!({ "workers": "1", "sample_rows": "9", "quantiles": "in memory" });
        let card = read(old_card("logistic", params));
        assert_eq!(card.settings.out_of_core.map(|settings| settings.quantiles), Some(Quantiles::InMemory));
    }

    #[test]
    fn a_card_of_this_version_stays_as_it_is() {
        let card = migrate_card(old_card("xgboost", json!({ "trials": "6" })));
        assert_eq!(migrate_card(card.clone()), card);
        assert_eq!(migrate_card(json!("not a card")), json!("not a card"));
    }

    #[test]
    fn a_prediction_of_version_0_1_0_is_read() {
        let prediction = json!({
            "prediction_id": "p1", "lead_id": "ada", "target": "converted", "model_id": "cafe",
            "as_of": "2026-01-01T00:00:00Z", "score": 0.9, "band": "A", "reasons": [],
            "basis": { "ground": "f00d", "brought": ["lead.budget"], "inputs": [0.5, null] },
        });
        let prediction: Prediction = serde_json::from_value(migrate_prediction(prediction)).expect("a prediction");
        assert_eq!(prediction.provenance.ground.as_deref(), Some("f00d"));
        assert_eq!(prediction.provenance.overrides, ["lead.budget"]);
        assert_eq!(prediction.provenance.inputs, [Some(0.5), None]);
    }
}
