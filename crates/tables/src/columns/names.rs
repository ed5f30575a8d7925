//! What the name of a column says about its cells.

/// What the name of a column says. It decides only where the cells leave it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameSays {
    /// Nothing that matters here.
    Nothing,
    /// No name: it was given by place, or by a program for the number of a row.
    Unnamed,
    /// An identifier.
    Identifier,
    /// A code that may be written in digits: a postal code, an industry.
    Code,
    /// A postal code.
    PostalCode,
    /// A number that may be an identifier or a count: `order number`, `visit no`.
    Numbered,
    /// A point in time.
    Time,
}

const IDENTIFIERS: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "guid",
    "key",
    "gclid",
    "fbclid",
    "phone",
    "mobile",
    "tel",
    "telefon",
    "telefono",
    "telephone",
    "handy",
    "fax",
    "iban",
    "isbn",
    "ean",
    "gtin",
    "vin",
    "ssn",
    "leadid",
    "userid",
    "customerid",
    "contactid",
    "accountid",
    "recordid",
    "companyid",
    "ownerid",
    "clientid",
    "sessionid",
    "visitorid",
    "orderid",
    "dealid",
    "prospectid",
    "campaignid",
    "cid",
    "uid",
    "duns",
    "vat",
    "objectid",
    "personid",
    "employeeid",
    "transactionid",
    "externalid",
];
const NUMBERED: &[&str] = &["number", "no", "nr", "num", "nummer", "numero", "numéro", "número"];
const POSTAL: &[&str] = &["zip", "zipcode", "postcode", "postalcode", "plz", "postleitzahl", "cap", "cep", "postal"];
const CODES: &[&str] = &[
    "code",
    "codes",
    "sic",
    "naics",
    "nace",
    "centre",
    "center",
    "kostenstelle",
    "branchencode",
    "fips",
    "area_code",
    "wz",
];
/// Words of time, as the first or last word of a name.
const TIMES: &[&str] = &[
    "date",
    "datum",
    "datetime",
    "timestamp",
    "zeitpunkt",
    "created",
    "updated",
    "modified",
    "fecha",
    "createdate",
    "createddate",
    "closedate",
    "closeddate",
    "lastmodifieddate",
    "createdat",
    "updatedat",
    "createdon",
    "modifiedon",
    "erstellt",
    "geändert",
    "angelegt",
    "birthday",
    "geburtstag",
    "dob",
    "début",
    "erstellungsdatum",
];
/// Words of time, as the last word only: `created at`, `geändert am`.
const TIMES_LAST: &[&str] = &["at", "on", "am", "time", "since", "until", "ts"];
const ROW_NUMBERS: &[&str] = &["index", "unnamed", "row", "rownum", "rownumber", "rowid", "#", "lfd", "x1", "x"];

/// Returns what a name says.
pub(crate) fn name_says(name: &str) -> NameSays {
    if is_unnamed(name) {
        return NameSays::Unnamed;
    }
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else { return NameSays::Nothing };
    let before = words.len().checked_sub(2).map(|place| words[place].as_str());
    let first = words.first().map_or("", String::as_str);
    let ends = |ending: &str| last.len() > ending.len() && last.ends_with(ending);
    if POSTAL.contains(&last)
        || (matches!(last, "code" | "number") && before.is_some_and(|word| POSTAL.contains(&word)))
    {
        return NameSays::PostalCode;
    }
    if IDENTIFIERS.contains(&last) || before.is_some_and(|word| NUMBERED.contains(&last) && IDENTIFIERS.contains(&word))
    {
        return NameSays::Identifier;
    }
    if CODES.contains(&last) {
        return NameSays::Code;
    }
    let is_time = TIMES.contains(&last) || TIMES.contains(&first) || TIMES_LAST.contains(&last);
    if is_time || ends("datum") || ends("date") || ends("zeit") {
        return NameSays::Time;
    }
    // Of German compounds such as `Kundennr` and `Rechnungsnummer`.
    if ends("nr") || ends("nummer") {
        return NameSays::Identifier;
    }
    if NUMBERED.contains(&last) { NameSays::Numbered } else { NameSays::Nothing }
}

fn is_unnamed(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    let first = lower.split([' ', ':', '_', '.', '-']).find(|part| !part.is_empty()).unwrap_or("");
    let rest_is_number = lower.strip_prefix("column").is_some_and(|rest| {
        let rest = rest.trim_matches([' ', '_', ':']);
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
    });
    let words = words(name);
    lower.is_empty()
        || rest_is_number
        || first == "unnamed"
        || (words.len() <= 1 && ROW_NUMBERS.contains(&lower.as_str()))
        || matches!(
            lower.as_str(),
            "row number" | "row_number" | "row id" | "row_id" | "lfd. nr." | "lfd nr" | "lfd. nr"
        )
}

/// Returns the words of a name in small letters: those of `LeadID`, `lead_id` and `Lead ID` are `lead`, `id`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    let letters: Vec<char> = name.chars().collect();
    for (place, letter) in letters.iter().copied().enumerate() {
        if !letter.is_alphanumeric() {
            before = None;
            continue;
        }
        let next_is_small = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        let begins = match before {
            None => true,
            Some(before) => {
                letter.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_is_small))
            }
        };
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: NameSays) {
        for name in names {
            assert_eq!(name_says(name), expected, "{name}");
        }
    }

    #[test]
    fn identifiers_are_known_by_their_last_word() {
        check(
            &["id", "Lead ID", "lead_id", "LeadId", "HubSpot Record ID", "Phone", "Phone Number", "Kundennr"],
            NameSays::Identifier,
        );
        check(&["paid", "valid", "amount", "ideal", "Phone calls", "monkey"], NameSays::Nothing);
    }

    #[test]
    fn codes_times_and_row_numbers_are_known() {
        check(&["Postal Code", "ZIP", "zip_code", "PLZ", "postcode"], NameSays::PostalCode);
        check(&["region code", "Cost Centre", "SIC", "naics_code"], NameSays::Code);
        check(&["created_at", "Create Date", "Erstellungsdatum", "closeDate", "last modified on"], NameSays::Time);
        check(&["", "column 3", "Unnamed: 0", "index", "#", "column_7"], NameSays::Unnamed);
        check(&["order number", "Visit No"], NameSays::Numbered);
        check(&["column store", "time spent on site", "data source"], NameSays::Nothing);
    }
}
