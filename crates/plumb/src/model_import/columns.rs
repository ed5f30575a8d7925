//! Which of our features the columns of an imported model are, and which number each category has in it.
//!
//! The model sees words as numbers. A wrong order of them would give scores that look right and mean nothing, so the user
//! names it and it is never guessed.

use anyhow::{Context, Result, bail};
use plumb_lead::{Feature, FeatureKind, FeatureSet, MessageCatalog, Table, Values};
use plumb_learn::trees::ModelMetadata;

/// What the user says of the columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnHints {
    /// Our names of the columns, in the model's order; empty if the user gave none.
    pub(crate) columns: Vec<String>,
    /// The words of categories, in the order of their numbers from 0.
    pub(crate) levels: Vec<(String, Vec<String>)>,
}

/// The columns of an imported model.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Our features, in the model's order.
    pub(crate) features: FeatureSet,
    /// For a column of words, the number of each level of its feature.
    pub(crate) numbers: Vec<(usize, Vec<f64>)>,
    /// Whether they were found by position, and not by name.
    pub(crate) by_position: bool,
}

/// Finds the columns of a model among those of a table.
pub(crate) fn columns(
    metadata: &ModelMetadata,
    count: usize,
    table: &Table,
    message_catalog: &MessageCatalog,
    hints: &ColumnHints,
) -> Result<Columns> {
    let ours: Vec<&str> = table.columns().iter().map(|column| column.name.as_str()).collect();
    let (names, by_position) = names(metadata, count, &ours, hints)?;
    if let Some((name, _)) = hints.levels.iter().find(|(name, _)| !names.contains(name)) {
        bail!("--levels `{name}`: the model has no such column, expected one of `{}`", names.join("`, `"));
    }
    let (mut features, mut numbers) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let column = table.column(name).with_context(|| unknown(name, &ours))?;
        let levels = hints.levels.iter().find(|(named, _)| named == name).map(|(_, levels)| levels);
        let in_file = metadata.category_names.get(index).filter(|words| !words.is_empty());
        let kind = match (&column.values, in_file, levels) {
            (Values::Category { .. }, Some(_), Some(_)) => {
                bail!("--levels `{name}`: the model's own file has the words of this column; leave the option away")
            }
            (Values::Category { levels: seen, .. }, None, None) => bail!(
                "feature `{name}` is words, such as `{}`, and the model knows only numbers: say in which order they were \
                 numbered from 0, by `--levels {name}=FIRST,SECOND,...`",
                seen.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("`, `")
            ),
            (Values::Category { .. }, Some(words), None) | (Values::Category { .. }, None, Some(words)) => {
                let (levels, codes) = numbered(name, words)?;
                numbers.push((index, codes));
                FeatureKind::Category { levels }
            }
            (_, Some(_), _) => {
                bail!("the model was trained with words in column `{name}`, and the feature is a number")
            }
            (_, None, Some(_)) => bail!("--levels `{name}`: the feature has no words"),
            (Values::Number(_), None, None) => FeatureKind::Number,
            (Values::Flag(_), None, None) => FeatureKind::Flag,
        };
        features.push(Feature { name: name.clone(), kind, messages: message_catalog.messages_of(name) });
    }
    let features = FeatureSet { features, languages: message_catalog.languages.clone() };
    Ok(Columns { features, numbers, by_position })
}

/// Returns our names of the model's columns, and whether they were found by position only.
fn names(metadata: &ModelMetadata, count: usize, ours: &[&str], hints: &ColumnHints) -> Result<(Vec<String>, bool)> {
    let (names, by_position) = if !hints.columns.is_empty() {
        (hints.columns.clone(), false)
    } else if !metadata.feature_names.is_empty() {
        (metadata.feature_names.clone(), false)
    } else if ours.len() == count {
        (ours.iter().map(|name| (*name).to_owned()).collect(), true)
    } else {
        bail!(
            "the model does not name its {count} columns, and there are {} features: say which they are, in its order, by \
             `--columns NAME,...`; the features are `{}`",
            ours.len(),
            ours.join("`, `")
        );
    };
    if names.len() != count {
        bail!("--columns names {} columns: the model has {count}", names.len());
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            bail!(
                "the model's columns have the name `{name}` twice: say by `--columns NAME,...` which features they are"
            );
        }
    }
    Ok((names, by_position))
}

fn unknown(name: &str, ours: &[&str]) -> String {
    let near = ours.iter().max_by(|one, other| {
        let likeness = |ours: &str| strsim::jaro_winkler(name, ours);
        likeness(one).total_cmp(&likeness(other))
    });
    let near = near.map_or_else(String::new, |near| format!(" (near it is `{near}`)"));
    format!(
        "the model has a column `{name}`, which is no feature{near}: add it to `features/*.sql`, or say by `--columns \
         NAME,...` which features the columns are, in the model's order; the features are `{}`",
        ours.join("`, `")
    )
}

/// Returns words as the levels of a feature, which are sorted, and the number that each of them had.
fn numbered(name: &str, words: &[String]) -> Result<(Vec<String>, Vec<f64>)> {
    let mut numbered: Vec<(&String, usize)> = words.iter().enumerate().map(|(number, word)| (word, number)).collect();
    numbered.sort();
    if let Some(pair) = numbered.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        bail!("the words of column `{name}` have `{}` twice: each has one number", pair[0].0);
    }
    Ok(numbered.into_iter().map(|(word, number)| (word.clone(), number as f64)).unzip())
}
