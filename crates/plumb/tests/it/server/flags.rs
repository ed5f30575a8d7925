//! A flag on a prediction that was acknowledged is accepted and kept, whichever server on the data folder gets it.

use serde_json::json;

use crate::setup::server::{Server, quick_folder};

#[test]
fn a_flag_is_accepted_by_another_server_at_once_and_survives_a_kill_of_both() {
    let folder = quick_folder();
    let [one, other] = [(); 2].map(|()| Server::of_quick(&folder, &[], &[]));
    for round in 0..25 {
        let features = json!({ "size": 50, "channel": "referral" });
        let lead_id = format!("lead {round}");
        let scored = one.post("/v1/score", &json!({ "target": "won", "lead_id": lead_id, "features": features }));
        let flag = json!({ "prediction_id": scored["prediction_id"], "complaint": "too_high", "note": lead_id });
        let flagged = other.post("/v1/feedback", &flag);
        assert!(flagged["feedback_id"].is_string(), "round {round}: {flagged}");
    }
    one.kill();
    other.kill();
    let server = Server::of_quick(&folder, &[], &[]);
    for round in 0..25 {
        let lead = server.get(&format!("/v1/leads/lead%20{round}"));
        assert_eq!(lead["feedback"].as_array().map(Vec::len), Some(1), "{lead}");
        assert_eq!(lead["feedback"][0]["note"], format!("lead {round}"));
    }
    server.stop();
}
