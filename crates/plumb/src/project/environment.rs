//! Secrets in `plumb.toml`: `${NAME}` is the value of an environment variable.

/// Why a text with names of variables has no value. No value of any is ever shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoValue {
    /// The text is wrong, whatever the environment has.
    #[error("`${{` is never closed: expected `${{NAME}}`")]
    NeverClosed,
    /// The environment has no variable of this name.
    #[error("environment variable `{0}` is not set; export it first")]
    NotSet(String),
}

/// Returns the text with every `${NAME}` replaced.
pub(super) fn with_environment(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, NoValue> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, after) = after.split_once('}').ok_or(NoValue::NeverClosed)?;
        filled.push_str(before);
        filled.push_str(&value(variable).ok_or_else(|| NoValue::NotSet(variable.to_owned()))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let filled = with_environment(text, |name| (name == "HOST").then(|| "db.example".to_owned()));
        let filled = filled.map_err(|error| error.to_string());
        assert_eq!(filled.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn secrets_come_from_the_environment() {
        check("postgres://${HOST}/internal", Ok("postgres://db.example/internal"));
        check("crm.db", Ok("crm.db"));
        check("${NOBODY}", Err("environment variable `NOBODY` is not set; export it first"));
        check("${HOST", Err("`${` is never closed: expected `${NAME}`"));
    }
}
