//! Which features read a field of the lead.

use super::select_list::parse_all;
use super::vocabulary::Vocabulary;
use crate::engine::session;
use crate::error::Error;
use crate::features::definition::FeatureSql;
use crate::ground::{Ground, UndatedField};

/// Returns the undated fields that features read, each with these features, in the order of the ground's columns.
pub(crate) fn undated_fields(ground: &Ground, sql: &FeatureSql) -> Result<Vec<UndatedField>, Error> {
    let context = session();
    let (lead, event) = (ground.lead_schema(), ground.event_schema());
    let lists = parse_all(sql, &Vocabulary { lead: &lead, event: &event, state: &context.state() })?;
    let readers = |field: &str| -> Vec<String> {
        let features = lists.iter().flat_map(|list| &list.features);
        features.filter(|feature| feature.lead_columns.contains(field)).map(|feature| feature.name.clone()).collect()
    };
    let fields = ground.undated_fields().into_iter().map(|field| UndatedField { features: readers(&field), field });
    Ok(fields.filter(|undated| !undated.features.is_empty()).collect())
}
