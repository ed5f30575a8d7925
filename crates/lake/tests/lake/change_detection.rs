//! Change detection: the history of sources without dates begins with the first run.

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{LabelSpec, Lake, PostOutcomeChange, Undated};

use crate::company::{Company, day, features};

const FINTECH: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}"#;
const RETAIL: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"retail","budget":"5"}"#;

async fn industry(lake: &Lake, as_of: DateTime<Utc>) -> String {
    let (lead, _) = lake.lead("lead:1", as_of).await.expect("readable").expect("known since it was created");
    format!("{:?}", lead.fields["industry"])
}

#[tokio::test]
async fn a_change_between_two_runs_counts_from_the_second() {
    for leads_are_keyed in [false, true] {
        let mut company = Company::new(FINTECH, "", "");
        company.leads_are_keyed = leads_are_keyed;
        company.ingest().await;
        let between = Utc::now();
        company.write("leads", RETAIL);
        assert_eq!(company.ingest().await.counts.lead_versions, 2);
        let lake = Lake::open(&company.data()).await.expect("it was ingested");
        assert_eq!(industry(&lake, day(1)).await, "Text(\"fintech\")");
        assert_eq!(industry(&lake, between).await, "Text(\"fintech\")");
        assert_eq!(industry(&lake, Utc::now()).await, "Text(\"retail\")");
    }
}

#[tokio::test]
async fn a_value_that_changes_back_is_a_version_too() {
    let mut company = Company::new(FINTECH, "", "");
    company.leads_are_keyed = true;
    let mut after = Vec::new();
    for rows in [FINTECH, RETAIL, FINTECH] {
        company.write("leads", rows);
        company.ingest().await;
        after.push(Utc::now());
    }
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    let mut industries = Vec::new();
    for as_of in after {
        industries.push(industry(&lake, as_of).await);
    }
    assert_eq!(industries, ["Text(\"fintech\")", "Text(\"retail\")", "Text(\"fintech\")"]);
}

#[tokio::test]
async fn a_lead_of_a_later_run_counts_from_its_creation() {
    let company = Company::new(FINTECH, "", "");
    company.ingest().await;
    let second = r#"{"id":"2","created_at":"2026-01-05","industry":"health"}"#;
    company.write("leads", &format!("{FINTECH}\n{second}"));
    let lake = company.lake().await;
    let (lead, _) = lake.lead("lead:2", day(4)).await.expect("readable").expect("created on the fifth");
    assert_eq!(format!("{:?}", lead.fields["industry"]), "Text(\"health\")");
}

/// A run continues the stored history; without it, everything is derived again, with the same result.
#[tokio::test]
async fn the_history_is_the_same_however_often_it_is_derived() {
    let mut company = Company::new(FINTECH, "", "");
    company.leads_are_keyed = true;
    for (rows, event) in [(FINTECH, "2026-01-02"), (RETAIL, "2026-01-03"), (RETAIL, "2026-01-04")] {
        company.write("leads", rows);
        company.write("events", &format!(r#"{{"key":"lead:1","kind":"touch","at":"{event}"}}"#));
        company.ingest().await;
    }
    let versions = async |company: &Company| {
        let lake = company.lake().await;
        let mut versions = Vec::new();
        for as_of in [day(0), day(1), Utc::now()] {
            versions.push(lake.lead("lead:1", as_of).await.expect("readable"));
        }
        (company.ingest().await.counts, versions)
    };
    let stepwise = versions(&company).await;
    assert_eq!(stepwise.0.lead_versions, 2, "the third run changed nothing of the lead");
    std::fs::remove_dir_all(company.data().join("ground")).expect("it was written");
    assert_eq!(versions(&company).await, stepwise);
}

#[tokio::test]
async fn undated_columns_are_listed() {
    let company = Company::new(
        FINTECH,
        r#"{"key":"lead:1","kind":"touch","at":"2026-01-03"}
{"key":"lead:1","kind":"reply","at":"2026-01-03","known_at":"2026-01-04"}"#,
        "",
    );
    let undated = |relation: &str, columns: &[&str]| Undated {
        file: format!("sources/{relation}.sql"),
        relation: relation.into(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: 1,
    };
    let expected = vec![undated("lead", &["industry", "budget"]), undated("event", &["kind", "value"])];
    assert_eq!(company.ingest().await.undated, expected);
    let again = company.ingest().await;
    assert!(again.unchanged);
    assert_eq!(again.undated, expected, "every run lists them");
}

/// Three leads are decided and three are open; one of each has another budget in the second run, and one that is
/// decided another industry. A field that no feature reads is not counted.
#[tokio::test]
async fn post_outcome_changes_are_counted() {
    let rows = |budgets: [u32; 6], third: &str| {
        let row = |(id, budget): (usize, &u32)| {
            let industry = if id == 2 { third } else { "retail" };
            format!(r#"{{"id":"{id}","created_at":"2026-01-01","industry":"{industry}","budget":"{budget}"}}"#)
        };
        budgets.iter().enumerate().map(row).collect::<Vec<_>>().join("\n")
    };
    let outcomes =
        [0, 1, 2].map(|id| format!(r#"{{"key":"lead:{id}","target":"won","positive":"yes","at":"2026-02-01"}}"#));
    let company = Company::new(&rows([5; 6], "retail"), "", &outcomes.join("\n"));
    company.ingest().await;
    company.write("leads", &rows([6, 5, 5, 6, 5, 5], "fintech"));
    let lake = company.lake().await;
    let label_spec = |days| LabelSpec { target: "won".into(), horizon: TimeDelta::days(days), ages: Vec::new() };
    let sql = features("SELECT l.budget, l.budget > 5 AS is_large, count(e.at) AS touches");
    let changed =
        async |days, as_of| lake.post_outcome_changes(&sql, &label_spec(days), as_of).await.expect("readable");

    let budget = |decided_changed, open_changed| PostOutcomeChange {
        field: "budget".into(),
        features: vec!["budget".into(), "is_large".into()],
        decided: 3,
        decided_changed,
        open: 6,
        open_changed,
    };
    assert_eq!(changed(100_000, Utc::now()).await, [budget(1, 1)]);
    assert_eq!(changed(1, Utc::now()).await, [budget(0, 0)], "nothing changed within a day");
    assert_eq!(changed(100_000, day(60)).await, [budget(0, 0)], "nothing had changed then");
}
