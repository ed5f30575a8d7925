//! Finds out how a file separates and encloses its cells, from samples of its beginning, middle and end.

use super::cut::{Cut, Cutter};
use super::dialect::Dialect;
use crate::records::raw::Oddities;
use crate::records::source::Record;

/// What separates cells in files that people have, the commonest first.
const SEPARATORS: [char; 11] = [',', ';', '\t', '|', '^', '~', '¦', '§', '\u{1}', '\u{1F}', '#'];

/// Records of a sample that are looked at.
const RECORDS_MAX: usize = 2_000;

/// The share of records that have to have the same number of cells, for them to be cells: two may be those of a sentence with
/// a comma in it, and a short table may have as many lines around it as rows.
const TWO_ALIKE_MIN: f64 = 0.5;
const MORE_ALIKE_MIN: f64 = 0.3;

/// A part of a file's text.
#[derive(Debug)]
pub(super) struct SampleText {
    pub(super) text: String,
    /// Whether it ends within a record.
    pub(super) is_cut: bool,
}

/// How well a dialect fits.
struct Fit {
    dialect: Dialect,
    /// Cells of most records, and the share of records that have them.
    columns: usize,
    alike: f64,
    /// Whether the first record has as many.
    is_first_alike: bool,
}

/// Returns the dialect of samples. `separator` and `quote` are those that are known already.
pub(super) fn detect(samples: &[SampleText], separator: Option<char>, quote: Option<char>) -> Dialect {
    let beginning = samples.first().map_or("", |sample| &sample.text);
    let candidates = match &separator {
        Some(separator) => std::slice::from_ref(separator),
        None => &SEPARATORS,
    };
    let fit_of = |separator: char| {
        let quote = quote.unwrap_or_else(|| quote_of(beginning, separator));
        fit(samples, Dialect::new(separator, quote))
    };
    let fits: Vec<Fit> =
        candidates.iter().filter(|letter| beginning.contains(**letter)).map(|letter| fit_of(*letter)).collect();
    let best = best_of(fits, beginning).map(|fit| fit.dialect);
    let dialect = best.unwrap_or_else(|| {
        // One column: what separates cells must not be in them.
        let unused = candidates.iter().find(|letter| !beginning.contains(**letter)).or(candidates.first());
        let separator = unused.copied().unwrap_or(',');
        Dialect::new(separator, quote.unwrap_or_else(|| quote_of(beginning, separator)))
    });
    with_escape(samples, dialect)
}

fn best_of(mut fits: Vec<Fit>, beginning: &str) -> Option<Fit> {
    let alike_min = |fit: &Fit| if fit.columns > 2 { MORE_ALIKE_MIN } else { TWO_ALIKE_MIN };
    fits.retain(|fit| fit.columns > 1 && (fit.alike >= alike_min(fit) || fit.is_first_alike));
    // Decimal commas cut rows into pieces as regularly as a separator would.
    let has_other = fits.iter().any(|fit| fit.dialect.separator != ',' && fit.alike >= 0.8 && fit.is_first_alike);
    if has_other {
        let is_decimal = share_in_numbers(beginning) > 0.8;
        fits.retain(|fit| fit.dialect.separator != ',' || (fit.is_first_alike && !is_decimal));
    }
    let fitness = |fit: &Fit| fit.alike * (fit.columns as f64).ln();
    // Of several that fit alike, the first: the commonest.
    fits.into_iter().rev().max_by(|one, other| fitness(one).total_cmp(&fitness(other)))
}

/// Returns the share of commas that stand between two digits.
fn share_in_numbers(text: &str) -> f64 {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let commas = text.as_bytes().windows(3).filter(|three| three[1] == b',');
    let (all, inside) = commas
        .fold((0, 0), |(all, inside), three| (all + 1, inside + u32::from(is_digit(&three[0]) && is_digit(&three[2]))));
    f64::from(inside) / f64::from(all.max(1))
}

fn fit(samples: &[SampleText], dialect: Dialect) -> Fit {
    let widths: Vec<usize> = samples.iter().flat_map(|sample| widths(sample, dialect)).collect();
    let mut counts: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    widths.iter().for_each(|width| *counts.entry(*width).or_default() += 1);
    let share = |count: usize| count as f64 / widths.len().max(1) as f64;
    let weight = |(width, count): (&usize, &usize)| share(*count) * (*width as f64).ln();
    let best = counts.iter().max_by(|one, other| weight(*one).total_cmp(&weight(*other)));
    let (columns, alike) = best.map_or((1, 0.0), |(width, count)| (*width, share(*count)));
    Fit { dialect, columns, alike, is_first_alike: widths.first() == Some(&columns) }
}

/// Returns the cells of each record of a sample that is not blank.
fn widths(sample: &SampleText, dialect: Dialect) -> Vec<usize> {
    let mut cutter = Cutter::new(dialect);
    let (mut record, mut oddities) = (Record::new(), Oddities::default());
    let (mut at, mut widths) = (0, Vec::new());
    while at < sample.text.len() && widths.len() < RECORDS_MAX {
        match cutter.cut(&sample.text, at, !sample.is_cut, &mut record, &mut oddities) {
            Cut::Record { next, .. } => {
                if !sample.text[at..next].trim_matches(['\r', '\n', ' ']).is_empty() {
                    widths.push(record.len());
                }
                at = next;
            }
            Cut::Unclosed { opened } => {
                at = sample.text[opened..].find('\n').map_or(sample.text.len(), |length| opened + length + 1);
                widths.push(0);
            }
            Cut::Incomplete { .. } => break,
        }
    }
    widths
}

/// A single quote counts as a quote only where it encloses more cells than the double one does, and a good part of them.
fn quote_of(text: &str, separator: char) -> char {
    let (mut double, mut single, mut all) = (0, 0, 0);
    for cell in text.split([separator, '\n', '\r']).map(str::trim).filter(|cell| !cell.is_empty()) {
        let encloses = |quote: char| cell.len() >= 2 && cell.starts_with(quote) && cell.ends_with(quote);
        double += usize::from(encloses('"') || cell.starts_with("=\""));
        single += usize::from(encloses('\''));
        all += 1;
    }
    if single > double && single * 10 >= all && single > 1 { '\'' } else { '"' }
}

/// Takes a backslash as an escape where more records then have as many cells as most.
fn with_escape(samples: &[SampleText], dialect: Dialect) -> Dialect {
    let escaped = format!("\\{}", dialect.quote);
    if !samples.iter().any(|sample| sample.text.contains(&escaped)) {
        return dialect;
    }
    let other = Dialect { escape: Some('\\'), ..dialect };
    let (plain, with) = (fit(samples, dialect), fit(samples, other));
    if with.alike > plain.alike && with.columns > 1 { other } else { dialect }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(text: &str) -> Dialect {
        detect(&[SampleText { text: text.to_owned(), is_cut: false }], None, None)
    }

    #[track_caller]
    fn check(text: &str, separator: char) {
        assert_eq!(detected(text).separator, separator);
    }

    #[test]
    fn the_separator_is_the_one_that_cuts_lines_alike() {
        check("a,b,c\n1,2,3\n4,5,6\n", ',');
        check("a;b;c\nx, y;2;3\nz;5;6\n", ';');
        check("a\tb\nStreet 1, Rome\t2\nStreet 2, Rome\t3\n", '\t');
        check("a|b\n1|2\n", '|');
        check("a^b^c\n1^2^3\n", '^');
        check("a~b\nx,y~2\nz~3\n", '~');
    }

    #[test]
    fn decimal_commas_do_not_separate() {
        check("name;amount\na;1,5\nb;2,5\n", ';');
        check("1,5;2,5;3,5\n4,5;5,5;6,5\n", ';');
        check("x;y;z\n1,5;2,5;3,5\n4,5;5,5;6,5\n", ';');
    }

    #[test]
    fn numbers_between_commas_are_cells() {
        check("a,b,c\n1,2,3\n4,5,6\n", ',');
        check("id,tags\n1,a;b\n2,c;d\n3,e;f\n", ',');
    }

    #[test]
    fn separators_within_quotes_do_not_count() {
        check("a,b\n\"x;y;z\nu;v\",2\n\"p;q;r\",4\n", ',');
    }

    #[test]
    fn notes_in_one_column_are_not_cut() {
        let text = "note\nplain\none, two\nplain\nplain\nplain\n";
        assert!(!text.contains(detected(text).separator));
    }

    #[test]
    fn single_quotes_enclose_where_they_enclose_many_cells() {
        assert_eq!(detected("'a','b'\n'x, y','2'\n").quote, '\'');
        assert_eq!(detected("a,b\n'n Sync',2\nQueen,3\n").quote, '"');
    }

    #[test]
    fn a_backslash_escapes_quotes_where_lines_fit_then() {
        assert_eq!(detected("a,b\n\"say \\\"hi\\\", x\",2\n\"q\",3\n").escape, Some('\\'));
        assert_eq!(detected("a,b\n\"C:\\\",2\n\"D:\\\",3\n").escape, None);
    }
}
