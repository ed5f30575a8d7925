//! Who answers a request of a target: one variant of several, by their weights; and who is asked in its shadow.

use std::sync::Arc;
use std::time::Instant;

use crate::scoring::Scorer;
use crate::store::Variant;
use crate::traces;

/// A variant with its model.
#[derive(Clone)]
pub(super) struct Answering {
    pub(super) name: String,
    pub(super) scorer: Arc<Scorer>,
    weight: f64,
    shadow: bool,
}

/// The variant that answers a request.
pub(super) struct Chosen {
    pub(super) answering: Answering,
    pub(super) variants: Arc<Variants>,
    /// When it was chosen.
    pub(super) at: Instant,
    /// The name under which a label may speak of the answer later.
    pub(super) event_id: Option<String>,
}

impl Chosen {
    pub(super) fn of(answering: Answering, variants: Arc<Variants>) -> Chosen {
        let scorer = &answering.scorer;
        traces::answered_by(&scorer.artifact.target, &answering.name, &scorer.model_id);
        Chosen { answering, variants, at: Instant::now(), event_id: None }
    }

    /// Returns the same, with the name under which a label may speak of the answer later.
    pub(super) fn named(self, event_id: Option<String>) -> Chosen {
        Chosen { event_id, ..self }
    }

    /// Returns what a reader of plain rows makes of a body for the model that answers. Not if a shadow is asked too: its
    /// model may have other columns.
    pub(super) fn plain_rows<T>(&self, read: impl FnOnce(&Scorer) -> Option<T>) -> Option<T> {
        if self.variants.shadows().next().is_some() { None } else { read(&self.answering.scorer) }
    }
}

/// All variants of a target.
#[derive(Clone, Default)]
pub(super) struct Variants {
    all: Vec<Answering>,
}

impl Answering {
    pub(super) fn of(variant: Variant, scorer: Arc<Scorer>) -> Answering {
        Answering { name: variant.name, scorer, weight: variant.weight, shadow: variant.shadow }
    }
}

impl Variants {
    pub(super) fn of(all: Vec<Answering>) -> Variants {
        Variants { all }
    }

    pub(super) fn all(&self) -> &[Answering] {
        &self.all
    }

    /// Returns a variant that answers.
    pub(super) fn named(&self, name: &str) -> Option<&Answering> {
        self.answering().find(|one| one.name == name)
    }

    /// Returns a variant that answers with a model.
    pub(super) fn with_model(&self, model_id: &str) -> Option<&Answering> {
        self.answering().find(|one| one.scorer.model_id == model_id)
    }

    /// Returns the variant for a number that was drawn from 0 to 1.
    fn drawn(&self, drawn: f64) -> Option<&Answering> {
        let total: f64 = self.answering().map(|one| one.weight).sum();
        let mut rest = drawn * total;
        let mut last = None;
        for one in self.answering().filter(|one| one.weight > 0.0) {
            last = Some(one);
            rest -= one.weight;
            if rest < 0.0 {
                break;
            }
        }
        last
    }

    /// Returns one by their weights.
    pub(super) fn choose(self: Arc<Variants>) -> Option<Chosen> {
        let answering = self.drawn(rand::random())?.clone();
        Some(Chosen::of(answering, self))
    }

    /// Returns those who are asked, and whose answer nobody is told.
    pub(super) fn shadows(&self) -> impl Iterator<Item = &Answering> {
        self.all.iter().filter(|one| one.shadow)
    }

    /// Returns the names of those who answer, for messages.
    pub(super) fn names(&self) -> String {
        self.answering().map(|one| one.name.as_str()).collect::<Vec<_>>().join("`, `")
    }

    fn answering(&self) -> impl Iterator<Item = &Answering> {
        self.all.iter().filter(|one| !one.shadow)
    }
}
