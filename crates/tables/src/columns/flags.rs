//! Words of yes and no.

use super::missing::is_same;

/// Pairs of words, in small letters: yes, no. One letter counts only where its partner is there too.
const PAIRS: &[(&str, &str)] = &[
    ("yes", "no"),
    ("true", "false"),
    ("ja", "nein"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("sì", "no"),
    ("sim", "não"),
    ("sim", "nao"),
    ("ja", "nee"),
    ("ja", "nej"),
    ("ja", "nei"),
    ("tak", "nie"),
    ("ano", "ne"),
    ("da", "nu"),
    ("da", "ne"),
    ("igen", "nem"),
    ("kyllä", "ei"),
    ("evet", "hayır"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("verdadero", "falso"),
    ("vero", "falso"),
    ("verdadeiro", "falso"),
    ("waar", "onwaar"),
    ("prawda", "fałsz"),
    ("да", "нет"),
    ("はい", "いいえ"),
    ("是", "否"),
    ("on", "off"),
    ("checked", "unchecked"),
    ("y", "n"),
    ("t", "f"),
    ("j", "n"),
    ("o", "n"),
    ("s", "n"),
    ("w", "f"),
    ("v", "f"),
];

/// How words are a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlagWords {
    pub(crate) yes: Vec<String>,
    pub(crate) no: Vec<String>,
    /// Whether these words need no saying: yes and no, true and false.
    pub(crate) is_plain: bool,
}

/// Returns the flag that these different words are, if they are one; `has_empty` says whether there are empty cells.
pub(crate) fn flag_of(words: &[&str], has_empty: bool) -> Option<FlagWords> {
    if words.is_empty() || words.len() > 12 {
        return None;
    }
    if has_empty && words.iter().all(|word| is_tick(word)) {
        return Some(FlagWords { yes: lowered(words), no: vec![String::new()], is_plain: false });
    }
    // With `1` and `0` among words, these are yes and no too: sources are mixed.
    let digits = |word: &str| matches!(word, "1" | "0");
    let spoken: Vec<&str> = words.iter().copied().filter(|word| !digits(word)).collect();
    let is_known = |word: &&str| side(word, &spoken).is_some();
    if spoken.is_empty() || !spoken.iter().all(is_known) {
        return None;
    }
    let is_yes = |word: &&&str| **word == "1" || side(word, &spoken) == Some(true);
    let (yes, no): (Vec<&str>, Vec<&str>) =
        (words.iter().filter(is_yes).copied().collect(), words.iter().filter(|word| !is_yes(word)).copied().collect());
    let is_plain = words.iter().all(|word| ["yes", "no", "true", "false"].iter().any(|plain| is_same(plain, word)));
    let (mut yes, mut no) = (lowered(&yes), lowered(&no));
    complete(&mut yes, &mut no);
    Some(FlagWords { yes, no, is_plain })
}

/// Returns whether a word alone is yes or no; of letters alone those that hardly mean anything else.
pub(crate) fn flag_of_word(word: &str) -> Option<bool> {
    let is_any = |letters: &[&str]| letters.iter().any(|letter| letter.eq_ignore_ascii_case(word));
    match word.len() {
        1 if is_any(&["1", "y", "t", "j", "o"]) => Some(true),
        1 if is_any(&["0", "n", "f"]) => Some(false),
        _ => side(word, &[]),
    }
}

/// Returns whether a word is yes or no among the others.
fn side(word: &str, words: &[&str]) -> Option<bool> {
    let has = |partner: &str| words.iter().any(|other| is_same(partner, other));
    let is_letter = word.len() == 1;
    let as_yes = PAIRS.iter().any(|(yes, no)| is_same(yes, word) && (!is_letter || has(no)));
    let as_no = PAIRS.iter().any(|(yes, no)| is_same(no, word) && (!is_letter || has(yes)));
    match (as_yes, as_no) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Adds the partner where a column has only one side: the next file may have the other.
fn complete(yes: &mut Vec<String>, no: &mut Vec<String>) {
    let partner = |known: &[String], partners: fn(&(&'static str, &'static str)) -> (&'static str, &'static str)| {
        PAIRS
            .iter()
            .map(partners)
            .find(|(one, _)| known.iter().any(|word| word == one))
            .map(|(_, other)| other.to_owned())
    };
    if no.is_empty() {
        no.extend(partner(yes, |(yes, no)| (yes, no)));
    } else if yes.is_empty() {
        yes.extend(partner(no, |(yes, no)| (no, yes)));
    }
}

fn is_tick(word: &str) -> bool {
    matches!(word, "x" | "X" | "✓" | "✔" | "☑")
}

fn lowered(words: &[&str]) -> Vec<String> {
    let mut lowered: Vec<String> = Vec::new();
    for word in words.iter().map(|word| word.to_lowercase()) {
        if !lowered.contains(&word) {
            lowered.push(word);
        }
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: Option<(&[&str], &[&str])>) {
        let found = flag_of(words, false).map(|flag| (flag.yes, flag.no));
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, expected.map(|(yes, no)| (owned(yes), owned(no))), "{words:?}");
    }

    #[test]
    fn words_of_several_languages_are_flags() {
        check(&["Ja", "Nein", "JA"], Some((&["ja"], &["nein"])));
        check(&["WAHR", "FALSCH"], Some((&["wahr"], &["falsch"])));
        check(&["oui", "non"], Some((&["oui"], &["non"])));
        check(&["Sim", "Não"], Some((&["sim"], &["não"])));
        check(&["N", "Y"], Some((&["y"], &["n"])));
        check(&["yes", "no", "1", "TRUE", "0"], Some((&["yes", "1", "true"], &["no", "0"])));
    }

    #[test]
    fn one_side_is_completed_and_one_letter_needs_its_partner() {
        check(&["Ja"], Some((&["ja"], &["nein"])));
        check(&["No"], Some((&["yes"], &["no"])));
        check(&["S"], None);
        check(&["S", "M", "L"], None);
        check(&["F", "M"], None);
    }

    #[test]
    fn a_word_alone_is_yes_or_no_unless_it_could_be_another() {
        let found = ["JA", "Nein", "y", "o", "0", "はい", "s", "maybe", "2", "", "是"].map(flag_of_word);
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(found, [yes, no, yes, yes, no, yes, None, None, None, None, yes]);
    }

    #[test]
    fn numbers_and_other_words_are_none() {
        check(&["1", "0"], None);
        check(&["yes", "no", "maybe"], None);
    }

    #[test]
    fn ticks_beside_empty_cells_are_yes() {
        let flag = flag_of(&["x"], true).expect("a checkbox");
        assert_eq!(flag.no, [""]);
        assert_eq!(flag_of(&["x"], false), None);
    }
}
