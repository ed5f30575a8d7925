//! Services and timers for systemd.

use std::fmt::Write;

use croner::CronComponent;

use super::{Printed, refuse_modifiers, unit_name};
use crate::error::Error;
use crate::timing::JobTiming;

/// The days by systemd, Sunday first as in cron.
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Returns a service and a timer for each job, each under a line with its file. The timers make what was missed once
/// (`Persistent`), and systemd never runs a service twice at once.
pub fn systemd(printed: &Printed<'_>) -> Result<String, Error> {
    let mut text = "# Write each part to the file above it, then: systemctl daemon-reload, and systemctl enable --now for each timer.\n\
                    # Secrets belong into /etc/plumb/environment, which root alone may read.\n"
        .to_owned();
    for job in printed.jobs {
        let name = unit_name(job.job);
        let command: Vec<String> = printed.arguments(job.job).into_iter().map(quoted).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n# /etc/systemd/system/{name}.service\n\
             [Unit]\nDescription=Plumbline: {job}\nAfter=network-online.target\nWants=network-online.target\n\n\
             [Service]\nType=oneshot\nUser={user}\nEnvironmentFile=-/etc/plumb/environment\nExecStart={command}\n\n\
             # /etc/systemd/system/{name}.timer\n\
             [Unit]\nDescription=Plumbline: {job}, `{expression}` in {zone}\n\n\
             [Timer]\n{calendar}Persistent=true\nRandomizedDelaySec={jitter}\nFixedRandomDelay=true\nAccuracySec=1s\n\n\
             [Install]\nWantedBy=timers.target\n",
            job = job.job,
            user = printed.user,
            command = command.join(" "),
            expression = job.timing.expression(),
            zone = job.timing.time_zone(),
            calendar = calendar(job)?,
            jitter = printed.jitter.num_seconds(),
        );
    }
    Ok(text)
}

/// Returns an argument as a unit may have it.
fn quoted(argument: &str) -> String {
    let escaped = argument.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    match argument.contains(|letter: char| letter.is_whitespace() || "\"'\\;".contains(letter)) {
        true => format!("\"{escaped}\""),
        false => escaped,
    }
}

/// Returns the times of a job as lines `OnCalendar=`: two if cron's day is one of the month *or* one of the week.
fn calendar(job: &JobTiming) -> Result<String, Error> {
    refuse_modifiers("systemd", job)?;
    let pattern = &job.timing.cron().pattern;
    let hours = format!("{}:{}:00", values(&pattern.hours, 2), values(&pattern.minutes, 2));
    let date = |days: &str| format!("*-{}-{days}", values(&pattern.months, 2));
    let weekdays = || {
        let names = pattern.days_of_week.values().into_iter().filter_map(|day| WEEKDAYS.get(usize::from(day)));
        names.copied().collect::<Vec<_>>().join(",")
    };
    let days = values(&pattern.days, 2);
    let line = |weekdays: &str, days: &str| {
        let weekdays = if weekdays.is_empty() { String::new() } else { format!("{weekdays} ") };
        format!("OnCalendar={weekdays}{} {hours} {}\n", date(days), job.timing.time_zone())
    };
    Ok(match (pattern.is_dom_wildcard(), pattern.is_dow_wildcard()) {
        (_, true) => line("", &days),
        (true, false) => line(&weekdays(), "*"),
        (false, false) => line("", &days) + &line(&weekdays(), "*"),
    })
}

/// Returns the values of a field as a list, or `*`.
fn values(field: &CronComponent, digits: usize) -> String {
    let values = field.values();
    if values.len() == usize::from(field.max - field.min) + 1 {
        return "*".to_owned();
    }
    values.iter().map(|value| format!("{value:0digits$}")).collect::<Vec<_>>().join(",")
}
