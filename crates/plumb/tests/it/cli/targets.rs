//! Targets of which nothing can be learned are refused, with what was found and what to do.

use insta::assert_snapshot;

use crate::setup::folder::{replace, write};
use crate::setup::redaction::redacted_figures;
use crate::setup::shop::Shop;

#[test]
fn a_target_that_no_outcome_is_of_is_refused_with_those_that_outcomes_are_of() {
    let shop = Shop::ingested(300);
    replace(shop.path(), "plumb.toml", "[target.won]", "[target.wonn]");
    let error = shop.plumb_fails(&["train"]);
    assert_snapshot!(error, @"error: cannot train for `wonn` as of 2026-06-01: no outcome is of target `wonn`: did you mean `won`? there are outcomes of `won` (106 positive, 194 negative); name one of these in plumb.toml, as `[target.NAME]`, or have sources/outcome*.sql give outcomes whose `target` is `wonn`");
}

#[test]
fn a_target_without_positives_is_refused() {
    let shop = Shop::of(300, |_, _| false);
    shop.plumb(&["ingest"]);
    assert_snapshot!(shop.plumb_fails(&["train"]), @"error: cannot train for `won` as of 2026-06-01: none of the 243 rows of `won` with a known outcome is positive, expected rows of both kinds: all of its 283 outcomes are negative: check `positive` in sources/outcome*.sql, which has to be true for what counts as good");
}

#[test]
fn a_target_whose_horizon_is_too_short_for_its_outcomes_is_refused() {
    let shop = Shop::ingested(300);
    replace(shop.path(), "plumb.toml", "\"30d\"", "\"7d\"");
    let error = shop.plumb_fails(&["train"]);
    assert!(
        error.contains("came later than 7d after the lead was seen") && error.contains("check `horizon`"),
        "{error}"
    );
}

#[test]
fn a_target_with_positives_alone_is_refused() {
    let shop = Shop::of(300, |_, _| true);
    shop.plumb(&["ingest"]);
    let error = shop.plumb_fails(&["train"]);
    assert!(error.contains("each of the 243 rows of `won` with a known outcome is positive"), "{error}");
    assert!(error.contains("leads that came to nothing are missing"), "{error}");
}

#[test]
fn without_any_outcome_the_rules_go_on_scoring() {
    let shop = Shop::of(300, |_, _| false);
    write(
        shop.path(),
        "sources/outcome.sql",
        "SELECT '' AS lead_key, '' AS target, true AS positive, '' AS at, '' AS known_at WHERE false",
    );
    shop.plumb(&["ingest"]);
    let error = shop.plumb_fails(&["train"]);
    assert!(error.contains("no outcome is known yet, and there is no table of rules either"), "{error}");
    write(shop.path(), "rules.csv", "field,condition,points\nemployees,> 50,10\nchannel,mail,5\n");
    assert_snapshot!(redacted_figures(&shop.plumb(&["train"])), @r"
    won as of 2026-06-01: rules: no outcome is known yet, so the team's rules score the leads
      threshold [n]: largest F0.5 that the scores of 300 leads let expect: [n], with 53 of them at or over it; there are too few outcomes to measure it
      no outcome is known yet, so the team's rules score the leads
      the share of good leads is assumed to be one in ten, and a standard deviation of points to add 1 to the log-odds: the order of leads is that of the rules, the probabilities are not measured
      rules `[id 1]` is the champion: it scores `won` from now on
    ");
}
