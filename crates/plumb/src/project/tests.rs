//! A project folder as a whole: what is read of it, and which errors name what.

use super::*;

#[track_caller]
fn check_error(config: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("plumb.toml"), config).expect("the folder can be written");
    let error = format!("{:#}", Project::open(folder.path()).expect_err("it is wrong"));
    for part in expected.iter().chain(&["plumb.toml` is wrong: "]) {
        assert!(error.contains(part), "`{error}` does not contain `{part}`");
    }
}

#[test]
fn an_error_names_the_line_the_key_and_what_was_expected() {
    check_error("\n[target.won]\nhorizon = \"soon\"", &["line 3, key `target.won.horizon`: `soon` is no span of time"]);
    check_error("[target.won]", &["key `target.won`: missing field `horizon`"]);
    check_error("[target.won]\nhorizon = \"0d\"", &["key `target.won.horizon`: expected a time over 0"]);
    check_error(
        "[target.won]\nhorizon = 90",
        &["line 2, key `target.won.horizon`: invalid type: integer `90`", "a string"],
    );
    check_error(
        "[target.won]\nhorizon = \"1d\"\ncapacity = -1",
        &["key `target.won.capacity`: expected a number over 0"],
    );
    let without = "[target.won]\nhorizon = \"1d\"\noptimise = \"capacity\"";
    check_error(without, &["key `target.won.optimise` is `capacity`: expected `capacity` beside it"]);
    let twice = "[target.won]\nhorizon = \"1d\"\nknown_before = [\"fee\"]\nleave_out = [\"age\", \"fee\"]";
    check_error(twice, &["key `target.won.leave_out` names `fee`, and so does `known_before`"]);
    let half = "[target.won]\nhorizon = \"1d\"\ncost = { false_positive = 1 }";
    check_error(half, &["key `target.won.cost`: missing field `false_negative`"]);
    check_error("target = 1", &["key `target`", "expected a table of targets, as `[target.NAME]`"]);
    check_error("[score]\nat = []", &["key `score.at`: no age at all"]);
    check_error("[score]", &["key `score`: missing field `at`"]);
    check_error(
        "[retrain]\npromote = \"always\"",
        &["key `retrain.promote`", "expected one of `by_hand`, `if_better`, `after_shadow`"],
    );
    check_error(
        "languages = [\"en\", \"xx\"]",
        &["key `languages[1]`: unknown variant `xx`, expected one of `de`, `en`"],
    );
    check_error("languages = [\"en\", \"en\"]", &["key `languages` names one twice"]);
    check_error(
        "[source.crm]\nkind = \"access\"\nurl = \"x\"",
        &["key `source.crm.kind`", "expected one of `files`, `csv`, `jsonl`"],
    );
    check_error(
        "[source.crm]\nkind = \"csv\"\nurl = \"${PLUMB_NOT_SET\"",
        &["key `source.crm.url`: `${` is never closed"],
    );
    check_error("colour = 1", &["line 1", "unknown field `colour`, expected one of `as_of`"]);
    check_error("as_of = \"tomorrow\"", &["key `as_of`"]);
    check_error("languages = [", &["line 1"]);
}

#[test]
fn a_configuration_is_read_as_it_stands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "as_of = \"2026-11-01T00:00:00Z\"\n[target.won]\nhorizon = \"2w\"\ncapacity = 10\n[target.approved]\n\
                  horizon = \"48h\"\nstop_on = \"cost\"\ncost = { false_positive = 180, false_negative = 120.5 }\n\
                  [score]\nat = [\"7d\", \"0h\", \"0h\"]\n[source.crm]\nkind = \"sqlite\"\nurl = \"crm.db\"\n\
                  key = { leads = [\"id\", \"country\"] }\n";
    std::fs::write(folder.path().join("plumb.toml"), config).expect("the folder can be written");
    let project = Project::open(folder.path()).expect("it is right");
    assert_eq!(project.targets(), ["won", "approved"], "in the order of the file");
    let (won, approved) = (project.target("won").expect("it is there"), project.target("approved").expect("it too"));
    assert_eq!((won.horizon.num_days(), won.capacity, won.beta, won.cost), (14, Some(10.0), 0.5, None));
    assert_eq!(approved.cost.map(|cost| (cost.false_positive, cost.false_negative)), Some((180.0, 120.5)));
    assert_eq!(project.label_spec("won").expect("it is there").ages.len(), 2, "sorted, each once");
    let settings = project.target_settings("approved").expect("it is there");
    let settings: Vec<String> = settings.into_iter().map(|(key, value)| format!("{key} {value}")).collect();
    let expected =
        ["beta 0.5", "cost 180 and 120.5", "horizon 2d", "optimise f_beta", "score.at 0h, 7d", "stop_on cost"];
    assert_eq!(settings, expected);
    assert_eq!(project.sources()["crm"].key["leads"], ["id", "country"]);
    assert_eq!(project.retrain().promote, Promote::ByHand);
    let error = project.target("lost").expect_err("unknown").to_string();
    assert!(error.contains("expected one of `won`, `approved`"), "{error}");
}

#[test]
fn a_variable_of_a_source_that_is_not_set_is_a_matter_of_that_source() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "[source.crm]\nkind = \"postgres\"\nurl = \"${PLUMB_NOT_SET}\"\n[source.tap]\nkind = \"singer\"\n\
                  command = [\"tap\"]\nconfig = { a = [{ token = \"${PLUMB_NOT_SET_EITHER}\" }] }\n[source.own]\n\
                  kind = \"sqlite\"\nurl = \"own.db\"\n";
    std::fs::write(folder.path().join("plumb.toml"), config).expect("the folder can be written");
    let project = Project::open(folder.path()).expect("its other sources can be read");
    let unset = |name: &str| project.sources()[name].unset_variable.as_deref();
    assert_eq!(unset("crm"), Some("PLUMB_NOT_SET"));
    assert_eq!(unset("tap"), Some("PLUMB_NOT_SET_EITHER"));
    assert_eq!(unset("own"), None);
}
