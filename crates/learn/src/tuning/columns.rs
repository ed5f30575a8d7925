//! Which columns are categories, and in which direction each may act.

use plumb_lead::{FeatureKind, FeatureSet, Monotone};

/// Returns the monotone constraints of the features as XGBoost reads them: `(0,1,-1)`.
pub(super) fn monotone_constraints(features: &FeatureSet) -> String {
    let signs: Vec<&str> = features
        .features
        .iter()
        .map(|feature| match (feature.messages.monotone, &feature.kind) {
            // The codes of a category have no direction.
            (_, FeatureKind::Category { .. }) | (Monotone::Free, _) => "0",
            (Monotone::Increasing, _) => "1",
            (Monotone::Decreasing, _) => "-1",
        })
        .collect();
    format!("({})", signs.join(","))
}

/// Returns the columns that hold categories, each with its number of levels.
pub(crate) fn category_columns(features: &FeatureSet) -> Vec<(usize, usize)> {
    let levels = |(column, feature): (usize, &plumb_lead::Feature)| match &feature.kind {
        FeatureKind::Category { levels } => Some((column, levels.len())),
        _ => None,
    };
    features.features.iter().enumerate().filter_map(levels).collect()
}
