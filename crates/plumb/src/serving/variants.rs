//! The variants of a target: each request is routed to one of them by their weights, and the shadows score it too.

use std::sync::Arc;
use std::time::Instant;

use crate::scoring::Scorer;
use crate::store::Variant;
use crate::telemetry::{ServingMetrics, VariantMetrics, record_variant};

/// A variant with its model.
pub(crate) struct ServingVariant {
    pub(crate) name: String,
    pub(crate) scorer: Arc<Scorer>,
    pub(super) metrics: VariantMetrics,
    weight: f64,
    shadow: bool,
}

/// The variant that a request was routed to.
pub(crate) struct RoutedVariant {
    pub(crate) variant: Arc<ServingVariant>,
    pub(crate) variants: Arc<Variants>,
    pub(super) routed_at: Instant,
    /// The id by which ground truth may refer to the request later.
    pub(crate) event_id: Option<String>,
}

/// All variants of a target.
#[derive(Default)]
pub(crate) struct Variants {
    all: Vec<Arc<ServingVariant>>,
}

impl ServingVariant {
    pub(crate) fn new(variant: Variant, scorer: Arc<Scorer>, metrics: &ServingMetrics) -> ServingVariant {
        let metrics = metrics.variant(&scorer.artifact.target, &variant.name, &scorer.model_id);
        ServingVariant { name: variant.name, scorer, metrics, weight: variant.weight, shadow: variant.shadow }
    }
}

impl RoutedVariant {
    pub(crate) fn new(variant: Arc<ServingVariant>, variants: Arc<Variants>) -> RoutedVariant {
        let scorer = &variant.scorer;
        record_variant(&scorer.artifact.target, &variant.name, &scorer.model_id);
        RoutedVariant { variant, variants, routed_at: Instant::now(), event_id: None }
    }

    /// Returns the same, with the id by which ground truth may refer to the request later.
    pub(crate) fn with_event_id(self, event_id: Option<String>) -> RoutedVariant {
        RoutedVariant { event_id, ..self }
    }

    /// Returns the model that scores the request.
    pub(crate) fn scorer(&self) -> &Arc<Scorer> {
        &self.variant.scorer
    }

    /// Returns whether a request may be parsed straight into the rows of this variant's model. With a shadow it may not: the
    /// shadow's model may have other columns.
    pub(crate) fn takes_rows(&self) -> bool {
        self.variants.shadows().next().is_none()
    }
}

impl Variants {
    pub(crate) fn new(all: Vec<Arc<ServingVariant>>) -> Variants {
        Variants { all }
    }

    pub(crate) fn all(&self) -> &[Arc<ServingVariant>] {
        &self.all
    }

    /// Returns a production variant by its name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<ServingVariant>> {
        self.production().find(|variant| variant.name == name)
    }

    /// Returns a production variant by its model.
    pub(crate) fn by_model(&self, model_id: &str) -> Option<&Arc<ServingVariant>> {
        self.production().find(|variant| variant.scorer.model_id == model_id)
    }

    /// Routes a request by the variants' weights.
    pub(crate) fn route(self: Arc<Variants>) -> Option<RoutedVariant> {
        let variant = self.draw(rand::random())?.clone();
        Some(RoutedVariant::new(variant, self))
    }

    /// Returns the shadows: they score requests, and their predictions are recorded but not sent.
    pub(crate) fn shadows(&self) -> impl Iterator<Item = &Arc<ServingVariant>> {
        self.all.iter().filter(|variant| variant.shadow)
    }

    /// Returns the names of the production variants, for messages.
    pub(crate) fn names(&self) -> String {
        self.production().map(|variant| variant.name.as_str()).collect::<Vec<_>>().join("`, `")
    }

    fn production(&self) -> impl Iterator<Item = &Arc<ServingVariant>> {
        self.all.iter().filter(|variant| !variant.shadow)
    }

    /// Returns the variant for a number drawn from 0 to 1.
    fn draw(&self, drawn: f64) -> Option<&Arc<ServingVariant>> {
        let total: f64 = self.production().map(|variant| variant.weight).sum();
        let mut rest = drawn * total;
        let mut last = None;
        for variant in self.production().filter(|variant| variant.weight > 0.0) {
            last = Some(variant);
            rest -= variant.weight;
            if rest < 0.0 {
                break;
            }
        }
        last
    }
}
