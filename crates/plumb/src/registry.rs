//! The models' registry: files named by the hash of their content, and for each target which model is the champion
//! (it answers) and which the challenger (it wants to). Files lie in `<data>/models`; cards, stages and the history of
//! who changed them, when and why, are in the [`Store`].

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::Utc;
use plumb_lead::ModelCard;
use sha2::{Digest, Sha256};

use crate::files;
use crate::store::{Action, Stage, StageChange, Store, Variant};

/// Hexadecimal digits of a model's id: 64 bits, so that two of a million models share one with a chance of 1 in 10^7.
const ID_DIGITS: usize = 16;

/// Returns the id of a model's file: the first digits of the SHA-256 of its bytes.
pub(crate) fn model_id(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(ID_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Adds a model and its card. The file is whole or absent, whenever the program is killed; adding the same model again
/// replaces its card.
pub(crate) async fn add(store: &Store, data: &Path, bytes: &[u8], card: &ModelCard) -> Result<()> {
    let id = model_id(bytes);
    if card.model_id != id {
        bail!(
            "the card says model `{}`, and the model's content is `{id}`: a card goes with its own model",
            card.model_id
        );
    }
    let cannot = || format!("cannot keep model `{id}`");
    fs::create_dir_all(data.join("models")).with_context(cannot)?;
    files::write_atomically(&file_of(data, &id), bytes).with_context(cannot)?;
    store.put_card(card, Utc::now()).await
}

/// Returns the bytes of a model. A file whose content does not have the hash in its name is refused.
pub(crate) fn load(data: &Path, id: &str) -> Result<Vec<u8>> {
    if id.len() != ID_DIGITS || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("`{id}` is not a model's id: expected {ID_DIGITS} hexadecimal digits");
    }
    let path = file_of(data, id);
    let bytes = fs::read(&path).with_context(|| format!("cannot read model `{id}` from `{}`", path.display()))?;
    let found = model_id(&bytes);
    if found != id {
        bail!(
            "the file of model `{id}` is corrupted: the content of `{}` hashes to `{found}`; \
             restore it from a backup, or train again",
            path.display()
        );
    }
    Ok(bytes)
}

/// Returns the card of the model that answers for a target.
pub(crate) async fn champion(store: &Store, target: &str) -> Result<Option<ModelCard>> {
    in_stage(store, target, Stage::Champion).await
}

/// Returns the card of the model that wants to answer for a target.
pub(crate) async fn challenger(store: &Store, target: &str) -> Result<Option<ModelCard>> {
    in_stage(store, target, Stage::Challenger).await
}

/// Returns the cards of a target's models, newest first.
pub(crate) async fn cards(store: &Store, target: &str) -> Result<Vec<ModelCard>> {
    store.cards(target).await
}

/// Makes a model the challenger of its target.
pub(crate) async fn set_challenger(store: &Store, id: &str, by: &str, why: &str) -> Result<()> {
    let card = known(store, id).await?;
    change(store, &card.target, Action::Challenge, id, by, why).await
}

/// Makes a model the champion of a target. Nothing changes if it is already.
pub(crate) async fn promote(store: &Store, target: &str, id: &str, by: &str, why: &str) -> Result<()> {
    let card = known(store, id).await?;
    if card.target != target {
        bail!("model `{id}` answers for target `{}`, not for `{target}`", card.target);
    }
    if store.model_in_stage(target, Stage::Champion).await?.as_deref() == Some(id) {
        return Ok(());
    }
    change(store, target, Action::Promote, id, by, why).await
}

/// Makes the champion before the champion again, and returns its card. Done twice, it goes back two.
pub(crate) async fn rollback(store: &Store, target: &str, by: &str, why: &str) -> Result<ModelCard> {
    let line = line_of_champions(&store.stage_changes(target).await?);
    let [.., before, _] = line.as_slice() else {
        bail!(
            "target `{target}` has no champion to go back to: {} so far",
            match line.len() {
                0 => "no model was promoted",
                _ => "only one model was promoted",
            }
        );
    };
    let card = known(store, before).await?;
    change(store, target, Action::Rollback, before, by, why).await?;
    Ok(card)
}

/// Returns the changes of a target's stages, oldest first: who did what to which model, when and why.
pub(crate) async fn history(store: &Store, target: &str) -> Result<Vec<StageChange>> {
    store.stage_changes(target).await
}

/// The variant that the champion answers as.
pub(crate) const CHAMPION_VARIANT: &str = "AllTraffic";

/// Returns who answers for a target, or is asked in the shadow. The champion does, as [`CHAMPION_VARIANT`], with a weight
/// of 1 unless that is set otherwise.
pub(crate) async fn variants(store: &Store, target: &str) -> Result<Vec<Variant>> {
    let mut variants = store.variants(target).await?;
    if !variants.iter().any(|variant| variant.name == CHAMPION_VARIANT) {
        let champion = Variant { name: CHAMPION_VARIANT.to_owned(), model_id: None, weight: 1.0, shadow: false };
        variants.insert(0, champion);
    }
    Ok(variants)
}

/// Adds a variant, or changes the one of its name.
pub(crate) async fn set_variant(store: &Store, target: &str, variant: &Variant, by: &str) -> Result<()> {
    let name = &variant.name;
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(inner) || name.starts_with('-') || name.ends_with('-') {
        bail!(
            "`{name}` is no name of a variant: expected at most 63 letters and digits, with hyphens only between them"
        );
    }
    if !(variant.weight.is_finite() && variant.weight >= 0.0) {
        bail!("a weight of {} is not possible: expected 0 or more", variant.weight);
    }
    if name == CHAMPION_VARIANT && (variant.shadow || variant.model_id.is_some()) {
        bail!("`{CHAMPION_VARIANT}` is the champion's: only its weight can be set; choose another name");
    }
    if let Some(id) = &variant.model_id {
        let card = known(store, id).await?;
        if card.target != target {
            bail!("model `{id}` answers for target `{}`, not for `{target}`", card.target);
        }
    }
    let others = variants(store, target).await?.into_iter().filter(|other| other.name != *name && !other.shadow);
    let total: f64 = others.map(|other| other.weight).sum::<f64>() + if variant.shadow { 0.0 } else { variant.weight };
    if total <= 0.0 {
        bail!("nobody would answer for `{target}`: give a variant a weight over 0");
    }
    store.put_variant(target, variant, by, Utc::now()).await
}

/// Removes a variant, and returns whether it was there.
pub(crate) async fn remove_variant(store: &Store, target: &str, name: &str, by: &str) -> Result<bool> {
    let rest = variants(store, target).await?.into_iter().filter(|other| other.name != name && !other.shadow);
    // Without a row of its own the champion has a weight of 1 again.
    if name != CHAMPION_VARIANT && rest.map(|other| other.weight).sum::<f64>() <= 0.0 {
        bail!("without `{name}` nobody would answer for `{target}`: give another variant a weight over 0 first");
    }
    store.remove_variant(target, name, by, Utc::now()).await
}

/// Returns a number that grows with each change of a stage or a variant, so that a running server notices a new champion.
pub(crate) async fn revision(store: &Store) -> Result<i64> {
    store.stage_revision().await
}

/// Returns the champions, oldest first, as a pile: a promotion lays one on top, a rollback takes one off.
fn line_of_champions(changes: &[StageChange]) -> Vec<String> {
    let mut line = Vec::new();
    for change in changes {
        match change.action {
            Action::Challenge => {}
            Action::Promote => line.push(change.model_id.clone()),
            Action::Rollback => drop(line.pop()),
        }
    }
    line
}

async fn in_stage(store: &Store, target: &str, stage: Stage) -> Result<Option<ModelCard>> {
    match store.model_in_stage(target, stage).await? {
        Some(id) => known(store, &id).await.map(Some),
        None => Ok(None),
    }
}

async fn known(store: &Store, id: &str) -> Result<ModelCard> {
    store
        .card(id)
        .await?
        .with_context(|| format!("there is no model `{id}` in the registry: see the models' page for their ids"))
}

async fn change(store: &Store, target: &str, action: Action, id: &str, by: &str, why: &str) -> Result<()> {
    let change = StageChange {
        target: target.to_owned(),
        action,
        model_id: id.to_owned(),
        changed_by: by.to_owned(),
        why: why.to_owned(),
        changed_at: Utc::now(),
    };
    store.change_stage(&change).await
}

fn file_of(data: &Path, id: &str) -> PathBuf {
    data.join("models").join(format!("{id}.json"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use plumb_lead::{DatasetCard, Metric, Metrics, ModelKind, Threshold};

    use super::*;
    use crate::store::tests::{empty, hour_of_new_year};

    /// Returns a card with nothing remarkable on it.
    pub(crate) fn card(target: &str, kind: ModelKind, bytes: &[u8]) -> ModelCard {
        let metric = Metric { value: 0.5, interval: None };
        ModelCard {
            model_id: model_id(bytes),
            target: target.into(),
            kind,
            as_of: hour_of_new_year(0),
            dataset: DatasetCard {
                hash: "d".into(),
                rows_train: 60,
                rows_valid: 20,
                rows_test: 20,
                base_rate: 0.25,
                rows_censored: 0,
                span: None,
            },
            features_hash: "f".into(),
            code_version: "0.1.0".into(),
            seed: 1,
            params: BTreeMap::new(),
            threshold: Threshold { score: 0.5, why: "the best F0.5 on the validation rows".into() },
            metrics: Some(Metrics {
                rows: 20,
                positives: 5,
                auc: metric,
                average_precision: metric,
                f1: Some(metric),
                f_beta: metric,
                beta: 0.5,
                precision: metric,
                recall: metric,
                brier: metric,
                log_loss: metric,
                lift_top_decile: metric,
                calibration_error: metric,
            }),
            gain: vec![],
            reliability: vec![],
            importance: vec![],
            weakest: vec![],
            leaks: vec![],
            profits: Vec::new(),
            by_age: Vec::new(),
            fairness: Vec::new(),
            imported: None,
            notes: vec![],
        }
    }

    async fn add_model(store: &Store, data: &Path, bytes: &[u8]) -> String {
        let card = card("converted", ModelKind::Logistic, bytes);
        add(store, data, bytes, &card).await.expect("the card is its own");
        card.model_id
    }

    async fn champion_id(store: &Store) -> Option<String> {
        champion(store, "converted").await.expect("read").map(|card| card.model_id)
    }

    #[test]
    fn an_id_is_the_hash_of_the_content() {
        // printf abc | sha256sum
        assert_eq!(model_id(b"abc"), "ba7816bf8f01cfea");
    }

    #[tokio::test]
    async fn promotions_and_rollbacks_are_a_pile_with_a_history() {
        let (store, folder) = empty().await;
        let data = folder.path();
        let [one, two, three] = [
            add_model(&store, data, b"1").await,
            add_model(&store, data, b"2").await,
            add_model(&store, data, b"3").await,
        ];
        assert_eq!(champion_id(&store).await, None);
        let refused = rollback(&store, "converted", "ci", "why not").await.expect_err("nothing was promoted");
        assert!(refused.to_string().contains("no model was promoted"), "{refused}");

        let mut revisions = vec![revision(&store).await.expect("read")];
        for id in [&one, &two, &three] {
            set_challenger(&store, id, "ci", "trained").await.expect("known");
            assert_eq!(
                challenger(&store, "converted").await.expect("read").map(|card| card.model_id),
                Some(id.clone())
            );
            promote(&store, "converted", id, "ada", "it wins").await.expect("known");
            assert_eq!(champion_id(&store).await.as_ref(), Some(id));
            assert_eq!(challenger(&store, "converted").await.expect("read"), None, "it is the champion now");
            revisions.push(revision(&store).await.expect("read"));
        }
        promote(&store, "converted", &three, "ada", "again").await.expect("it is already");
        assert_eq!(revision(&store).await.expect("read"), revisions[3]);
        for id in [&two, &one] {
            assert_eq!(&rollback(&store, "converted", "bob", "worse").await.expect("there is one").model_id, id);
            assert_eq!(champion_id(&store).await.as_ref(), Some(id));
            revisions.push(revision(&store).await.expect("read"));
        }
        rollback(&store, "converted", "bob", "worse").await.expect_err("one is the first");
        assert!(revisions.is_sorted_by(|earlier, later| earlier < later), "{revisions:?}");

        let last = history(&store, "converted").await.expect("read").pop().expect("much was done");
        assert_eq!(
            (last.action, last.model_id, last.changed_by, last.why),
            (Action::Rollback, one, "bob".to_owned(), "worse".to_owned())
        );
        assert_eq!(cards(&store, "converted").await.expect("read").len(), 3);
        assert_eq!(store.targets_with_models().await.expect("read"), ["converted"]);
    }

    #[tokio::test]
    async fn a_model_is_not_promoted_for_another_target() {
        let (store, folder) = empty().await;
        let id = add_model(&store, folder.path(), b"1").await;
        let error = promote(&store, "approved", &id, "ada", "mistake").await.expect_err("it is for converted");
        assert!(error.to_string().contains("`converted`, not for `approved`"), "{error}");
        let error = promote(&store, "approved", "0123456789abcdef", "ada", "mistake").await.expect_err("unknown");
        assert!(error.to_string().contains("`0123456789abcdef`"), "{error}");
    }

    #[tokio::test]
    async fn a_corrupted_model_is_refused_by_name() {
        let (store, folder) = empty().await;
        let id = add_model(&store, folder.path(), b"{\"trees\":3}").await;
        assert_eq!(load(folder.path(), &id).expect("whole"), b"{\"trees\":3}");
        fs::write(file_of(folder.path(), &id), b"{\"trees\":4}").expect("writable");
        let text = load(folder.path(), &id).expect_err("a digit changed").to_string();
        assert!(text.contains(&id) && text.contains("corrupted"), "{text}");
        load(folder.path(), "../../etc/passwd").expect_err("not an id");
        let mut card = card("converted", ModelKind::Logistic, b"a");
        card.model_id = "0000000000000000".into();
        add(&store, folder.path(), b"a", &card).await.expect_err("the card is of another model");
    }
}
