//! Forms of identifiers: e-mail addresses, UUIDs, and the ids of Salesforce.

/// Forms that say what a text is, whatever the column is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// `someone@example.com`.
    Email,
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// 15 letters and digits, whose case counts.
    Short,
    /// The same with three more, that say the case.
    Long,
}

/// How many cells have each form.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdForms {
    /// Cells that were looked at.
    pub(crate) seen: u64,
    pub(crate) email: u64,
    pub(crate) uuid: u64,
    pub(crate) short: u64,
    pub(crate) long: u64,
}

impl IdForms {
    pub(crate) fn see(&mut self, cell: &str, count: u64) {
        self.seen += count;
        match form_of(cell) {
            Some(IdForm::Email) => self.email += count,
            Some(IdForm::Uuid) => self.uuid += count,
            Some(IdForm::Short) => self.short += count,
            Some(IdForm::Long) => self.long += count,
            None => {}
        }
    }

    /// Returns whether so many of `present` cells have one form that the column is one of identifiers, with its name.
    pub(crate) fn name(&self, present: u64) -> Option<&'static str> {
        let nearly_all = |count: u64| count > 0 && count * 20 >= present * 19;
        if nearly_all(self.email) {
            Some("e-mail addresses")
        } else if nearly_all(self.uuid) {
            Some("UUIDs")
        } else if nearly_all(self.short + self.long) {
            Some("ids of Salesforce")
        } else {
            None
        }
    }
}

/// Returns the form of a trimmed cell.
pub(crate) fn form_of(cell: &str) -> Option<IdForm> {
    let bytes = cell.as_bytes();
    match bytes.len() {
        15 | 18 if is_salesforce(bytes) => Some(if bytes.len() == 15 { IdForm::Short } else { IdForm::Long }),
        36 if is_uuid(bytes) => Some(IdForm::Uuid),
        6..=254 if is_email(cell) => Some(IdForm::Email),
        _ => None,
    }
}

fn is_email(cell: &str) -> bool {
    let Some((before, domain)) = cell.split_once('@') else { return false };
    let is_word = |text: &str| !text.is_empty() && !text.bytes().any(|byte| byte <= b' ' || byte == b'@');
    is_word(before)
        && is_word(domain)
        && domain.rsplit_once('.').is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// Three characters of the object's kind, two of the instance, then the record's number, which begins with zeros or digits.
fn is_salesforce(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && bytes[..15].iter().filter(|byte| byte.is_ascii_digit()).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known() {
        assert_eq!(form_of("a.b@example.com"), Some(IdForm::Email));
        assert_eq!(form_of("6f9619ff-8b86-d011-b42d-00c04fc964ff"), Some(IdForm::Uuid));
        assert_eq!(form_of("00Q5g00000Abcde"), Some(IdForm::Short));
        assert_eq!(form_of("00Q5g00000AbcdeEAB"), Some(IdForm::Long));
        for text in ["somebody", "a@b", "internationally", "@example.com", "see a@b.com or c", ""] {
            assert_eq!(form_of(text), None, "{text}");
        }
    }
}
