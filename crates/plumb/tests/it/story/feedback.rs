//! A rep says that a score is wrong.

use serde_json::json;

use super::stages::{self, best_lead};

#[test]
fn feedback_is_shown_on_the_page_of_its_lead() {
    let company = stages::trained();
    let server = company.serve();
    let lead_id = best_lead(&server)["lead_id"].as_str().expect("a lead has an id").to_owned();
    let scored = server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead_id }));
    let feedback =
        json!({ "prediction_id": scored["prediction_id"], "complaint": "too_high", "note": "they went quiet" });
    assert!(server.post("/v1/feedback", &feedback)["feedback_id"].is_string());
    let page = server.page(&format!("/leads/{}", lead_id.replace(':', "%3A")));
    assert!(page.contains("they went quiet") && page.contains("This score is wrong"), "{page}");
    server.stop();
}
