//! Manifests for Kubernetes.

use std::fmt::Write;

use super::{Printed, refuse_modifiers, unit_name};
use crate::error::Error;

/// A run that could not begin for so long is not begun any more, in seconds: its next one comes. Less than a day, as
/// Kubernetes looks back no further than a hundred due times.
const DEADLINE_SECONDS: u32 = 3_600;

/// Returns a CronJob for each job. Kubernetes begins none while the one before runs (`Forbid`).
pub fn kubernetes(printed: &Printed<'_>) -> Result<String, Error> {
    let mut text = "# One CronJob for each job. Name your image, the claim of the volume with the project and its data, and the secret\n\
                    # with the variables that plumb.toml reads. The volume's locks have to work on all nodes.\n"
        .to_owned();
    for job in printed.jobs {
        refuse_modifiers("Kubernetes", job)?;
        let command: Vec<String> = printed.arguments(job.job).into_iter().map(quoted).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "---\n\
             apiVersion: batch/v1\n\
             kind: CronJob\n\
             metadata:\n  name: {name}\n\
             spec:\n  schedule: {schedule}\n  timeZone: {zone}\n  concurrencyPolicy: Forbid\n  \
             startingDeadlineSeconds: {DEADLINE_SECONDS}\n  jobTemplate:\n    spec:\n      backoffLimit: 3\n      template:\n        \
             spec:\n          restartPolicy: Never\n          containers:\n            - name: plumb\n              \
             image: plumb:latest\n              command: [{command}]\n              envFrom:\n                \
             - secretRef: {{ name: plumb }}\n              volumeMounts:\n                \
             - {{ name: project, mountPath: {project} }}\n          volumes:\n            - name: project\n              \
             persistentVolumeClaim: {{ claimName: plumb }}\n",
            name = unit_name(job.job),
            schedule = quoted(job.timing.expression()),
            zone = quoted(job.timing.time_zone()),
            command = command.join(", "),
            project = quoted(printed.project),
        );
    }
    Ok(text)
}

/// Returns a text as YAML has it between double quotes, which is as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
