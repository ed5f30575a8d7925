//! What a model is worth to the company, as tables of the models page: its profit, its metrics at each age of a lead, and its
//! fairness metrics by groups of leads.

use maud::{Markup, html};
use plumb_lead::{FairnessMetrics, Metric, ModelCard};

/// A measure of bias: its short name, what it is, and where it lies.
type Measure = (&'static str, &'static str, fn(&FairnessMetrics) -> Option<f64>);

const MEASURES: [Measure; 6] = [
    ("DPPL", "difference in positive proportions in predicted labels", |bias| bias.dppl),
    ("DI", "disparate impact", |bias| bias.di),
    ("DAR", "difference in acceptance rates", |bias| bias.dar),
    ("DRR", "difference in rejection rates", |bias| bias.drr),
    ("RD", "recall difference", |bias| bias.rd),
    ("TE", "treatment equality", |bias| bias.te),
];

/// Returns the tables of a card, each if it has rows.
pub(super) fn tables(card: &ModelCard) -> Markup {
    html! { (profits(card)) (ages(card)) (groups(card)) }
}

fn profits(card: &ModelCard) -> Markup {
    html! {
        @if !card.profits.is_empty() {
            h3 { "What calling by it would have earned on the newest leads" }
            table {
                thead { tr { th { "Called" } th { "Calls" } th { "This model" } th { "The rules" } th { "As they come" } th { "Knowing everything" } } }
                tbody {
                    @for profit in &card.profits {
                        tr {
                            td { (profit.policy) } td { (profit.calls) " of " (profit.rows) }
                            td { (interval(&profit.model, 0)) }
                            td { @if let Some(rules) = &profit.rules { (interval(rules, 0)) } @else { "–" } }
                            td { (interval(&profit.arrival, 0)) } td { (interval(&profit.perfect, 0)) }
                        }
                    }
                }
            }
        }
    }
}

fn ages(card: &ModelCard) -> Markup {
    html! {
        @if !card.by_age.is_empty() {
            h3 { "By the age of the lead" }
            table {
                thead { tr { th { "Age" } th { "Rows" } th { "AUC" } th { "Average precision" } th { "Log loss" } } }
                tbody {
                    @for age in &card.by_age {
                        tr {
                            td { (age.age_hours) " h" } td { (age.metrics.rows) }
                            td { (interval(&age.metrics.auc, 3)) }
                            td { (interval(&age.metrics.average_precision, 3)) }
                            td { (interval(&age.metrics.log_loss, 3)) }
                        }
                    }
                }
            }
        }
    }
}

fn groups(card: &ModelCard) -> Markup {
    html! {
        @if !card.fairness.is_empty() {
            h3 { "How its calls fall on groups" }
            table {
                thead { tr { th { "Group" } th { "Rows" } @for (name, meaning, _) in &MEASURES { th title=(meaning) { (name) } } } }
                tbody {
                    @for bias in &card.fairness {
                        tr {
                            td { (bias.facet) ": " (bias.level) } td { (bias.rows) }
                            @for (_, _, of) in &MEASURES {
                                td { @if let Some(value) = of(bias) { (format!("{value:.2}")) } @else { "–" } }
                            }
                        }
                    }
                }
            }
            p.muted.small { "Each group against all others, by the measures of SageMaker Clarify: 0 is no difference, for DI it is 1." }
        }
    }
}

fn interval(metric: &Metric, digits: usize) -> String {
    match metric.interval {
        Some(interval) => {
            format!("{:.digits$} ({:.digits$} to {:.digits$})", metric.value, interval.low, interval.high)
        }
        None => format!("{:.digits$}", metric.value),
    }
}
