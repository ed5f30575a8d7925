//! Tests of the registry, and a model card for tests elsewhere.

use std::fs;
use std::path::Path;

use plumb_lead::{DatasetCard, LeakEvidence, Metric, Metrics, ModelCard, ModelKind, Threshold, TrainingSettings};

use super::files::path_of;
use super::stages::set_challenger;
use super::*;
use crate::store::tests::{empty, hour_of_new_year};
use crate::store::{Action, Stage, Store};

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
        settings: TrainingSettings::default(),
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
        left_out: vec![],
        profits: Vec::new(),
        by_age: Vec::new(),
        fairness: Vec::new(),
        imported: None,
        made_of: None,
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
async fn promotions_and_rollbacks_are_a_stack_with_a_history() {
    let (store, folder) = empty().await;
    let data = folder.path();
    let [one, two, three] =
        [add_model(&store, data, b"1").await, add_model(&store, data, b"2").await, add_model(&store, data, b"3").await];
    assert_eq!(champion_id(&store).await, None);
    let refused = rollback(&store, "converted", "ci", "why not").await.expect_err("nothing was promoted");
    assert!(refused.to_string().contains("no model was promoted"), "{refused}");

    let mut revisions = vec![revision(&store).await.expect("read")];
    for id in [&one, &two, &three] {
        set_challenger(&store, id, "ci", "trained").await.expect("known");
        assert_eq!(challenger(&store, "converted").await.expect("read").map(|card| card.model_id), Some(id.clone()));
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

    let (_, last) = history(&store, "converted", None, 1).await.expect("read").pop().expect("much was done");
    assert_eq!(
        (last.action, last.model_id, last.changed_by, last.why),
        (Action::Rollback, one, "bob".to_owned(), "worse".to_owned())
    );
    assert_eq!(cards(&store, "converted", None, 9).await.expect("read").len(), 3);
    assert_eq!(store.targets_with_models().await.expect("read"), ["converted"]);
}

#[tokio::test]
async fn a_model_is_not_promoted_for_another_target() {
    let (store, folder) = empty().await;
    let id = add_model(&store, folder.path(), b"1").await;
    let error = promote(&store, "approved", &id, "ada", "mistake").await.expect_err("it is for converted");
    assert!(error.to_string().contains("`converted`, not `approved`"), "{error}");
    let error = promote(&store, "approved", "0123456789abcdef", "ada", "mistake").await.expect_err("unknown");
    assert!(error.to_string().contains("`0123456789abcdef`"), "{error}");
}

#[tokio::test]
async fn a_corrupted_model_is_refused_by_name() {
    let (store, folder) = empty().await;
    let id = add_model(&store, folder.path(), b"{\"trees\":3}").await;
    assert_eq!(load(folder.path(), &id).expect("whole"), b"{\"trees\":3}");
    fs::write(path_of(folder.path(), &id), b"{\"trees\":4}").expect("writable");
    let text = load(folder.path(), &id).expect_err("a digit changed").to_string();
    assert!(text.contains(&id) && text.contains("corrupted"), "{text}");
    load(folder.path(), "../../etc/passwd").expect_err("not an id");
    let mut card = card("converted", ModelKind::Logistic, b"a");
    card.model_id = "0000000000000000".into();
    add(&store, folder.path(), b"a", &card).await.expect_err("the card is of another model");
}

#[tokio::test]
async fn the_first_model_is_nominated_for_champion_and_a_later_one_for_challenger() {
    let (store, folder) = empty().await;
    let mut cards = Vec::new();
    for bytes in [b"1", b"2"] {
        let card = card("converted", ModelKind::Logistic, bytes);
        add(&store, folder.path(), bytes, &card).await.expect("the card is its own");
        cards.push(card);
    }
    let [first, second] = [&cards[0], &cards[1]];
    for (card, stage, champion) in [
        (first, Stage::Champion, None),
        (first, Stage::Champion, Some(first)),
        (second, Stage::Challenger, Some(first)),
    ] {
        let nomination = nominate(&store, card, "ada", "trained").await.expect("known");
        assert_eq!((nomination.stage, &nomination.model_id), (stage, &card.model_id));
        let challenged = nomination.champion.map(|champion| champion.model_id);
        assert_eq!(challenged.as_ref(), champion.map(|champion| &champion.model_id));
    }
    let changes = history(&store, "converted", None, 9).await.expect("read");
    assert_eq!(changes.len(), 2, "the champion that is nominated once more stays as it is");
    assert_eq!(changes[1].1.why, "first of its target; trained");
}

#[tokio::test]
async fn a_model_that_sees_a_suspected_leak_is_never_nominated_for_champion() {
    let (store, folder) = empty().await;
    let mut card = card("converted", ModelKind::Logistic, b"1");
    card.leaks = vec![LeakEvidence { column: "fee".into(), why: "alone it ranks".into() }];
    add(&store, folder.path(), b"1", &card).await.expect("the card is its own");
    let nomination = nominate(&store, &card, "ada", "trained").await.expect("known");
    assert_eq!((nomination.stage, nomination.champion, nomination.leaks.len()), (Stage::Challenger, None, 1));
    assert_eq!(champion_id(&store).await, None);
    let (_, change) = history(&store, "converted", None, 1).await.expect("read").pop().expect("it was challenged");
    assert_eq!(change.why, "not the champion by itself, for suspected leaks: `fee`; trained");
    // One that does not see it is as good as any.
    card.left_out = vec!["fee".into()];
    assert_eq!(nominate(&store, &card, "ada", "trained").await.expect("known").stage, Stage::Champion);
}
