//! `plumb reproduce`: rebuilds a model from what the registry says of it, and compares bytes.
//!
//! Where the bytes differ, it says which link of the chain broke: the program, the features, the rows, or the fit.

use anyhow::{Context, Result, bail};
use plumb_lead::{Imported, ModelCard};
use plumb_learn::Predictor;

use super::{Place, Workplace, load, made_again};
use crate::card;
use crate::commands::output::Format;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The model's id.
    model: String,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.place).await?;
    let card = workplace.store.card(&args.model).await?.with_context(|| {
        format!("there is no model `{}` in the registry: see the models' page for their ids", args.model)
    })?;
    let (_, rebuilt) = made_again(&workplace, card.clone()).await?;
    let broken = broken_links(&card, &rebuilt.card);
    if let Some(imported) = &card.imported {
        imported_still(&workplace, &card, imported).await?;
    }
    if broken.is_empty() && card.imported.is_none() {
        println!(
            "`{}` is reproduced: the same {} bytes from the same rows, features, seed and program",
            card.model_id,
            rebuilt.bytes.len()
        );
    }
    if broken.is_empty() {
        return Ok(());
    }
    broken.iter().for_each(|link| println!("broken: {link}"));
    bail!("`{}` is not reproduced: the rebuilt model is `{}`", card.model_id, rebuilt.card.model_id)
}

/// Says what can be said of a model that was trained elsewhere: its trees are those of the file that was imported.
async fn imported_still(workplace: &Workplace, card: &ModelCard, imported: &Imported) -> Result<()> {
    let scorer = load(&workplace.data, &card.model_id).await?;
    let Predictor::Boosted(boosted) = &scorer.artifact.model.predictor else {
        bail!("`{}` was imported and has no trees", card.model_id);
    };
    let found = card::hash(&boosted.file()?);
    if found != imported.model_hash {
        bail!(
            "`{}` is not what was imported: its trees hash to `{found}`, the file's to `{}`",
            card.model_id,
            imported.model_hash
        );
    }
    println!(
        "`{}` was trained elsewhere, and cannot be trained again here: its trees are, byte for byte, those of `{}` \
         (SHA-256 {found}); its calibration and threshold were made again on the same rows",
        card.model_id, imported.file
    );
    Ok(())
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
