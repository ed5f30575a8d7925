//! Secrets in `plumb.toml`: `${NAME}` is the value of an environment variable.

use anyhow::{Context, Result, bail};

/// Returns the text with every `${NAME}` replaced; a variable that is not set is an error, and no value is ever shown.
pub(super) fn with_environment(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            bail!("`${{` is never closed: expected `${{NAME}}`");
        };
        filled.push_str(before);
        filled.push_str(
            &value(variable)
                .with_context(|| format!("environment variable `{variable}` is not set; export it first"))?,
        );
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
