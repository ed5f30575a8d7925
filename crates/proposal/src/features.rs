//! The first features: SQL with the sentences that tell them.

use std::collections::{BTreeMap, BTreeSet};

use crate::events::Events;
use crate::fields::{Field, FieldKind, Fields};
use crate::sql::{identifier, literal};
use crate::targets::Target;
use crate::words::{has_any, heading, sql_name, words_of};

/// The most kinds of events that are counted.
const KINDS_MAX: usize = 10;

/// The most values of an attribute that are counted.
const VALUES_MAX: usize = 4;

/// The most categories of which a rate is proposed.
const RATES_MAX: usize = 5;

/// A feature.
#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) name: String,
    pub(crate) expression: String,
    /// Its table in the file of sentences, without the heading.
    pub(crate) wording: String,
    /// Why it is proposed.
    pub(crate) why: String,
}

/// The features, in files.
#[derive(Debug, Default)]
pub(crate) struct Features {
    /// What happened.
    pub(crate) behaviour: Vec<Feature>,
    /// Who the lead is.
    pub(crate) profile: Vec<Feature>,
    /// How others of the same kind fared.
    pub(crate) rates: Vec<Feature>,
    names: BTreeSet<String>,
}

/// Returns the features of events and fields.
pub(crate) fn features_of(events: &[Events], fields: &Fields, targets: &[Target]) -> Features {
    let mut features = Features::default();
    features.add_behaviour(events);
    features.add_profile(&fields.fields);
    features.add_rates(&fields.fields, targets);
    features
}

/// Returns the lines of a feature's sentences.
fn wording(lines: &[(&str, &str)]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    lines.iter().map(|(key, text)| format!("{key} = {}\n", quoted(text))).collect()
}

impl Features {
    /// Returns all features.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Feature> {
        self.behaviour.iter().chain(&self.profile).chain(&self.rates)
    }

    fn feature(&mut self, name: &str, expression: String, wording: String, why: &str) -> Option<Feature> {
        let name = sql_name(name);
        self.names.insert(name.clone()).then(|| Feature { name, expression, wording, why: why.to_owned() })
    }

    fn behave(&mut self, name: &str, expression: String, wording: String, why: &str) {
        let feature = self.feature(name, expression, wording, why);
        self.behaviour.extend(feature);
    }

    fn profile(&mut self, name: &str, expression: String, wording: String, why: &str) {
        let feature = self.feature(name, expression, wording, why);
        self.profile.extend(feature);
    }

    fn add_behaviour(&mut self, events: &[Events]) {
        let age = wording(&[("label", "Age of the lead"), ("say", "came {value|# day ago|# days ago|today}")]);
        if !events.is_empty() {
            self.behave(
                "days_since_last_interaction",
                "date_diff_days(as_of, max(e.at))".to_owned(),
                wording(&[
                    ("label", "Last interaction"),
                    ("say", "last interaction {value|# day ago|# days ago|today}"),
                    ("say_missing", "no interaction yet"),
                ]) + "actionable = true\n",
                "whoever was heard of lately is still interested",
            );
            self.behave(
                "interactions_first_7d",
                "count(e.at) FILTER (WHERE e.at < l.created_at + INTERVAL '7 days')".to_owned(),
                wording(&[
                    ("label", "Interactions in the first week"),
                    ("say", "{value|# interaction|# interactions|no interaction} in the first week"),
                ]),
                "a busy first week is a good sign in most companies",
            );
        }
        let kinds = common_kinds(events);
        for kind in &kinds {
            self.add_kind(kind);
        }
        self.add_response(&kinds);
        for events in events {
            self.add_attributes(events, kinds.len());
        }
        self.behave(
            "lead_age_days",
            "date_diff_days(as_of, l.created_at)".to_owned(),
            age,
            "most leads that are won are won soon",
        );
    }

    fn add_kind(&mut self, kind: &str) {
        let name = sql_name(kind);
        let noun = words_of(kind).join(" ");
        let is = literal(kind);
        let say = format!("{{value|# {noun}|# × {noun}|no {noun}}}");
        let lines = [("label", heading(&name)), ("say", format!("{say} so far"))];
        self.behave(
            &format!("{name}_count"),
            format!("count(e.at) FILTER (WHERE e.kind = {is})"),
            wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))) + &format!("field = \"{name}\"\n"),
            "events of one kind, each",
        );
        let lines =
            [("label", format!("{} in the first week", heading(&name))), ("say", format!("{say} in the first week"))];
        self.behave(
            &format!("{name}_first_7d"),
            format!("count(e.at) FILTER (WHERE e.kind = {is} AND e.at < l.created_at + INTERVAL '7 days')"),
            wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))) + &format!("field = \"{name}\"\n"),
            "the same at the beginning",
        );
    }

    /// Adds whether the lead answered our first message within two days, if events have messages and answers.
    fn add_response(&mut self, kinds: &[String]) {
        let with = |known: &[&str]| -> Vec<String> {
            kinds.iter().filter(|kind| has_any(&words_of(kind), known)).map(|kind| literal(kind)).collect()
        };
        let answers = with(&["reply", "replied", "answer", "answered", "response", "responded", "inbound", "received"]);
        let ours = with(&["outreach", "out", "sent", "outbound", "call", "called", "email", "mail", "message"]);
        let ours: Vec<String> = ours.into_iter().filter(|kind| !answers.contains(kind)).collect();
        if answers.is_empty() || ours.is_empty() {
            return;
        }
        let (answers, ours) = (answers.join(", "), ours.join(", "));
        self.behave(
            "responded_within_48h",
            format!(
                "min(e.at) FILTER (WHERE e.kind IN ({answers})) <= min(e.at) FILTER (WHERE e.kind IN ({ours})) + INTERVAL '48 hours'"
            ),
            wording(&[
                ("label", "Quick answer"),
                ("say", "answered within 48 hours"),
                ("say_not", "took more than 48 hours to answer"),
                ("say_missing", "no answer yet"),
            ]),
            "who answers soon wants to know more",
        );
    }

    fn add_attributes(&mut self, events: &Events, kinds: usize) {
        let rows: u64 = events.kinds.iter().map(|(_, rows)| rows).sum();
        for attribute in &events.attributes {
            let (name, column) = (&attribute.name, identifier(&attribute.name));
            let noun = words_of(name).join(" ");
            match attribute.kind {
                FieldKind::Number => {
                    let lines = [
                        ("label", heading(name)),
                        ("say", format!("{{value}} {noun} in all")),
                        ("say_missing", format!("no {noun} yet")),
                    ];
                    self.behave(
                        &format!("{name}_total"),
                        format!("sum(e.{column})"),
                        wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))),
                        "a number of the events, added up",
                    );
                }
                FieldKind::Category if attribute.top.len() <= 40 && kinds > 0 => {
                    let common = attribute.top.iter().filter(|(_, count)| count * 50 >= rows).take(VALUES_MAX);
                    for (value, _) in common {
                        let lines = [
                            ("label", format!("{}: {value}", heading(name))),
                            ("say", format!("{{value|#|#|none}} with {noun} {}", value.replace(['{', '}', '|'], " "))),
                        ];
                        self.behave(
                            &format!("{name}_{value}"),
                            format!("count(e.at) FILTER (WHERE e.{column} = {})", literal(value)),
                            wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str())))
                                + &format!("field = \"{name}\"\n"),
                            "a common value of the events",
                        );
                    }
                }
                _ => {}
            }
        }
    }

    fn add_profile(&mut self, fields: &[Field]) {
        for field in fields {
            let (name, column) = (&field.name, format!("l.{}", identifier(&field.name)));
            let label = heading(name);
            let noun = words_of(name).join(" ");
            match field.kind {
                FieldKind::Category | FieldKind::Number => {
                    let lines = [("label", label), ("say", format!("{noun}: {{value}}")), ("say_missing", format!("{noun} unknown"))];
                    let why = if field.kind == FieldKind::Number { "a number of the lead" } else { "a category with few values" };
                    self.profile(name, column, wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))), why);
                }
                FieldKind::Flag => {
                    let lines = [
                        ("label", label),
                        ("say", format!("{noun}: yes")),
                        ("say_not", format!("{noun}: no")),
                        ("say_missing", format!("{noun} unknown")),
                    ];
                    self.profile(name, column, wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))), "yes or no");
                }
                FieldKind::Phone if (0.02..0.98).contains(&field.filled) => self.profile(
                    &format!("has_{name}"),
                    format!("{column} IS NOT NULL"),
                    wording(&[("label", "Phone number"), ("say", "left a phone number"), ("say_not", "left no phone number")])
                        + "actionable = true\n",
                    "who leaves a number wants to be called",
                ),
                FieldKind::Email => self.profile(
                    "uses_free_mail",
                    format!("regexp_like({column}, '@[a-z]*(gmail|yahoo|hotmail|outlook|icloud|gmx|web|aol|freemail|webmail|proton)[a-z]*\\.')"),
                    wording(&[
                        ("label", "Private address"),
                        ("say", "writes from a private address"),
                        ("say_not", "writes from a company's address"),
                        ("say_missing", "no usable e-mail address"),
                    ]),
                    "a company's address says who is asking",
                ),
                FieldKind::Text | FieldKind::Phone => {}
            }
        }
        self.profile(
            "created_on_weekend",
            "date_part('dow', l.created_at) IN (0, 6)".to_owned(),
            wording(&[("label", "Weekend"), ("say", "came on a weekend"), ("say_not", "came on a working day")]),
            "who asks on a Sunday asks for another reason",
        );
    }

    fn add_rates(&mut self, fields: &[Field], targets: &[Target]) {
        let mut categories: Vec<&Field> = fields
            .iter()
            .filter(|field| field.kind == FieldKind::Category && (3..=200).contains(&field.values))
            .collect();
        categories.sort_by(|a, b| b.filled.total_cmp(&a.filled).then(a.name.cmp(&b.name)));
        for target in targets {
            for field in categories.iter().take(RATES_MAX) {
                let noun = words_of(&field.name).join(" ");
                let name = format!("{}_{}_rate", field.name, target.name);
                let said = target.name.replace('_', " ");
                let lines = [
                    ("label", format!("{} by {noun}", heading(&target.name))),
                    ("field", field.name.clone()),
                    ("say", format!("{{value|percent}} of this {noun}: {said} (average {{average|percent}})")),
                    ("say_missing", format!("no experience with this {noun}")),
                ];
                let feature = self.feature(
                    &name,
                    format!("outcome_rate({}, l.{})", literal(&target.name), identifier(&field.name)),
                    wording(&lines.each_ref().map(|(key, text)| (*key, text.as_str()))) + "watch = false\n",
                    "how others with this value fared, by what was known before",
                );
                self.rates.extend(feature);
            }
        }
    }
}

/// Returns the commonest kinds of events of all tables, those with at least a hundredth of the rows of theirs.
fn common_kinds(events: &[Events]) -> Vec<String> {
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for events in events {
        let all: u64 = events.kinds.iter().map(|(_, rows)| rows).sum();
        let common = events.kinds.iter().filter(|(_, rows)| rows * 100 >= all);
        common.for_each(|(kind, count)| *rows.entry(kind).or_default() += count);
    }
    let mut kinds: Vec<(&str, u64)> = rows.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    kinds.truncate(KINDS_MAX);
    kinds.into_iter().map(|(kind, _)| kind.to_owned()).collect()
}
