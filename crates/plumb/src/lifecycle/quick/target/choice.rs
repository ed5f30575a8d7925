//! Which words of an outcome column are positive, which negative, and which are left out.

use anyhow::{Result, bail};

use super::column_name::listed;
use super::sound::{Sound, sound};
use super::unclear::unclear;
use super::words::{WordClass, Words};

/// What a user says of the words of the target. Each text is a word, or several separated by commas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statuses {
    /// Positive words.
    pub(crate) positive: Vec<String>,
    /// Negative words. If there are any, words that are not named at all are left out.
    pub(crate) negative: Vec<String>,
    /// Words whose rows are left out; `None` are those that look open, if positive ones are named.
    pub(crate) ignore: Option<Vec<String>>,
}

/// What each word counts as.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// A class for each word.
    pub(super) classes: Vec<WordClass>,
    /// Why the positive words are these.
    pub(super) why: String,
    /// What somebody should look at.
    pub(super) warnings: Vec<String>,
}

impl Choice {
    /// Decides for each word.
    pub(super) fn new(file: &str, target: &str, words: &Words, statuses: &Statuses) -> Result<Choice> {
        let named = Named::find(words, statuses)?;
        let chosen = if named.positive.is_empty() { None } else { Some(named.positive.clone()) };
        match chosen {
            Some(positive) => Ok(named.around(words, &positive)),
            None => named.without_positive(file, target, words),
        }
    }
}

/// The words that options name, by their positions.
struct Named {
    positive: Vec<usize>,
    negative: Vec<usize>,
    ignored: Option<Vec<usize>>,
}

impl Named {
    fn find(words: &Words, statuses: &Statuses) -> Result<Named> {
        let positive = positions(words, &statuses.positive, "--positive")?;
        let negative = positions(words, &statuses.negative, "--negative")?;
        let ignored = statuses.ignore.as_ref().map(|ignore| positions(words, ignore, "--ignore")).transpose()?;
        let mut all: Vec<usize> = [&positive, &negative].into_iter().chain(&ignored).flatten().copied().collect();
        all.sort_unstable();
        if let Some(twice) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            bail!(
                "`{}` is in two of --positive, --negative and --ignore: expected it in one",
                words.words[twice[0]].shown
            );
        }
        Ok(Named { positive, negative, ignored })
    }

    fn is_ignored(&self, word: usize) -> bool {
        self.ignored.as_ref().is_some_and(|ignored| ignored.contains(&word))
    }

    /// Decides for the words beside the positive ones.
    fn around(&self, words: &Words, positive: &[usize]) -> Choice {
        let (mut open, mut classes) = (Vec::new(), Vec::new());
        for (at, word) in words.words.iter().enumerate() {
            classes.push(if positive.contains(&at) {
                WordClass::Positive
            } else if self.negative.contains(&at) {
                WordClass::Negative
            } else if self.is_ignored(at) || !self.negative.is_empty() {
                WordClass::Ignored
            } else if self.ignored.is_none() && sound(&word.shown) == Sound::Open {
                open.push(at);
                WordClass::Ignored
            } else {
                WordClass::Negative
            });
        }
        let rows: usize = open.iter().map(|word| words.words[*word].rows).sum();
        let names: Vec<String> =
            open.iter().map(|word| format!("`{}` {}", words.words[*word].shown, words.words[*word].rows)).collect();
        let warning = format!(
            "{rows} rows are left out, because they look open, without an end yet: {}; say with --ignore which are, or \
             count them all as negative with `--ignore \"\"`",
            names.join(", ")
        );
        let warnings = if open.is_empty() { Vec::new() } else { vec![warning] };
        Choice { classes, why: "as chosen".to_owned(), warnings }
    }

    fn without_positive(&self, file: &str, target: &str, words: &Words) -> Result<Choice> {
        let rest: Vec<usize> = (0..words.words.len()).filter(|word| !self.is_ignored(*word)).collect();
        let open: Vec<usize> = rest.iter().copied().filter(|word| !self.negative.contains(word)).collect();
        let (positive, why) = match (self.negative.is_empty(), open.as_slice(), rest.as_slice()) {
            (false, [only], _) => (*only, "the only word that is not named".to_owned()),
            (true, _, [first, second]) => of_two(file, target, words, [*first, *second])?,
            _ => {
                let problem = format!("has {} values, and which of them are positive is not clear", words.words.len());
                bail!(unclear(file, target, &words.words, &problem));
            }
        };
        let class = |at: usize| match (at == positive, self.is_ignored(at)) {
            (true, _) => WordClass::Positive,
            (false, true) => WordClass::Ignored,
            (false, false) => WordClass::Negative,
        };
        Ok(Choice { classes: (0..words.words.len()).map(class).collect(), why, warnings: Vec::new() })
    }
}

/// Returns the positive one of two words, and why it is.
fn of_two(file: &str, target: &str, words: &Words, two: [usize; 2]) -> Result<(usize, String)> {
    let sounds = two.map(|word| sound(&words.words[word].shown));
    let is_end = |sound: Sound| matches!(sound, Sound::Positive | Sound::Negative | Sound::Hopeful);
    if sounds.contains(&Sound::Open) && sounds.into_iter().any(is_end) {
        bail!(unclear(file, target, &words.words, "has leads that look open, and these are not lost"));
    }
    let shown = |word: usize| words.words[word].shown.as_str();
    let is = |wanted: Sound| {
        let mut found = (0..2).filter(|at| sounds[*at] == wanted);
        found.next().filter(|_| found.next().is_none())
    };
    if let Some(at) = is(Sound::Positive).or_else(|| is(Sound::Hopeful).filter(|at| sounds[1 - at] == Sound::Negative))
    {
        return Ok((two[at], format!("it says so, and `{}` does not", shown(two[1 - at]))));
    }
    if let Some(at) = is(Sound::Negative) {
        return Ok((two[1 - at], format!("`{}` says no", shown(two[at]))));
    }
    // The more frequent word is the first.
    let [frequent, rare] = two.map(|word| &words.words[word]);
    let all = frequent.rows + rare.rows;
    let why = format!("the rarer of `{}` and `{}`: {} of {all} rows", frequent.shown, rare.shown, rare.rows);
    Ok((two[1], why))
}

/// Returns the positions of the words that an option names.
fn positions(words: &Words, texts: &[String], option: &str) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for text in texts {
        // A word may have a comma of its own.
        match words.position(text) {
            Some(word) => found.push(word),
            None => {
                for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                    found.push(position(words, word, option)?);
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn position(words: &Words, typed: &str, option: &str) -> Result<usize> {
    let names = || words.words.iter().map(|word| word.shown.as_str());
    match (words.position(typed), words.words.as_slice()) {
        (Some(word), _) => Ok(word),
        (None, [first, second]) => {
            bail!("{option} `{typed}` does not occur: expected `{}` or `{}`", first.shown, second.shown)
        }
        (None, _) => bail!("{option} `{typed}` does not occur: expected some of {}", listed(names())),
    }
}
