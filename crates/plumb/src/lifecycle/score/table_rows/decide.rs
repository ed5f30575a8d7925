//! How the columns of a model are read in a file: by the plan of the training where all cells fit, and anew where not.

use anyhow::Result;
use plumb_lead::{Feature, FeatureKind, FeatureSet, Values};
use plumb_tables::{
    ColumnPlan, ColumnReading, Level, Note, NoteCode, NumberForm, ReadingPlan, RecordSource, detect_columns,
};

use super::feature_reader::FeatureReader;
use super::head::Head;
use super::positions::Positions;
use super::scale::scale;

/// Rows of a file that decide whether it is written as the file of the training was.
const ROWS_LOOKED_AT: usize = 10_000;

/// What a model expects of a file.
pub(in crate::lifecycle::score) struct Expected<'a> {
    pub(in crate::lifecycle::score) features: &'a FeatureSet,
    /// The mean of each feature in the training.
    pub(in crate::lifecycle::score) averages: &'a [f32],
    /// How the file of the training was read, if that is known.
    pub(in crate::lifecycle::score) plan: Option<&'a ReadingPlan>,
}

/// Decides how each feature's column is read, and returns what is to be said of it.
pub(super) fn decide(
    source: &dyn RecordSource,
    positions: &Positions,
    expected: &Expected<'_>,
) -> Result<(Vec<FeatureReader>, Vec<Note>)> {
    let head = Head { source, rows_max: if expected.plan.is_some() { ROWS_LOOKED_AT } else { usize::MAX } };
    let plans: Vec<Option<ColumnPlan>> =
        expected.features.features.iter().map(|feature| expected.plan_of(feature)).collect();
    let fitting = fitting(&head, positions, expected, &plans)?;
    let (mut notes, mut said, mut found) = (Vec::new(), Vec::new(), Vec::new());
    if fitting.contains(&false) {
        (found, said) = detect_columns(&head, &[])?;
    }
    notes.extend(positions.renamed.iter().map(|(name, found)| renamed(name, found)));
    let mut readers = Vec::new();
    for (index, feature) in expected.features.features.iter().enumerate() {
        let (plan, position) = (&plans[index], positions.features[index]);
        readers.push(match (plan, found.get(position)) {
            (Some(plan), _) if fitting[index] => FeatureReader::new(feature, plan),
            (plan, Some(found)) => {
                let mean = |reader: &FeatureReader| mean(&head, position, reader);
                let training = f64::from(expected.averages.get(index).copied().unwrap_or(f32::NAN));
                if is_of_kind(&found.reading, &feature.kind) {
                    notes.extend(said.iter().filter(|note| note.column.as_ref() == Some(&found.name)).cloned());
                }
                anew(feature, plan.as_ref(), found, training, mean, &mut notes)?
            }
            (plan, None) => FeatureReader::new(feature, plan.as_ref().unwrap_or(&usual(feature))),
        });
    }
    Ok((readers, notes))
}

impl Expected<'_> {
    /// Returns how a feature's column was read in the training, if the plan has it in a way that fits the feature.
    fn plan_of(&self, feature: &Feature) -> Option<ColumnPlan> {
        let plan = self.plan?.columns.iter().find(|column| column.name == feature.name)?;
        if let FeatureKind::Category { .. } = feature.kind {
            return Some(ColumnPlan { reading: ColumnReading::Category, ..plan.clone() });
        }
        is_of_kind(&plan.reading, &feature.kind).then(|| plan.clone())
    }
}

/// Returns whether what a column is read as is what a feature is.
fn is_of_kind(reading: &ColumnReading, kind: &FeatureKind) -> bool {
    match kind {
        FeatureKind::Number => matches!(reading, ColumnReading::Number(_)),
        FeatureKind::Flag => matches!(reading, ColumnReading::Flag { .. } | ColumnReading::Number(_)),
        FeatureKind::Category { .. } => true,
    }
}

/// Returns for each feature whether all cells of the first rows fit its plan.
fn fitting(
    head: &Head<'_>,
    positions: &Positions,
    expected: &Expected<'_>,
    plans: &[Option<ColumnPlan>],
) -> Result<Vec<bool>> {
    let features = expected.features.features.iter().zip(plans);
    let readers: Vec<Option<FeatureReader>> =
        features.map(|(feature, plan)| plan.as_ref().map(|plan| FeatureReader::new(feature, plan))).collect();
    let mut fitting: Vec<bool> = plans.iter().map(Option::is_some).collect();
    if readers.iter().flatten().all(FeatureReader::is_of_words) {
        return Ok(fitting);
    }
    let rows = head.rows()?;
    for (index, reader) in readers.iter().enumerate() {
        let Some(reader) = reader.as_ref().filter(|reader| !reader.is_of_words()) else { continue };
        let cells = rows.iter().map(|row| row.get(positions.features[index]).unwrap_or_default());
        fitting[index] = reader.read(cells).1.is_empty();
    }
    Ok(fitting)
}

/// Returns how a column is read whose cells do not fit the plan.
fn anew(
    feature: &Feature,
    plan: Option<&ColumnPlan>,
    found: &ColumnPlan,
    mean_of_training: f64,
    mean: impl Fn(&FeatureReader) -> Result<Option<f64>>,
    notes: &mut Vec<Note>,
) -> Result<FeatureReader> {
    if !is_of_kind(&found.reading, &feature.kind) {
        // Its rows are rejected one by one, each with its cell.
        return Ok(FeatureReader::new(feature, plan.unwrap_or(&usual(feature))));
    }
    let mut found = found.clone();
    found.missing.extend(plan.iter().flat_map(|plan| plan.missing.iter().cloned()));
    if let FeatureKind::Category { .. } = feature.kind {
        found.reading = ColumnReading::Category;
        return Ok(FeatureReader::new(feature, &found));
    }
    let mut reader = FeatureReader::new(feature, &found);
    let Some(plan) = plan else { return Ok(reader) };
    let (before, now) = (words(&plan.reading), words(&found.reading));
    match (&plan.reading, &found.reading) {
        (ColumnReading::Number(old), ColumnReading::Number(new)) if old.percent != new.percent => {
            let may_be = if new.percent { [1.0, 0.01] } else { [1.0, 100.0] };
            let Some(factor) = mean(&reader)?.and_then(|mean| scale(mean_of_training, mean, may_be)) else {
                // Every row with such a cell is rejected: two scales are possible, and neither is likely.
                return Ok(FeatureReader::new(feature, plan));
            };
            reader.factor = factor;
            let how = match factor {
                1.0 => "as they are written",
                factor if factor < 1.0 => "as a hundredth, so that 20 % is 0.2",
                _ => "a hundredfold, so that 0.2 is 20 %",
            };
            notes.push(note(Level::Warning, feature, format!("is written as {now}, and was {before} in the training: its numbers are taken {how}, which is near to their mean there")));
        }
        (ColumnReading::Number(old), ColumnReading::Number(new))
            if old.units != new.units && !old.units.is_empty() && !new.units.is_empty() =>
        {
            notes.push(note(
                Level::Warning,
                feature,
                format!("is written as {now}, and was {before} in the training: units are not converted"),
            ));
        }
        _ if before != now => {
            notes.push(note(Level::Info, feature, format!("is written as {now}, and was {before} in the training")));
        }
        _ => {}
    }
    Ok(reader)
}

fn note(level: Level, feature: &Feature, what: String) -> Note {
    Note {
        level,
        code: NoteCode::NumberForm,
        column: Some(feature.name.clone()),
        count: 0,
        what,
        way_out: String::new(),
    }
}

fn renamed(name: &str, found: &str) -> Note {
    Note {
        level: Level::Info,
        code: NoteCode::ColumnName,
        column: Some(name.to_owned()),
        count: 1,
        what: format!("`{found}` is taken for the model's `{name}`"),
        way_out: String::new(),
    }
}

/// Returns how cells are written, in a few words.
fn words(reading: &ColumnReading) -> String {
    match reading {
        ColumnReading::Number(NumberForm { decimal, thousands, units, percent, parentheses, plus, .. }) => {
            let mut words = "numbers".to_owned();
            let mut marks: Vec<String> = Vec::new();
            marks.extend(thousands.map(|mark| format!("thousands by `{mark}`")));
            marks.extend(decimal.filter(|mark| *mark != '.').map(|mark| format!("decimals by `{mark}`")));
            marks.extend(units.iter().map(|unit| format!("`{unit}`")));
            marks.extend(percent.then(|| "a percent sign".to_owned()));
            marks.extend(parentheses.then(|| "parentheses as minus".to_owned()));
            marks.extend(plus.then(|| "a plus behind".to_owned()));
            words.push_str(if marks.is_empty() { " alone" } else { " with " });
            words + &marks.join(", ")
        }
        ColumnReading::Flag { yes, no } => format!("`{}` or `{}`", yes.join("`, `"), no.join("`, `")),
        _ => "words".to_owned(),
    }
}

/// Returns how a feature's column is read of which nothing is known.
fn usual(feature: &Feature) -> ColumnPlan {
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let reading = match feature.kind {
        FeatureKind::Number => ColumnReading::Number(NumberForm { decimal: Some('.'), ..NumberForm::default() }),
        FeatureKind::Flag => {
            ColumnReading::Flag { yes: texts(&["yes", "true", "1"]), no: texts(&["no", "false", "0"]) }
        }
        FeatureKind::Category { .. } => ColumnReading::Category,
    };
    ColumnPlan { name: feature.name.clone(), reading, missing: Vec::new(), merge_spellings: false }
}

/// Returns the mean of a column's numbers in the first rows.
fn mean(head: &Head<'_>, position: usize, reader: &FeatureReader) -> Result<Option<f64>> {
    let rows = head.rows()?;
    let (values, _) = reader.read(rows.iter().map(|row| row.get(position).unwrap_or_default()));
    let Values::Number(numbers) = values else { return Ok(None) };
    let known: Vec<f64> = numbers.into_iter().filter(|number| !number.is_nan()).map(f64::from).collect();
    Ok((!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64))
}
