//! Rebuilds a model of the registry and compares bytes. Where they differ, it names the link of the chain that broke: the
//! program, the features, the rows, or the fit.

use anyhow::{Result, bail};
use plumb_lead::{Imported, ModelCard};
use plumb_learn::Predictor;
use serde::Serialize;

use super::rebuild::rebuild;
use super::workspace::Workspace;
use crate::content_hash::sha256;
use crate::registry;
use crate::training::ProgressCallback;

/// The outcome of reproducing a model.
#[derive(Debug, Serialize)]
pub(crate) struct Reproduction {
    /// The model.
    pub(crate) model_id: String,
    /// The rebuilt model: the same id if the bytes are the same.
    pub(crate) rebuilt_id: String,
    /// The size of the rebuilt model's file.
    pub(crate) bytes: usize,
    /// The links that broke, first causes first; none if the bytes are the same.
    pub(crate) broken: Vec<BrokenLink>,
    /// The file that the trees are byte for byte from; `None` for a model that was trained here.
    pub(crate) imported: Option<Imported>,
}

/// A link between the stored and the rebuilt model that broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BrokenLink {
    /// Which link.
    pub(crate) link: Link,
    /// What the card of the stored model says; `None` where it says nothing of the link.
    pub(crate) stored: Option<String>,
    /// What the card of the rebuilt model says.
    pub(crate) rebuilt: Option<String>,
}

/// What has a part in a model's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Link {
    /// The version of this program.
    Program,
    /// The features' SQL or messages.
    Features,
    /// The rows: features' values, labels or weights.
    Rows,
    /// The fit: the target's settings, rules or libraries.
    Fit,
}

impl Reproduction {
    /// Returns whether the rebuilt model has the same bytes.
    pub(crate) fn is_same(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Rebuilds a model of the registry and compares bytes.
pub(crate) async fn reproduce(
    workspace: &Workspace,
    model_id: &str,
    progress: &ProgressCallback,
) -> Result<Reproduction> {
    let card = registry::card(&workspace.store, model_id).await?;
    let rebuilt = rebuild(workspace, card.clone(), progress).await?.model;
    if let Some(imported) = &card.imported {
        check_trees(workspace, &card, imported).await?;
    }
    Ok(Reproduction {
        broken: broken_links(&card, &rebuilt.card),
        model_id: card.model_id,
        rebuilt_id: rebuilt.card.model_id,
        bytes: rebuilt.bytes.len(),
        imported: card.imported,
    })
}

/// Checks that the trees of an imported model are those of its file: more cannot be reproduced of it.
async fn check_trees(workspace: &Workspace, card: &ModelCard, imported: &Imported) -> Result<()> {
    let scorer = workspace.load_model(&card.model_id).await?;
    let Predictor::Boosted(boosted) = &scorer.artifact.model.predictor else {
        bail!("`{}` was imported and has no trees", card.model_id);
    };
    let found = sha256(&boosted.file()?);
    if found != imported.model_hash {
        bail!(
            "`{}` is not what was imported: its trees hash to `{found}`, the file's to `{}`",
            card.model_id,
            imported.model_hash
        );
    }
    Ok(())
}

/// Returns the links that broke, first causes first; none if the bytes are the same.
fn broken_links(stored: &ModelCard, rebuilt: &ModelCard) -> Vec<BrokenLink> {
    if stored.model_id == rebuilt.model_id {
        return Vec::new();
    }
    let links = [
        (Link::Program, &stored.code_version, &rebuilt.code_version),
        (Link::Features, &stored.features_hash, &rebuilt.features_hash),
        (Link::Rows, &stored.dataset.hash, &rebuilt.dataset.hash),
    ];
    let broken = |(link, stored, rebuilt): (Link, &String, &String)| {
        (stored != rebuilt).then(|| BrokenLink { link, stored: Some(stored.clone()), rebuilt: Some(rebuilt.clone()) })
    };
    let broken: Vec<BrokenLink> = links.into_iter().filter_map(broken).collect();
    if broken.is_empty() { vec![BrokenLink { link: Link::Fit, stored: None, rebuilt: None }] } else { broken }
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::tests::card;

    #[test]
    fn the_link_that_broke_is_named() {
        let stored = card("converted", ModelKind::Logistic, b"1");
        assert!(broken_links(&stored, &stored).is_empty());
        let mut rebuilt = card("converted", ModelKind::Logistic, b"2");
        assert_eq!(broken_links(&stored, &rebuilt), [BrokenLink { link: Link::Fit, stored: None, rebuilt: None }]);
        rebuilt.dataset.hash = "other".into();
        rebuilt.code_version = "9.9.9".into();
        let broken = broken_links(&stored, &rebuilt);
        assert_eq!(broken.iter().map(|broken| broken.link).collect::<Vec<_>>(), [Link::Program, Link::Rows]);
        assert_eq!((broken[0].stored.as_deref(), broken[0].rebuilt.as_deref()), (Some("0.1.0"), Some("9.9.9")));
    }
}
