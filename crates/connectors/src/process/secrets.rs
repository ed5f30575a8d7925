//! Values that no message may show.

use serde_json::Value;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Shorter values are not masked: they would blacken ordinary words.
const BYTES_MIN: usize = 6;

/// Parts of names whose values are secrets.
const NAMES: [&str; 9] =
    ["password", "passwd", "passphrase", "pwd", "token", "secret", "key", "credential", "authorization"];

/// The secrets of a configuration, in each form in which a program may print them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// The longest first, so that a secret that is part of another leaves no rest of it.
    values: Vec<String>,
}

impl Secrets {
    /// Adds all texts of a configuration whose field, or a field around it, has the name of a secret, and the passwords in
    /// addresses.
    pub(crate) fn add_config(&mut self, config: &Value) {
        self.add_value(config, false);
    }

    /// Adds a text if its name is that of a secret, and the password if it is an address.
    pub(crate) fn add_named(&mut self, name: &str, value: &str) {
        self.add_text(value, is_secret(name));
    }

    /// Returns a text without the secrets.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), MASK);
            }
        }
        masked
    }

    fn add_value(&mut self, value: &Value, is_inside: bool) {
        match value {
            Value::String(text) => self.add_text(text, is_inside),
            Value::Array(values) => values.iter().for_each(|value| self.add_value(value, is_inside)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.add_value(value, is_inside || is_secret(name));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add_text(&mut self, text: &str, is_secret: bool) {
        if is_secret {
            // A private key is printed a line at a time.
            for part in std::iter::once(text).chain(text.lines()) {
                self.add_forms(part.trim());
            }
        } else if let Some(password) = password_of_address(text) {
            self.add_forms(password);
        }
    }

    /// Adds a secret as it is, as JSON escapes it, and as an address encodes it.
    fn add_forms(&mut self, secret: &str) {
        let json = Value::from(secret).to_string();
        for form in [secret, &json[1..json.len() - 1], &percent_encoded(secret)] {
            if form.len() >= BYTES_MIN && !self.values.iter().any(|known| known == form) {
                self.values.push(form.to_owned());
            }
        }
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// Returns `secret` of `postgres://user:secret@host`.
fn password_of_address(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_in_every_form() {
        let mut secrets = Secrets::default();
        secrets.add_config(&json!({
            "Password": "p@ss\"word", "api_key": "abcdef", "pin_key": "12345", "user": "somebody",
            "credentials": {"refresh": ["1//refresh"]}, "url": "postgres://me:hidden-1@host/db",
        }));
        let text =
            r#"p@ss"word p@ss\"word p%40ss%22word abcdef 12345 somebody 1//refresh postgres://me:hidden-1@host/db"#;
        assert_eq!(secrets.mask(text), "*** *** *** *** 12345 somebody *** postgres://me:***@host/db");
    }

    #[test]
    fn a_private_key_is_masked_line_by_line() {
        let mut secrets = Secrets::default();
        secrets.add_config(&json!({"private_key": "-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----"}));
        assert_eq!(secrets.mask("read MIIEvQIBADAN"), "read ***");
    }

    #[test]
    fn a_secret_within_another_leaves_no_rest() {
        let mut secrets = Secrets::default();
        secrets.add_named("TOKEN", "secret-1");
        secrets.add_named("OTHER_TOKEN", "secret-1-and-more");
        assert_eq!(secrets.mask("it is secret-1-and-more"), "it is ***");
    }
}
