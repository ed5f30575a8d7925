//! Lines about models that several commands print.

use plumb_lead::ModelCard;

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
    format!(
        "{:<10}{:>7.3}{:>10.3}{:>7.3}{:>11.3}{:>8.3}{:>8.4}{:>10.4}{:>10.2}",
        card.kind.word(),
        all.auc.value,
        all.average_precision.value,
        all.f_beta.value,
        all.precision.value,
        all.recall.value,
        all.brier.value,
        all.log_loss.value,
        all.lift_top_decile.value
    )
}

/// Returns what a model was nominated for, in one line.
pub(crate) fn nomination_line(nomination: &Nomination) -> String {
    let Nomination { target, model_id, kind, stage, champion } = nomination;
    let kind = kind.word();
    match (stage, champion) {
        (Stage::Champion, None) => format!("  {kind} `{model_id}` is the champion: it scores `{target}` from now on\n"),
        (Stage::Challenger, Some(champion)) => format!(
            "  {kind} `{model_id}` is the challenger of {} `{}`: promote it by `plumb promote --target {target}`\n",
            champion.kind.word(),
            champion.model_id
        ),
        (Stage::Champion, Some(_)) => {
            format!("  {kind} `{model_id}` is the champion already: nothing has changed\n")
        }
        (Stage::Challenger, None) => format!("  {kind} `{model_id}` is the challenger\n"),
    }
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
