//! Retraining that nobody watches: when it trains, what it lets in, and what it takes back.

use chrono::{DateTime, TimeDelta, Utc};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::setup::folder::{self, replace};
use crate::setup::program::{column, run};
use crate::setup::redaction::redacted_figures;
use crate::setup::shop::Shop;

/// The days of the shop's history: two leads come a day.
const DAYS: usize = 1_500;

/// The days on which other criteria begin and end: then a large lead is won no more often than a small one.
const CHANGED: std::ops::Range<usize> = 475..800;

/// A day on which a model has learned the first criteria alone.
const BEFORE: usize = 500;

/// A day on which enough is known by the new criteria to learn and to compare.
const AFTER: usize = 800;

/// Returns the beginning of a day of the shop's history, as arguments take it.
fn day(day: usize) -> String {
    hour(day, 0)
}

fn hour(day: usize, hour: i64) -> String {
    let end: DateTime<Utc> = "2026-05-31T00:00:00Z".parse().expect("a time");
    (end - TimeDelta::days((DAYS - day) as i64) + TimeDelta::hours(hour)).to_rfc3339()
}

fn is_large(lead: usize) -> bool {
    1 + (lead * 37) % 100 > 50
}

/// Makes a shop whose criteria change and change back, with a champion of the first criteria. `retrain` are lines of
/// `[retrain]`.
fn shop(retrain: &str) -> Shop {
    let shop = Shop::of(2 * DAYS, |lead, luck| {
        luck < if CHANGED.contains(&(lead / 2)) {
            0.2
        } else if is_large(lead) {
            0.6
        } else {
            0.15
        }
    });
    // A fee that is known once a lead is won, as elsewhere, would be left out each time.
    shop.write("features/lead.sql", "SELECT l.employees AS employees, l.channel AS channel\n");
    let toml = std::fs::read_to_string(shop.path().join("plumb.toml")).expect("it is there");
    shop.write("plumb.toml", &format!("{toml}\n[retrain]\nwindows = [\"all\", \"150d\"]\n{retrain}\n"));
    shop.plumb(&["ingest"]);
    shop.plumb(&["train", "--as-of", &day(BEFORE)]);
    shop
}

/// Returns a copy of a shop.
fn copy_of(shop: &Shop) -> Shop {
    let copy = Shop::empty();
    folder::copy(shop.path(), copy.path());
    copy
}

fn champion(shop: &Shop) -> String {
    let models = shop.json(&["status"])["targets"][0]["models"].clone();
    let models = models.as_array().expect("a list").clone();
    let champion = models.into_iter().find(|model| model["role"] == "champion").expect("there is one");
    champion["model_id"].as_str().expect("an id").to_owned()
}

/// Returns the JSON of a retraining as of a time, which has to succeed.
fn retrained(shop: &Shop, as_of: &str) -> Value {
    shop.json(&["retrain", "--as-of", as_of])[0].clone()
}

/// Returns what a command as of a day said on standard error.
fn said(shop: &Shop, command: &str, at: usize) -> String {
    let output = run(shop.path(), &[command, "--as-of", &day(at)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn nothing_is_trained_without_new_outcomes() {
    let shop = shop("min_new_outcomes = 20");
    let before = champion(&shop);
    assert_snapshot!(
        shop.plumb(&["retrain", "--as-of", &day(BEFORE)]),
        @r"won as of 2023-09-04: not retrained: nothing new: no outcome became known since 2023-09-04; `--anyway` trains all the same"
    );
    assert_snapshot!(shop.plumb(&["retrain", "--as-of", &day(BEFORE + 5)]), @r"won as of 2023-09-09: not retrained: too little is new: 10 leads have an outcome since 2023-09-04, of 20 that it takes; `--anyway` trains all the same");
    let outcome = retrained(&shop, &day(BEFORE + 5));
    assert_eq!((&outcome["outcome"], &outcome["reason"]), (&json!("not_trained"), &json!("too_few_new")));
    assert_eq!((&outcome["leads"], &outcome["needed"]), (&json!(10), &json!(20)));
    let models = || column(&shop.path().join("data/plumb.db"), "SELECT model_id FROM model").len();
    let known = models();
    assert_eq!(retrained(&shop, &day(BEFORE + 10))["outcome"], "trained");
    assert!(models() > known);
    // The same again is nothing new: the champion is the same, and the challenger knows all of it.
    let known = models();
    assert_eq!(retrained(&shop, &hour(BEFORE + 10, 23))["reason"], "nothing_new");
    assert_eq!((models(), champion(&shop)), (known, before));
    shop.plumb(&["retrain", "--as-of", &day(BEFORE + 10), "--anyway"]);
}

#[test]
fn a_retraining_refuses_what_looks_wrong() {
    let lost = shop("");
    // Half of the leads are gone.
    replace(lost.path(), "sources/lead.sql", "FROM sheet.records", "FROM sheet.records WHERE CAST(id AS BIGINT) > 500");
    lost.plumb(&["ingest"]);
    let output = run(lost.path(), &["retrain", "--as-of", &day(BEFORE + 30), "--json"]);
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&outcome[0]["outcome"], &outcome[0]["reason"]), (&json!("not_trained"), &json!("fewer_rows")));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: not retrained: `won`\n");

    // Nobody is won any more of those whose outcome becomes known: somebody has broken the export.
    let shop = Shop::of(2 * DAYS, |lead, luck| lead < 2 * (BEFORE - 30) && luck < 0.4);
    shop.plumb(&["ingest"]);
    shop.plumb(&["train", "--as-of", &day(BEFORE)]);
    let output = run(shop.path(), &["retrain", "--as-of", &day(BEFORE + 30)]);
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"won as of 2023-10-04: not retrained: of the 60 leads with an outcome since 2023-09-04 none is positive: check `positive` in sources/outcome*.sql, and whether the source gives all outcomes; `--anyway` trains all the same");
}

#[test]
fn the_hour_of_the_day_and_the_order_of_the_challengers_do_not_matter() {
    let shop = shop("half_lives = [\"60d\"]\npromote = \"if_better\"");
    let chosen = |shop: &Shop, at: &str| {
        let mut outcome = retrained(shop, at);
        let ids = |list: &Value| -> Vec<String> {
            list.as_array().expect("a list").iter().map(|card| card["model_id"].to_string()).collect()
        };
        // Of the files too: their names are the hashes of their bytes.
        (ids(&outcome["candidates"]), outcome["chosen"].take(), outcome["decision"].take(), champion(shop))
    };
    let at_night = chosen(&copy_of(&shop), &hour(AFTER, 3));
    assert_eq!(at_night.2["kind"], "promoted", "{}", at_night.2);
    assert_eq!(chosen(&copy_of(&shop), &hour(AFTER, 23)), at_night);
    let turned = copy_of(&shop);
    replace(turned.path(), "plumb.toml", "[\"all\", \"150d\"]", "[\"150d\", \"all\"]");
    assert_eq!(chosen(&turned, &day(AFTER)), at_night);
    // What looks back less far can be built again, to the byte.
    turned.plumb(&["reproduce", &at_night.3]);
}

#[test]
fn a_challenger_scores_in_the_shadow_first_and_the_promotion_is_told() {
    let shop = shop("promote = \"after_shadow\"\nshadow_leads = 40");
    let before = champion(&shop);
    let decision = retrained(&shop, &day(AFTER))["decision"].clone();
    assert_eq!((&decision["kind"], &decision["leads"]), (&json!("in_shadow"), &json!(40)), "{decision}");
    let shadows = || column(&shop.path().join("data/plumb.db"), "SELECT DISTINCT lead_id FROM shadow_prediction").len();
    let words = said(&shop, "score", AFTER + 5);
    assert!(words.contains("has scored 10 of 40 leads in the shadow"), "{words}");
    assert_eq!((shadows(), champion(&shop)), (10, before.clone()));
    // Twice at one day is once.
    said(&shop, "monitor", AFTER + 5);
    assert_eq!(shadows(), 10);
    let words = said(&shop, "score", AFTER + 21);
    assert_snapshot!(redacted_figures(&words), @r"
    won: `[id 1]` is the champion now: log loss [n] against [n] on the same 232 rows, lower by [n] standard errors, of [n] that chance could reach (comparison 1 with this champion, 3 challengers); it scored 42 leads in the shadow as in training
      of 20 open leads 14 change band (1 A to D, 2 B to D, 2 C to B, 4 C to D, 3 D to A, 1 D to B, 1 D to C); the mean score goes from [n] to [n]; most of it by `employees`, `channel`
        1626: [n] (A) to [n] (D), by `employees` -[n], `channel` -[n] in log-odds
        1630: [n] (D) to [n] (A), by `employees` +[n], `channel` +[n] in log-odds
        1634: [n] (B) to [n] (D), by `employees` -[n], `channel` -[n] in log-odds
    ");
    let after = champion(&shop);
    assert_ne!(after, before);
    let state = shop.json(&["status"])["targets"][0]["retraining"].clone();
    let promotion = &state["last_promotion"];
    assert_eq!((&promotion["model_id"], &promotion["retired_id"]), (&json!(after), &json!(before)));
    assert_eq!(
        (&promotion["automatic"], &state["in_shadow"], &state["stop"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    let effect = &promotion["effect"];
    assert_eq!(effect["leads"], effect["leads_open"]);
    assert!(!effect["moves"].as_array().expect("a list").is_empty(), "{effect}");
    assert_eq!(effect["most"][0]["fields"][0]["field"], "employees", "{effect}");
    assert!(shop.plumb(&["variants", "--target", "won"]).lines().count() == 1, "nobody is in the shadow any more");
}

#[test]
fn a_promotion_that_does_harm_is_taken_back_and_stops_promotions_until_somebody_acts() {
    let shop = shop("promote = \"if_better\"");
    let before = champion(&shop);
    assert_eq!(retrained(&shop, &day(AFTER))["decision"]["kind"], "promoted");
    let promoted = champion(&shop);
    // The first criteria are back, which the retired model knew.
    assert_eq!(said(&shop, "monitor", AFTER + 20), "", "nothing is known of them yet");
    assert_eq!(champion(&shop), promoted);
    let words = said(&shop, "monitor", AFTER + 200);
    assert_snapshot!(redacted_figures(&words), @"won: `[id 1]` was rolled back to `[id 2]`: of 341 leads whose outcome became known it expected [n] to be positive, and 139 were (+[n] standard errors, of [n] that chance could reach); the model before expected [n]; nothing is promoted by itself until somebody promotes or runs `plumb retrain --resume`");
    assert_eq!(champion(&shop), before);
    let history = "SELECT action || ' ' || changed_by FROM stage_change ORDER BY change_id DESC LIMIT 1";
    let database = shop.path().join("data/plumb.db");
    assert_eq!(column(&database, history), ["rollback retrain, by the project's rule"]);
    let status = shop.plumb(&["status"]);
    assert!(status.contains("nothing is promoted by itself since"), "{status}");
    assert_eq!(said(&shop, "monitor", AFTER + 201), "", "it is done once");
    shop.plumb(&["retrain", "--resume"]);
    assert_eq!(shop.json(&["status"])["targets"][0]["retraining"]["stop"], Value::Null);
}
