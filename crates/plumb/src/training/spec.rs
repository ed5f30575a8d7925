//! What is to be trained, and what a training reads.

use std::path::Path;

use chrono::{DateTime, Utc};
use plumb_lake::{IfLocked, Lake};
use plumb_lead::{ModelCard, OutOfCoreSettings, Recency};

use super::search::Search;
use crate::project::Project;
use crate::store::Store;
use crate::workers::Launch;

/// What is to be trained.
#[derive(Clone, Debug)]
pub(crate) struct TrainingSpec {
    /// The target.
    pub(crate) target: String,
    /// Nothing learned later is used.
    pub(crate) as_of: DateTime<Utc>,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// How long settings are searched for.
    pub(crate) search: Search,
    /// How more rows than memory holds are learned from; `None` if memory holds them.
    pub(crate) out_of_core: Option<OutOfCore>,
    /// Which features models do not see.
    pub(crate) left_out: LeftOut,
    /// How far back models look, and how fast rows lose weight.
    pub(crate) recency: Recency,
}

/// Which features models do not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// Suspected leaks, and what the project leaves out.
    #[default]
    Suspects,
    /// These, because the model that is trained again did not see them.
    These(Vec<String>),
}

/// How more rows than memory holds are learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfCore {
    /// What has a part in the model's bytes, and stands in its card.
    pub(crate) settings: OutOfCoreSettings,
    /// Where the workers run.
    pub(crate) launch: Launch,
    /// What to do while another process grows the same trees.
    pub(crate) if_locked: IfLocked,
}

/// What a training reads, and the folder in which it freezes data sets.
#[derive(Clone, Copy)]
pub(crate) struct TrainingContext<'a> {
    /// The targets, the features' SQL and the team's rules.
    pub(crate) project: &'a Project,
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The leads.
    pub(crate) lake: &'a Lake,
    /// The feedback of reps.
    pub(crate) store: &'a Store,
}

impl TrainingSpec {
    /// Returns the spec that trains a model of the registry again.
    pub(crate) fn of(card: &ModelCard) -> TrainingSpec {
        let out_of_core = card.settings.out_of_core;
        TrainingSpec {
            target: card.target.clone(),
            as_of: card.as_of,
            seed: card.seed,
            search: Search::of(&card.settings),
            out_of_core: out_of_core.map(OutOfCore::again),
            left_out: LeftOut::These(card.left_out.clone()),
            recency: card.settings.recency,
        }
    }
}

impl OutOfCore {
    /// Returns how trees are grown once more, to be compared: nobody has to be asked to wait for that.
    fn again(settings: OutOfCoreSettings) -> OutOfCore {
        OutOfCore { settings, launch: Launch::Local, if_locked: IfLocked::Wait(None) }
    }
}

#[cfg(test)]
mod tests {
    use plumb_lead::{ModelKind, Quantiles};

    use super::*;
    use crate::registry::tests::card;

    #[test]
    fn a_rebuild_repeats_the_search_and_the_samples_of_a_card() {
        let mut card = card("converted", ModelKind::Xgboost, b"1");
        let spec = TrainingSpec::of(&card);
        assert_eq!((spec.seed, spec.search, spec.out_of_core), (card.seed, Search::Usual, None));
        let settings = OutOfCoreSettings { workers: 2, sample_rows: 1000, quantiles: Quantiles::OnDisk };
        card.settings.search_trials = Some(19);
        card.left_out = vec!["fee".to_owned()];
        card.settings.recency = Recency { window_h: Some(48), half_life_h: None };
        card.settings.out_of_core = Some(settings);
        let spec = TrainingSpec::of(&card);
        assert_eq!(spec.search, Search::Trials(19));
        assert_eq!(spec.left_out, LeftOut::These(vec!["fee".to_owned()]));
        assert_eq!(spec.recency, card.settings.recency);
        assert_eq!(
            spec.out_of_core,
            Some(OutOfCore { settings, launch: Launch::Local, if_locked: IfLocked::Wait(None) })
        );
    }
}
