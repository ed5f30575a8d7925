//! Lines about models that several commands print.

use plumb_lead::{LeakEvidence, ModelCard};

use crate::registry::Nomination;
use crate::store::Stage;

/// Returns the headings over the [`metrics_line`]s of models.
pub(crate) fn metrics_heading(beta: f64) -> String {
    format!(
        "  {:<10}{:>7}{:>10}{:>7}{:>11}{:>8}{:>8}{:>10}{:>10}\n",
        "",
        "AUC",
        "avg prec",
        format!("F{beta}"),
        "precision",
        "recall",
        "Brier",
        "log loss",
        "lift 10%"
    )
}

/// Returns a model's metrics in one line.
pub(crate) fn metrics_line(card: &ModelCard) -> String {
    let Some(all) = &card.metrics else { return format!("{:<10}not measured: too few outcomes", card.kind.word()) };
    let recency = match card.settings.recency {
        recency if recency.is_all() => String::new(),
        recency => format!("  {}", recency.words()),
    };
    format!(
        "{:<10}{:>7.3}{:>10.3}{:>7.3}{:>11.3}{:>8.3}{:>8.4}{:>10.4}{:>10.2}{}",
        card.kind.word(),
        all.auc.value,
        all.average_precision.value,
        all.f_beta.value,
        all.precision.value,
        all.recall.value,
        all.brier.value,
        all.log_loss.value,
        all.lift_top_decile.value,
        recency
    )
}

/// Returns what a model was nominated for, in one line.
pub(crate) fn nomination_line(nomination: &Nomination) -> String {
    let Nomination { target, model_id, kind, stage, champion, leaks } = nomination;
    let kind = kind.word();
    match (stage, champion) {
        (Stage::Champion, None) => format!("  {kind} `{model_id}` is the champion: it scores `{target}` from now on\n"),
        (Stage::Challenger, Some(champion)) => {
            let warning = if leaks.is_empty() { "" } else { "  warning: the challenger sees suspected leaks\n" };
            format!(
                "  {kind} `{model_id}` is the challenger of {} `{}`: promote it by `plumb promote --target {target}`\n\
                 {warning}{}",
                champion.kind.word(),
                champion.model_id,
                leak_lines(leaks)
            )
        }
        (Stage::Champion, Some(_)) => {
            format!("  {kind} `{model_id}` is the champion already: nothing has changed\n")
        }
        (Stage::Challenger, None) if leaks.is_empty() => format!("  {kind} `{model_id}` is the challenger\n"),
        (Stage::Challenger, None) => format!(
            "  {kind} `{model_id}` is the challenger, and there is no champion: it sees suspected leaks, so it is not made the \
             champion by itself\n{}  if these columns are known before the outcome, `plumb promote --target {target}` makes it \
             the champion\n",
            leak_lines(leaks)
        ),
    }
}

/// Returns a line for each suspected leak.
pub(crate) fn leak_lines(leaks: &[LeakEvidence]) -> String {
    leaks.iter().map(|leak| format!("    `{}`: {}\n", leak.column, leak.why)).collect()
}

/// Returns which suspected leaks models were trained without, and what to do; nothing if there is none.
pub(crate) fn left_out_text(target: &str, leaks: &[LeakEvidence], with_suspects: Option<&ModelCard>) -> String {
    if leaks.is_empty() {
        return String::new();
    }
    let names: Vec<String> = leaks.iter().map(|leak| format!("\"{}\"", leak.column)).collect();
    let names = names.join(", ");
    let mut text = format!(
        "  warning: suspected leaks, features that may be known only after the outcome; the models are trained without them\n\
         {}    if one is known before the outcome, say so in plumb.toml: [target.{target}] known_before = [{names}]\n    \
         if not, this ends the warning: [target.{target}] leave_out = [{names}]\n",
        leak_lines(leaks)
    );
    if let Some(card) = with_suspects {
        let auc = card.metrics.as_ref().map_or_else(String::new, |metrics| format!(", AUC {:.3}", metrics.auc.value));
        text.push_str(&format!(
            "    with them, to compare: {} `{}`{auc}; nothing makes it the champion but `plumb promote --target {target} \
             --model {}`\n",
            card.kind.word(),
            card.model_id,
            card.model_id
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::NamedModel;

    #[test]
    fn a_nomination_names_the_stage_and_what_to_do_next() {
        let champion = NamedModel { model_id: "c0".into(), kind: ModelKind::Rules };
        let nomination = |stage, champion: Option<&NamedModel>| Nomination {
            target: "won".into(),
            model_id: "aa".into(),
            kind: ModelKind::Logistic,
            stage,
            champion: champion.cloned(),
            leaks: Vec::new(),
        };
        for (stage, challenged, expected) in [
            (Stage::Champion, None, "logistic `aa` is the champion: it scores `won` from now on"),
            (Stage::Champion, Some(&champion), "logistic `aa` is the champion already: nothing has changed"),
            (
                Stage::Challenger,
                Some(&champion),
                "logistic `aa` is the challenger of rules `c0`: promote it by `plumb promote --target won`",
            ),
        ] {
            assert_eq!(nomination_line(&nomination(stage, challenged)).trim(), expected);
        }
    }
}
