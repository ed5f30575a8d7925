//! Labels from outside, in SageMaker's ground truth form.

use serde_json::json;

/// Returns the line that labels an event.
pub(crate) fn line(event_id: &str, labels: &str) -> String {
    let data = json!({ "data": labels, "encoding": "CSV" });
    format!("{}\n", json!({ "groundTruthData": data, "eventMetadata": { "eventId": event_id }, "eventVersion": "0" }))
}
