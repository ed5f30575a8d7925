//! Tables in, files out.

use chrono::{DateTime, Utc};

use crate::testing::{database_table, table};
use crate::{Choices, Proposal, SourceKind, SourceSpec, TableSummary, TargetChoice, propose};

const LEADS: &str = "id,created_at,email,channel,industry,lost_reason
    1,2026-01-01T08:00:00Z,ada@a.example,ads,retail,
    2,2026-01-02T08:00:00Z,ben@b.example,referral,retail,
    3,2026-01-03T08:00:00Z,cem@c.example,ads,health,price
    4,2026-01-04T08:00:00Z,dea@d.example,referral,health,
    5,2026-01-05T08:00:00Z,eva@e.example,ads,retail,
    6,2026-01-06T08:00:00Z,fay@f.example,event,retail,";

const ACTIVITIES: &str = "lead_id,kind,at,logged_at
    1,email sent,2026-01-01T09:00:00Z,2026-01-01T09:00:00Z
    1,reply,2026-01-02T09:00:00Z,2026-01-03T09:00:00Z
    2,email sent,2026-01-02T09:00:00Z,2026-01-02T09:00:00Z
    4,visit,2026-01-05T09:00:00Z,2026-01-05T09:00:00Z";

const DEALS: &str = "lead_id,result,decided_at
    1,won,2026-02-01T09:00:00Z
    2,lost,2026-02-02T09:00:00Z
    3,lost,2026-02-03T09:00:00Z
    4,won,2026-02-03T09:00:00Z";

fn now() -> DateTime<Utc> {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

fn source(name: &str) -> SourceSpec {
    SourceSpec {
        name: name.into(),
        kind: SourceKind::Files,
        url: format!("exports/{name}.csv"),
        reading: None,
        description: format!("exports/{name}.csv"),
    }
}

#[track_caller]
fn proposed(tables: &[TableSummary], choices: &Choices) -> Proposal {
    let mut names: Vec<&str> = tables.iter().map(|table| table.name.source.as_str()).collect();
    names.dedup();
    let sources: Vec<SourceSpec> = names.into_iter().map(source).collect();
    propose(&sources, tables, choices, now()).expect("a proposal")
}

#[track_caller]
fn text<'a>(proposal: &'a Proposal, path: &str) -> &'a str {
    let paths: Vec<&str> = proposal.files.iter().map(|file| file.path.as_str()).collect();
    let file = proposal.files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("no `{path}` among {paths:?}")).text
}

#[track_caller]
fn check(text: &str, parts: &[&str]) {
    for part in parts {
        let flat = |text: &str| text.split_whitespace().filter(|word| *word != "--").collect::<Vec<_>>().join(" ");
        assert!(flat(text).contains(&flat(part)), "`{part}` is not in:\n{text}");
    }
}

fn exports() -> Vec<TableSummary> {
    vec![table("activities", ACTIVITIES), table("deals", DEALS), table("leads", LEADS)]
}

#[test]
fn three_exports_become_a_project() {
    let proposal = proposed(&exports(), &Choices::default());
    let purposes: Vec<String> =
        proposal.tables.iter().map(|table| format!("{} {:?}", table.table, table.purpose)).collect();
    assert_eq!(purposes, ["activities Events", "deals Outcomes", "leads Leads"]);
    check(
        text(&proposal, "sources/lead.sql"),
        &[
            "'leads:' || l.id AS lead_key",
            "l.created_at AS created_at",
            "normalise_email(l.email) AS email",
            "trim(l.channel) AS channel",
            "FROM leads.records l",
            "`lost_reason`: a reason is given when it is decided",
        ],
    );
    check(
        text(&proposal, "sources/event.activities.sql"),
        &[
            "'leads:' || e.lead_id AS lead_key",
            "coalesce(lower(trim(e.kind)), 'activity') AS kind",
            "e.at AS at",
            "e.logged_at AS known_at",
        ],
    );
    check(
        text(&proposal, "sources/outcome.sql"),
        &[
            "'won' AS target",
            "lower(trim(o.result)) IN ('won') AS positive",
            "o.decided_at AS at",
            "WHERE lower(trim(o.result)) IN ('won', 'lost')",
        ],
    );
    check(text(&proposal, "sources/identity.sql"), &["'email:' || normalise_email(t.email) AS key_b"]);
    check(
        text(&proposal, "plumb.toml"),
        &[
            "as_of = \"2026-02-04T00:00:00Z\"",
            "[source.leads]",
            "kind = \"files\"",
            "[target.won]",
            "horizon = \"90d\"",
            "at = [\"0h\", \"48h\", \"7d\"]",
        ],
    );
    check(
        text(&proposal, "features/1-behaviour.sql"),
        &[
            "date_diff_days(as_of, max(e.at)) AS days_since_last_interaction",
            "count(e.at) FILTER (WHERE e.kind = 'reply' AND e.at < l.created_at + INTERVAL '7 days') AS reply_first_7d",
            "AS responded_within_48h",
        ],
    );
    check(text(&proposal, "features/2-profile.toml"), &["[channel]", "say = \"channel: {value}\""]);
}

#[test]
fn every_feature_has_its_sentences_and_every_file_its_reason() {
    let proposal = proposed(&exports(), &Choices::default());
    assert!(proposal.files.iter().all(|file| !file.why.is_empty() && !file.text.is_empty()));
    for feature in &proposal.features {
        let is_told =
            |file: &&crate::ProposedFile| file.path.ends_with(".toml") && file.text.contains(&format!("[{feature}]\n"));
        assert_eq!(proposal.files.iter().filter(is_told).count(), 1, "{feature}");
    }
}

#[test]
fn the_same_tables_give_the_same_files() {
    let texts =
        || proposed(&exports(), &Choices::default()).files.into_iter().map(|file| file.text).collect::<Vec<_>>();
    assert_eq!(texts(), texts());
}

#[test]
fn a_user_names_target_statuses_and_horizon() {
    let choices = Choices {
        targets: vec![TargetChoice { name: "gone".into(), positive: vec!["Lost".into()] }],
        horizon_days: Some(30),
        ..Choices::default()
    };
    let proposal = proposed(&exports(), &choices);
    check(
        text(&proposal, "sources/outcome.sql"),
        &["'gone' AS target", "lower(trim(o.result)) IN ('lost') AS positive"],
    );
    check(text(&proposal, "plumb.toml"), &["[target.gone]", "horizon = \"30d\""]);
    let choices = Choices {
        targets: vec![TargetChoice { name: "x".into(), positive: vec!["maybe".into()] }],
        ..Choices::default()
    };
    let error = propose(&[], &exports(), &choices, now()).expect_err("no such status");
    check(&error, &["--target x: no status has all of `maybe`", "`result` of deals has `lost` (2), `won` (2)"]);
}

#[test]
fn tables_without_an_outcome_are_refused_with_the_way_out() {
    let tables = [table("leads", "id,created_at,status\n1,2026-01-01T08:00:00Z,new\n2,2026-01-01T09:00:00Z,open")];
    let error = propose(&[], &tables, &Choices::default(), now()).expect_err("nothing is won");
    check(
        &error,
        &[
            "nothing says which leads were won",
            "`status` of leads has `new` (1), `open` (1)",
            "--target NAME=\"VALUE,VALUE\"",
        ],
    );
    let tables = [table("towns", "name,people\nUlm,1\nBonn,2")];
    let error = propose(&[], &tables, &Choices::default(), now()).expect_err("no leads");
    check(&error, &["no table looks like one with a row a lead", "found `towns`", "--leads TABLE"]);
}

#[test]
fn a_salesforce_export_is_one_table_with_its_own_outcome() {
    let lines = "Lead ID,Create Date,Company / Account,Lead Source,Lead Status,Converted,Converted Date,Email
        00Q000000000001,2026-01-01T08:00:00Z,Acme,Web,Open,no,,ada@a.example
        00Q000000000002,2026-01-02T08:00:00Z,Bolt,Web,Qualified,yes,2026-01-02,ben@b.example
        00Q000000000003,2026-01-03T08:00:00Z,Core,Event,Unqualified,no,,cem@c.example";
    let proposal = proposed(&[table("report", lines)], &Choices::default());
    assert_eq!(proposal.tables[0].presets, ["salesforce"]);
    check(
        text(&proposal, "sources/lead.sql"),
        &["'report:' || l.\"Lead ID\" AS lead_key", "l.\"Create Date\" AS created_at"],
    );
    check(
        text(&proposal, "sources/outcome.sql"),
        &[
            "'converted' AS target",
            "true AS positive",
            "parse_timestamp(o.\"Converted Date\") + INTERVAL '86399 seconds' AS at",
            "A day without a time counts from its last second",
            "WHERE parse_flag(o.\"Converted\")",
            "lower(trim(o.\"Lead Status\")) IN ('unqualified')",
        ],
    );
}

#[test]
fn tables_of_a_loader_respect_deleted_rows_and_load_times() {
    let tables = [
        database_table(
            "hub",
            "contact",
            "id,createdate,email,hs_object_id,lifecyclestage,closedate,_fivetran_synced,_fivetran_deleted
             1,2026-01-01T08:00:00Z,ada@a.example,1,customer,2026-02-01T08:00:00Z,2026-03-01T08:00:00Z,no
             2,2026-01-02T08:00:00Z,ben@b.example,2,lead,,2026-03-01T08:00:00Z,yes
             3,2026-01-03T08:00:00Z,cem@c.example,3,lead,,2026-03-01T08:00:00Z,no",
        ),
        database_table(
            "hub",
            "engagement",
            "id,contact_id,type,occurred_at,_fivetran_synced
             1,1,call,2026-01-05T08:00:00Z,2026-03-01T08:00:00Z
             2,3,call,2026-01-06T08:00:00Z,2026-03-01T08:00:00Z",
        ),
        database_table(
            "hub",
            "contact_property_history",
            "contact_id,name,value,source,source_id,timestamp,_fivetran_synced
             1,lifecyclestage,lead,API,x,2026-01-01T08:00:00Z,2026-03-01T08:00:00Z
             1,lifecyclestage,customer,API,x,2026-02-01T08:00:00Z,2026-03-01T08:00:00Z
             1,region,north,API,x,2026-01-02T08:00:00Z,2026-03-01T08:00:00Z
             3,region,south,API,x,2026-01-04T08:00:00Z,2026-03-01T08:00:00Z",
        ),
    ];
    let proposal = proposed(&tables, &Choices::default());
    check(
        text(&proposal, "sources/lead.sql"),
        &["FROM hub.contact l", "WHERE NOT coalesce(", "_fivetran_deleted", "is no `known_at` here"],
    );
    check(
        text(&proposal, "sources/event.engagement.sql"),
        &[
            "CASE WHEN parse_timestamp(e._fivetran_synced) < parse_timestamp('2026-03-02T08:00:00Z')",
            "Those of the first load",
        ],
    );
    check(
        text(&proposal, "sources/lead.contact_property_history.sql"),
        &["CASE WHEN h.name = 'region' THEN h.value END AS region", "FROM hub.contact_property_history h"],
    );
    check(
        text(&proposal, "sources/outcome.sql"),
        &["'customer' AS target", "h", "'lifecyclestage'", "IN ('customer')"],
    );
}

#[test]
fn a_column_that_only_ended_leads_have_is_no_field() {
    let mut lines = "id,created_at,status,won_at,town,installer\n".to_owned();
    for number in 0..100 {
        let (status, won) = if number % 2 == 0 { ("won", "2026-02-01T08:00:00Z") } else { ("open", "") };
        let installer = if number % 2 == 0 { "north" } else { "" };
        lines +=
            &format!("{number},2026-01-01T08:00:00Z,{status},{won},{},{installer}\n", ["Ulm", "Bonn"][number % 3 % 2]);
    }
    let proposal = proposed(&[table("leads", &lines)], &Choices::default());
    let left = proposal.left_out.iter().find(|left| left.column == "installer").expect("it is left out");
    check(&left.why, &["it is filled in 100 % of the rows", "`won`", "0 %"]);
    assert!(proposal.features.contains(&"town".to_owned()));
}

#[test]
fn a_word_in_several_spellings_is_one_category() {
    let mut lines = "id,created_at,status,closed_at,town,trade,first_name\n".to_owned();
    for number in 0..12 {
        let (town, trade) = (["Ulm", "ulm", "Bonn"][number % 3], ["Mill", "Farm"][number % 2]);
        lines += &format!("{number},2026-01-01T08:00:00Z,won,2026-02-01T08:00:00Z,{town},{trade},Ada\n");
    }
    let proposal = proposed(&[table("leads", &lines)], &Choices::default());
    check(text(&proposal, "sources/lead.sql"), &["lower(trim(l.town)) AS town", "trim(l.trade) AS trade"]);
    assert!(!proposal.features.contains(&"first_name".to_owned()), "names of people are no features");
}

#[test]
fn what_is_planned_does_not_move_the_end_of_the_data() {
    let mut tables = exports();
    tables.push(table("visits", "lead_id,kind,at\n1,visit,2027-05-01T09:00:00Z\n2,visit,2027-05-02T09:00:00Z"));
    let proposal = proposed(&tables, &Choices::default());
    check(text(&proposal, "plumb.toml"), &["as_of = \"2026-02-04T00:00:00Z\""]);
}

#[test]
fn what_says_in_two_ways_whose_it_is_goes_by_its_own_key() {
    let mut tables = exports();
    let applications = "number,lead_id,email,submitted_at
        A-1,1,,2026-01-10T09:00:00Z
        A-2,,ben@b.example,2026-01-11T09:00:00Z
        A-3,3,cem@c.example,2026-01-12T09:00:00Z";
    tables.push(table("applications", applications));
    let proposal = proposed(&tables, &Choices::default());
    check(text(&proposal, "sources/event.applications.sql"), &["'applications:' || e.number AS lead_key"]);
    check(
        text(&proposal, "sources/identity.sql"),
        &[
            "SELECT 'applications:' || t.number AS key_a, 'leads:' || t.lead_id AS key_b",
            "SELECT 'applications:' || t.number AS key_a, 'email:' || normalise_email(t.email) AS key_b",
        ],
    );
}
