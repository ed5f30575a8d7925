//! Features for the tests of the parsers, and instances in a short notation.

use plumb_lead::FieldValue::{Flag, Missing, Number, Text};
use plumb_lead::{Feature, FeatureKind, FeatureMessages};

use crate::serving::Instance;

/// Returns a number and a category of two levels.
pub(super) fn features() -> Vec<Feature> {
    let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
    let levels = ["email", "referral"].map(str::to_owned).to_vec();
    vec![feature("age", FeatureKind::Number), feature("channel", FeatureKind::Category { levels })]
}

/// Returns the values of rows that are not missing, as `age=30 channel=email`, with `|` between rows.
pub(super) fn values_of(instances: &[Instance]) -> String {
    let row = |instance: &Instance| {
        let Instance::Features { features, .. } = instance else { panic!("these rows are features") };
        let shown = features.iter().filter_map(|(name, value)| match value {
            Missing => None,
            Number(number) => Some(format!("{name}={number}")),
            Flag(flag) => Some(format!("{name}={flag}")),
            Text(text) => Some(format!("{name}={text}")),
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    instances.iter().map(row).collect::<Vec<_>>().join("|")
}
