//! People: columns that look like e-mail addresses, telephone numbers and names, and the people who are there twice.

use plumb_tables::{Block, ColumnValues, Texts};

use crate::outcome::{PersonKey, RepeatedRows};
use crate::sketch::{Repeated, RowKey, hash_of_text, mix_into};

/// People of one kind that are held at once.
const PEOPLE_MAX: usize = 900_000;

/// A column is one of e-mail addresses if so many of its first texts look like one.
const EMAIL_SHARE: f64 = 0.8;

/// Digits of a telephone number that are compared: what comes before them is the country's or a 0.
const PHONE_DIGITS: usize = 9;
const PHONE_DIGITS_MIN: usize = 7;

const PHONE_WORDS: [&str; 7] = ["phone", "telephone", "tel", "telefon", "mobile", "handy", "cell"];
const NAME_WORDS: [&str; 6] = ["name", "fullname", "contactname", "leadname", "customername", "personname"];
const FIRST_NAME_WORDS: [&str; 4] = ["firstname", "vorname", "givenname", "forename"];
const LAST_NAME_WORDS: [&str; 5] = ["lastname", "nachname", "surname", "familyname", "secondname"];

/// People by each kind of column that tells them.
#[derive(Default)]
pub(crate) struct People {
    keys: Option<Vec<Key>>,
}

struct Key {
    by: By,
    columns: Vec<usize>,
    repeated: Repeated,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Email,
    Phone,
    Name,
}

impl People {
    /// Adds the rows of a block; the first block decides which columns tell people.
    pub(crate) fn add(&mut self, names: &[&str], block: &Block) {
        let keys = self.keys.get_or_insert_with(|| keys_of(names, block));
        let mut scratch = String::new();
        for key in keys {
            let texts: Vec<&Texts> = key.columns.iter().filter_map(|column| texts_of(block, *column)).collect();
            for (row, line) in block.lines.iter().enumerate() {
                let mut hash = RowKey::default();
                let mut is_known = true;
                for texts in &texts {
                    scratch.clear();
                    is_known &= texts.get(row).is_some_and(|text| key.by.normalise(text, &mut scratch));
                    mix_into(&mut hash, hash_of_text(&scratch));
                }
                if is_known {
                    key.repeated.add(hash, *line);
                }
            }
        }
    }

    /// Returns what was found.
    pub(crate) fn found(&self, names: &[&str]) -> Vec<PersonKey> {
        let keys = self.keys.iter().flatten();
        keys.map(|key| PersonKey {
            by: key.by.word(),
            columns: key.columns.iter().map(|column| names[*column].to_owned()).collect(),
            rule: key.by.rule(),
            found: RepeatedRows::from(key.repeated.summary()),
        })
        .collect()
    }
}

impl By {
    fn word(self) -> &'static str {
        match self {
            By::Email => "email",
            By::Phone => "phone",
            By::Name => "name",
        }
    }

    fn rule(self) -> &'static str {
        match self {
            By::Email => "the same e-mail address, whatever its case and what follows a `+`",
            By::Phone => "the same last nine digits",
            By::Name => "the same words in any order and case; two people may share a name",
        }
    }

    /// Writes what is compared; returns whether the text tells anybody.
    fn normalise(self, text: &str, into: &mut String) -> bool {
        match self {
            By::Email => email(text, into),
            By::Phone => phone(text, into),
            By::Name => name(text, into),
        }
    }
}

fn keys_of(names: &[&str], block: &Block) -> Vec<Key> {
    let words: Vec<String> = names.iter().map(|name| word(name)).collect();
    let place = |known: &[&str]| {
        let is_text = |column: &usize| texts_of(block, *column).is_some();
        (0..words.len()).filter(is_text).find(|column| known.contains(&words[*column].as_str()))
    };
    let mut keys = Vec::new();
    let mut add = |by, columns| keys.push(Key { by, columns, repeated: Repeated::new(PEOPLE_MAX) });
    for (column, name) in names.iter().enumerate() {
        let Some(texts) = texts_of(block, column) else { continue };
        if share(texts, |text| email(text, &mut String::new())) >= EMAIL_SHARE {
            add(By::Email, vec![column]);
        } else if name.to_lowercase().split(|sign: char| !sign.is_alphanumeric()).any(is_phone_word)
            && share(texts, |text| phone(text, &mut String::new())) >= EMAIL_SHARE
        {
            add(By::Phone, vec![column]);
        }
    }
    match (place(&FIRST_NAME_WORDS), place(&LAST_NAME_WORDS), place(&NAME_WORDS)) {
        (Some(first), Some(last), _) => add(By::Name, vec![first, last]),
        (_, _, Some(name)) => add(By::Name, vec![name]),
        _ => {}
    }
    keys
}

fn is_phone_word(word: &str) -> bool {
    PHONE_WORDS.contains(&word)
}

fn word(name: &str) -> String {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn texts_of(block: &Block, column: usize) -> Option<&Texts> {
    match block.columns.get(column)? {
        ColumnValues::Text(texts) => Some(texts),
        _ => None,
    }
}

fn share(texts: &Texts, is_one: impl Fn(&str) -> bool) -> f64 {
    let present = texts.iter().flatten().count();
    texts.iter().flatten().filter(|text| is_one(text)).count() as f64 / present.max(1) as f64
}

fn email(text: &str, into: &mut String) -> bool {
    let Some((user, host)) = text.trim().rsplit_once('@') else { return false };
    let user = user.split('+').next().unwrap_or_default();
    let looks_right = !user.is_empty() && host.contains('.') && !text.trim().contains(char::is_whitespace);
    into.extend(user.chars().chain(['@']).chain(host.chars()).flat_map(char::to_lowercase));
    looks_right
}

fn phone(text: &str, into: &mut String) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    into.extend(text.chars().filter(char::is_ascii_digit).skip(digits.saturating_sub(PHONE_DIGITS)));
    // One digit repeated, as 0000000, is nobody's.
    let varies = into.bytes().any(|digit| Some(digit) != into.bytes().next());
    digits >= PHONE_DIGITS_MIN && varies
}

fn name(text: &str, into: &mut String) -> bool {
    let lower = text.to_lowercase();
    let mut words: Vec<&str> =
        lower.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    into.push_str(&words.join(" "));
    !words.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by: By, text: &str, expected: Option<&str>) {
        let mut found = String::new();
        let is_known = by.normalise(text, &mut found);
        assert_eq!(is_known.then_some(found.as_str()), expected);
    }

    #[test]
    fn people_are_compared_by_what_stays_the_same() {
        check(By::Email, " Ada+crm@Example.ORG", Some("ada@example.org"));
        check(By::Email, "ada at example.org", None);
        check(By::Phone, "+49 (0)30 123-4567", Some("301234567"));
        check(By::Phone, "0049 30 1234567", Some("301234567"));
        check(By::Phone, "000 000 000", None);
        check(By::Phone, "112", None);
        check(By::Name, "Lovelace, Ada", Some("ada lovelace"));
        check(By::Name, "ada  LOVELACE", Some("ada lovelace"));
        check(By::Name, "-", None);
    }

    #[test]
    fn columns_are_found_by_what_is_in_them_and_by_name() {
        let texts = |words: &[&str]| {
            let mut texts = Texts::default();
            words.iter().for_each(|word| texts.push(Some(word)));
            ColumnValues::Text(texts)
        };
        let block = Block {
            lines: vec![2, 3],
            columns: vec![
                texts(&["a@x.org", "A@x.org"]),
                texts(&["030 1234567", "031 7654321"]),
                texts(&["Ada", "ada"]),
                texts(&["Lovelace", "Lovelace"]),
                texts(&["030 1234567", "031 7654321"]),
            ],
        };
        let names = ["kontakt", "Mobile phone", "First Name", "last_name", "hotel"];
        let mut people = People::default();
        people.add(&names, &block);
        let found: Vec<(&str, Vec<String>, u64)> =
            people.found(&names).into_iter().map(|key| (key.by, key.columns, key.found.more)).collect();
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                ("email", columns(&["kontakt"]), 1),
                ("phone", columns(&["Mobile phone"]), 0),
                ("name", columns(&["First Name", "last_name"]), 1)
            ]
        );
    }
}
