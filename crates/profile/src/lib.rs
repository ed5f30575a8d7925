#![doc = include_str!("../README.md")]

mod outcome;
pub mod wording;
mod options;
mod error;
mod sketch;
mod gather;
mod describe;
mod profiler;

pub use error::Error;
pub use options::{Options, SAMPLE_ROWS, TargetChoice};
pub use outcome::{
    Anomalies, AnomalousRow, AssociationMeasure, Bar, Bin, ColumnKind, ColumnProfile, Correlation, Correlations,
    Coverage, Distinct, DistributionOf, DriftOfColumn, DriftProfile, Duplicates, FewRows, Finding, FindingKind,
    FlagProfile, Importance, Interval, KindChanged, MissingGroup, MissingMonth, MissingOverTime, MissingPattern,
    MissingTogether, NumberProfile, Outliers, Period, PersonKey, Profile, Quantile, RateOf, RepeatedRows, Signal,
    Spelling, TargetProfile, TextProfile, TimeProfile, ValueCount, ValuesProfile,
};
pub use profiler::Profiler;
