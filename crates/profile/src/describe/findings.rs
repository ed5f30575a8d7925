//! What to look at first, from all that was found.

use super::share::share;
use crate::outcome::{ColumnKind, ColumnProfile, Correlation, Finding, FindingKind, Importance, Profile, RepeatedRows};
use crate::wording::{count, names, number, percent};
use plumb_lead::Verdict;

/// The limits from which something is said.
const MOSTLY_MISSING: f64 = 0.6;
const MISSING_HIGH: f64 = 0.95;
const DUPLICATES_HIGH: f64 = 0.01;
const SAME_INFORMATION: f64 = 0.98;
const OUTLIER_SHARE_MAX: f64 = 0.02;
const DISTINCT_SHARE: f64 = 0.9;
const POSITIVES_MIN: u64 = 100;
const ROWS_MIN: u64 = 200;

/// Numbers that people write where they know none.
const SENTINELS: [f64; 7] = [-1.0, -9.0, -99.0, -999.0, 999.0, 9_999.0, 99_999.0];

/// Returns the findings, the most important first.
pub(super) fn findings(profile: &Profile) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(profile.leaks.iter().map(|leak| Finding {
        importance: Importance::High,
        kind: FindingKind::Leak,
        columns: vec![leak.column.clone()],
        what: format!("`{}` may reveal the target: {}", leak.column, leak.why),
        advice: "ask when the column is filled in; leave it out unless that is before the outcome".to_owned(),
    }));
    of_drift(profile, &mut found);
    of_duplicates(profile, &mut found);
    of_target(profile, &mut found);
    of_missing(profile, &mut found);
    profile.columns.iter().for_each(|column| of_column(profile, column, &mut found));
    found.extend(profile.correlations.pairs.iter().filter(|pair| pair.strength() >= SAME_INFORMATION).map(same));
    if profile.rows < ROWS_MIN {
        let what = format!("the table has {} rows: every figure here is uncertain", count(profile.rows));
        found.push(finding(
            Importance::Medium,
            FindingKind::FewRows,
            &[],
            what,
            "read the intervals beside the figures",
        ));
    }
    found.sort_by_key(|finding| finding.importance);
    found
}

fn finding(importance: Importance, kind: FindingKind, columns: &[&str], what: String, advice: &str) -> Finding {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Finding { importance, kind, columns, what, advice: advice.to_owned() }
}

fn of_drift(profile: &Profile, found: &mut Vec<Finding>) {
    let Some(drift) = &profile.drift else { return };
    for column in drift.columns.iter().filter(|column| column.drift.verdict >= Verdict::Moved) {
        let (drift, name) = (&column.drift, column.drift.column.as_str());
        let (importance, word) = match drift.verdict {
            Verdict::Drifted => (Importance::High, "is far from"),
            _ => (Importance::Medium, "has moved from"),
        };
        let mut details = Vec::new();
        if column.values_compared {
            details.push(format!("PSI {:.2}", drift.psi));
        }
        if let Some((here, there)) = column.means {
            details.push(format!("mean {} before and {} now", number(there), number(here)));
        }
        if (drift.missing - drift.missing_baseline).abs() > 0.01 {
            details.push(format!(
                "missing {} before and {} now",
                percent(drift.missing_baseline),
                percent(drift.missing)
            ));
        }
        if !drift.unseen.is_empty() {
            details.push(format!("new: {}", names(drift.unseen.iter().map(|(level, _)| level.as_str()))));
        }
        if !column.vanished.is_empty() {
            details.push(format!("gone: {}", names(column.vanished.iter().map(|value| value.value.as_str()))));
        }
        let what = format!("`{name}` {word} the other table: {}", details.join("; "));
        let advice = "find out what has changed at the source before a model of one scores the other";
        found.push(finding(importance, FindingKind::Drift, &[name], what, advice));
    }
    for changed in &drift.kinds_changed {
        let what = format!("`{}` is read as {} here and as {} there", changed.column, changed.here, changed.there);
        let advice = "look at its cells, and fix how it is read in a reading plan";
        found.push(finding(Importance::High, FindingKind::Drift, &[&changed.column], what, advice));
    }
    for (columns, where_) in [(&drift.only_here, "this table"), (&drift.only_there, "the other table")] {
        if !columns.is_empty() {
            let list: Vec<&str> = columns.iter().map(String::as_str).collect();
            let what = format!("only {where_} has {}", names(list.iter().copied()));
            let advice = "a column that comes and goes cannot be a feature";
            found.push(finding(Importance::Medium, FindingKind::Drift, &list, what, advice));
        }
    }
}

fn of_duplicates(profile: &Profile, found: &mut Vec<Finding>) {
    let importance = |rows: &RepeatedRows| {
        if share(rows.more, profile.rows) >= DUPLICATES_HIGH { Importance::High } else { Importance::Medium }
    };
    let about = |rows: &RepeatedRows| if rows.looked_at < 1.0 { "about " } else { "" };
    let lines = |rows: &RepeatedRows| {
        rows.examples.first().map(|(one, other)| format!(", as lines {one} and {other}")).unwrap_or_default()
    };
    let rows = &profile.duplicates.rows;
    let same = format!("{}{} rows are copies of others", about(rows), count(rows.more));
    let advice = "leave copies out before training: on both sides of a split they flatter every model";
    if rows.more > 0 {
        let what = same + &lines(rows);
        found.push(finding(importance(rows), FindingKind::DuplicateRows, &[], what, advice));
    }
    if let Some(but) = &profile.duplicates.rows_but_identifiers
        && but.more > rows.more
    {
        let what = format!(
            "{}{} rows differ from others in their identifiers only{}",
            about(but),
            count(but.more),
            lines(but)
        );
        found.push(finding(importance(but), FindingKind::DuplicateRows, &[], what, advice));
    }
    for people in profile.duplicates.people.iter().filter(|people| people.found.more > 0) {
        // People may share a name.
        let importance = if people.by == "name" { Importance::Low } else { importance(&people.found) };
        let columns: Vec<&str> = people.columns.iter().map(String::as_str).collect();
        let what = format!(
            "{}{} rows are of people who are there already, by {} ({}){}",
            about(&people.found),
            count(people.found.more),
            names(columns.iter().copied()),
            people.rule,
            lines(&people.found)
        );
        let advice = "give them one identity, and keep all rows of a person on one side of a split";
        found.push(finding(importance, FindingKind::DuplicatePeople, &columns, what, advice));
    }
}

fn of_target(profile: &Profile, found: &mut Vec<Finding>) {
    let Some(target) = &profile.target else { return };
    let positives = (target.rate * target.rows as f64).round() as u64;
    if positives < POSITIVES_MIN {
        let what = format!("only {} of {} rows are positive", count(positives), count(target.rows));
        let advice = "gather more outcomes, or start from the team's rules";
        found.push(finding(Importance::High, FindingKind::Target, &[&target.column], what, advice));
    }
    if target.unknown > 0 {
        let what = format!(
            "`{}` is missing in {} rows of {}",
            target.column,
            count(target.unknown),
            count(target.rows + target.unknown)
        );
        let advice = "open leads have no outcome yet; make sure that missing does not mean no";
        found.push(finding(Importance::Medium, FindingKind::Target, &[&target.column], what, advice));
    }
    let months = || target.by_month.iter().filter(|month| month.rows >= 50 && month.name != "missing");
    let low = months().min_by(|one, other| one.rate.total_cmp(&other.rate));
    let high = months().max_by(|one, other| one.rate.total_cmp(&other.rate));
    if let (Some(low), Some(high)) = (low, high)
        && high.interval.low > 2.0 * low.interval.high.max(0.005)
    {
        let what = format!(
            "the rate of `{}` is {} in {} and {} in {}",
            target.column,
            percent(low.rate),
            low.name,
            percent(high.rate),
            high.name
        );
        let advice = "outcomes of the newest rows may not be there yet: leave out rows that are too young";
        found.push(finding(Importance::Medium, FindingKind::Target, &[&target.column], what, advice));
    }
}

fn of_missing(profile: &Profile, found: &mut Vec<Finding>) {
    for group in &profile.missing.groups {
        let columns: Vec<&str> = group.columns.iter().map(String::as_str).collect();
        let what = format!(
            "{} are missing in the same rows: {} of {}",
            names(columns.iter().copied()),
            count(group.rows),
            count(profile.missing.rows)
        );
        let advice = "one form or import fills them in together: ask when, and for whom";
        found.push(finding(Importance::Medium, FindingKind::MissingTogether, &columns, what, advice));
    }
    for change in &profile.missing.over_time {
        let enough = || change.months.iter().filter(|month| month.rows >= 30);
        let ends = enough().next().zip(enough().next_back());
        let Some((first, last)) = ends else { continue };
        let what = format!(
            "`{}` is missing in {} of the rows of {} and {} of those of {}",
            change.column,
            percent(first.share),
            first.month,
            percent(last.share),
            last.month
        );
        let advice = "how the column is filled in has changed: a model learns the date from it";
        found.push(finding(Importance::Medium, FindingKind::MissingChanges, &[&change.column], what, advice));
    }
}

fn of_column(profile: &Profile, column: &ColumnProfile, found: &mut Vec<Finding>) {
    let name = column.name.as_str();
    let mut say =
        |importance, kind, what: String, advice: &str| found.push(finding(importance, kind, &[name], what, advice));
    if column.missing_share >= MOSTLY_MISSING {
        let importance = if column.missing_share >= MISSING_HIGH { Importance::Medium } else { Importance::Low };
        let what = format!("`{name}` is missing in {} of the rows", percent(column.missing_share));
        say(importance, FindingKind::MostlyMissing, what, "ask whether being there means something, and since when");
    }
    if column.distinct.count == 1 {
        let what = format!("`{name}` has one value in all rows that have any");
        say(Importance::Low, FindingKind::Constant, what, "leave it out: it tells rows apart by missing at most");
    }
    if let Some(time) = &column.time {
        of_times(name, time, &mut say);
    }
    if let Some(values) = &column.values {
        if column.kind == ColumnKind::Category
            && column.distinct.count as f64 > DISTINCT_SHARE * column.present as f64
            && column.present > 50
        {
            let what = format!(
                "`{name}` has {} different values in {} rows",
                count(column.distinct.count),
                count(column.present)
            );
            say(
                Importance::Low,
                FindingKind::NearlyUnique,
                what,
                "it names rows: as a category it says nothing of new ones",
            );
        }
        if let Some(first) = values.spellings.first() {
            let spellings = first.spellings.iter().map(|one| one.value.as_str()).collect::<Vec<_>>();
            let what = format!(
                "`{name}` has several spellings of {}, as {}",
                if values.spellings.len() == 1 {
                    "a word".to_owned()
                } else {
                    format!("{} words", values.spellings.len())
                },
                names(spellings.into_iter())
            );
            say(
                Importance::Medium,
                FindingKind::Spelling,
                what,
                "write each word in one way, in the source or in its SQL",
            );
        }
    }
    if let Some(numbers) = &column.number {
        let outside = &numbers.outliers;
        if outside.rows > 0
            && share(outside.rows, numbers.rows) <= OUTLIER_SHARE_MAX
            && let (Some((low, high)), Some((value, line))) = (outside.fences, outside.examples.first())
            // A number just outside is what every long tail has.
            && (*value < low - (high - low) || *value > high + (high - low))
        {
            let of = if numbers.rows < profile.rows - column.missing { " of the sample" } else { "" };
            let what = format!(
                "`{name}` has {} numbers{of} outside {} to {}, as {} in line {line}",
                count(outside.rows),
                number(low),
                number(high),
                number(*value)
            );
            say(
                Importance::Low,
                FindingKind::Outliers,
                what,
                "look at some of them: a slip, another unit or currency?",
            );
        }
        of_sentinels(column, &mut say);
    }
}

fn of_times(
    name: &str,
    time: &crate::outcome::TimeProfile,
    say: &mut impl FnMut(Importance, FindingKind, String, &str),
) {
    let earliest = time.earliest.as_ref().map(|(time, line)| format!("{time} in line {line}")).unwrap_or_default();
    let latest = time.latest.as_ref().map(|(time, line)| format!("{time} in line {line}")).unwrap_or_default();
    if time.in_future > 0 {
        let what = format!("`{name}` is in the future in {} rows, the latest {latest}", count(time.in_future));
        say(Importance::Medium, FindingKind::StrangeDate, what, "is it a plan? Then it is no fact of today");
    }
    if time.far_off > 0 {
        let what =
            format!("`{name}` is far from all other dates in {} rows: {earliest} to {latest}", count(time.far_off));
        say(
            Importance::Medium,
            FindingKind::StrangeDate,
            what,
            "such dates often stand for missing: read them as that",
        );
    }
    let gaps = time.coverage.as_ref().map(|coverage| coverage.gaps.as_slice()).unwrap_or_default();
    if let Some(largest) = gaps.iter().max_by_key(|gap| gap.usual) {
        let what = format!(
            "`{name}` has {}: {} to {} with {} rows instead of about {}",
            if gaps.len() == 1 { "a gap".to_owned() } else { format!("{} gaps, the largest", gaps.len()) },
            largest.from,
            largest.to,
            count(largest.rows),
            count(largest.usual)
        );
        say(
            Importance::High,
            FindingKind::TimeGap,
            what,
            "ask whether rows were lost in an export or a move of systems",
        );
    }
}

fn of_sentinels(column: &ColumnProfile, say: &mut impl FnMut(Importance, FindingKind, String, &str)) {
    let Some(numbers) = &column.number else { return };
    let is_end = |value: f64| {
        let at = |end: Option<(f64, u64)>| end.is_some_and(|(end, _)| end == value);
        at(numbers.min) && numbers.negative > 0 || at(numbers.max)
    };
    let suspect = SENTINELS.iter().find(|sentinel| {
        is_end(**sentinel) && numbers.frequent.iter().any(|frequent| frequent.value == number(**sentinel))
    });
    if let Some(sentinel) = suspect {
        let rows =
            numbers.frequent.iter().find(|frequent| frequent.value == number(*sentinel)).map_or(0, |one| one.rows);
        let name = &column.name;
        let what = format!(
            "`{name}` is {} in {} of {} rows: does it stand for missing?",
            number(*sentinel),
            count(rows),
            count(numbers.rows)
        );
        say(Importance::Medium, FindingKind::Sentinel, what, "if so, name it as missing in the reading plan");
    }
}

fn same(pair: &Correlation) -> Finding {
    let what = format!(
        "`{}` and `{}` say nearly the same: {} {:.2} in {} rows",
        pair.left,
        pair.right,
        pair.measure.name(),
        pair.value,
        count(pair.rows)
    );
    finding(
        Importance::Low,
        FindingKind::SameInformation,
        &[&pair.left, &pair.right],
        what,
        "one of them is enough; if one is the target, the other is a leak",
    )
}
