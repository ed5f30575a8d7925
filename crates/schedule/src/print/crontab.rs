//! Lines for a table of cron's.

use std::fmt::Write;

use super::{Printed, refuse_modifiers};
use crate::error::Error;

/// Returns a line for each job. Cron makes nothing up that was missed.
pub fn crontab(printed: &Printed<'_>) -> Result<String, Error> {
    let mut text = "# For `crontab -e`. Cron does not make up for what is missed while the machine is off, and tries nothing again.\n\
                    # CRON_TZ is read by cronie (Fedora, Red Hat, Arch); the cron of Debian and Ubuntu takes the machine's time zone:\n\
                    # there, translate the times, or use `plumb scheduler`.\n"
        .to_owned();
    for job in printed.jobs {
        refuse_modifiers("cron", job)?;
        let command: Vec<String> = printed.arguments(job.job).into_iter().map(quoted).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "CRON_TZ={zone}\n{expression} {command}",
            zone = job.timing.time_zone(),
            expression = job.timing.expression(),
            command = command.join(" "),
        );
    }
    Ok(text)
}

/// Returns an argument as a shell reads it in a line of cron's, where `%` begins another line.
fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@+=,".contains(letter);
    match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', "'\\''")).replace('%', "\\%"),
    }
}
