//! `plumb reproduce`: rebuilds a model from what the registry says of it, and compares bytes.
//!
//! Where the bytes differ, it says which link of the chain broke: the program, the features, the rows, or the fit.

use anyhow::{Context, Result, bail};
use plumb_lead::ModelCard;

use super::{Place, Workplace, spinner};
use crate::training::{self, Assignment, Search};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The model's id.
    model: String,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let workplace = Workplace::open(&args.place).await?;
    let card = workplace.store.card(&args.model).await?.with_context(|| {
        format!("there is no model `{}` in the registry: see the models' page for their ids", args.model)
    })?;
    let bar = spinner();
    bar.set_message(format!("rebuilding {} `{}`", card.kind.word(), card.model_id));
    let search = Search::of(&card.params);
    let assignment = Assignment { target: card.target.clone(), as_of: card.as_of, seed: card.seed, search };
    let gathered = training::gather(workplace.ground(), assignment).await?;
    let kind = card.kind;
    let rebuilding = tokio::task::spawn_blocking(move || training::fit_one(&gathered, kind));
    let rebuilt = rebuilding.await.context("the training ended early")??;
    bar.finish_and_clear();
    let broken = broken_links(&card, &rebuilt.card);
    if broken.is_empty() {
        println!(
            "`{}` is reproduced: the same {} bytes from the same rows, features, seed and program",
            card.model_id,
            rebuilt.bytes.len()
        );
        return Ok(());
    }
    broken.iter().for_each(|link| println!("broken: {link}"));
    bail!("`{}` is not reproduced: the rebuilt model is `{}`", card.model_id, rebuilt.card.model_id)
}

/// Returns the links that broke, first causes first; none if the bytes are the same.
fn broken_links(kept: &ModelCard, rebuilt: &ModelCard) -> Vec<String> {
    if kept.model_id == rebuilt.model_id {
        return Vec::new();
    }
    let links = [
        ("the program's version", &kept.code_version, &rebuilt.code_version),
        ("the features, in SQL or wording", &kept.features_hash, &rebuilt.features_hash),
        ("the rows: features' values, labels or weights", &kept.dataset.hash, &rebuilt.dataset.hash),
    ];
    let mut broken: Vec<String> = links
        .into_iter()
        .filter(|(_, kept, rebuilt)| kept != rebuilt)
        .map(|(link, kept, rebuilt)| format!("{link}: `{kept}` then, `{rebuilt}` now"))
        .collect();
    if broken.is_empty() {
        broken.push(
            "the fit: the same rows and features gave other bytes; targets' settings, rules or libraries differ"
                .to_owned(),
        );
    }
    broken
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::tests::card;

    #[test]
    fn the_link_that_broke_is_named() {
        let kept = card("converted", ModelKind::Logistic, b"1");
        assert!(broken_links(&kept, &kept).is_empty());
        let mut rebuilt = card("converted", ModelKind::Logistic, b"2");
        assert!(broken_links(&kept, &rebuilt)[0].starts_with("the fit: "));
        rebuilt.dataset.hash = "other".into();
        rebuilt.code_version = "9.9.9".into();
        let broken = broken_links(&kept, &rebuilt);
        assert_eq!(broken.len(), 2);
        assert!(broken[0].contains("`0.1.0` then, `9.9.9` now") && broken[1].starts_with("the rows"), "{broken:?}");
    }
}
