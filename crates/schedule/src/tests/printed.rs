//! What is printed for other programs.

use chrono::TimeDelta;

use super::{job, timing};
use crate::print::{Printed, crontab, kubernetes, systemd};
use crate::{Job, JobTiming};

fn printed(jobs: &[JobTiming]) -> Printed<'_> {
    Printed {
        jobs,
        jitter: TimeDelta::minutes(5),
        program: "/usr/bin/plumb",
        project: "/srv/the shop/100%",
        data: None,
        user: "plumb",
    }
}

fn of(job: Job, expression: &str) -> JobTiming {
    JobTiming { job, timing: timing(expression, "Europe/Berlin"), offset: TimeDelta::zero() }
}

#[test]
fn systemd_gets_a_service_and_a_timer_for_each_job() {
    let text = systemd(&printed(&[of(Job::BackUp, "30 5 * * 1-5")])).expect("it can say that");
    assert_eq!(
        text,
        r#"# Write each part to the file above it, then: systemctl daemon-reload, and systemctl enable --now for each timer.
# Secrets belong into /etc/plumb/environment, which root alone may read.

# /etc/systemd/system/plumb-back-up.service
[Unit]
Description=Plumbline: back_up
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User=plumb
EnvironmentFile=-/etc/plumb/environment
ExecStart=/usr/bin/plumb push --wait --project "/srv/the shop/100%%"

# /etc/systemd/system/plumb-back-up.timer
[Unit]
Description=Plumbline: back_up, `30 5 * * 1-5` in Europe/Berlin

[Timer]
OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 05:30:00 Europe/Berlin
Persistent=true
RandomizedDelaySec=300
FixedRandomDelay=true
AccuracySec=1s

[Install]
WantedBy=timers.target
"#
    );
}

#[test]
fn systemd_has_the_times_of_cron() {
    let calendar = |expression: &str| -> Vec<String> {
        let text = systemd(&printed(&[of(Job::Ingest, expression)])).expect("it can say that");
        let lines = text.lines().filter_map(|line| line.strip_prefix("OnCalendar="));
        lines.map(|line| line.trim_end_matches(" Europe/Berlin").to_owned()).collect()
    };
    assert_eq!(calendar("* * * * *"), ["*-*-* *:*:00"]);
    assert_eq!(calendar("*/20 8-10 * * *"), ["*-*-* 08,09,10:00,20,40:00"]);
    assert_eq!(calendar("0 0 1 1,7 *"), ["*-01,07-01 00:00:00"]);
    assert_eq!(calendar("@weekly"), ["Sun *-*-* 00:00:00"]);
    assert_eq!(calendar("0 0 1 * MON"), ["*-*-01 00:00:00", "Mon *-*-* 00:00:00"]);
}

#[test]
fn kubernetes_gets_a_cron_job_for_each() {
    let text =
        kubernetes(&printed(&[of(Job::Score, "0 6 * * *"), of(Job::BackUp, "0 7 * * *")])).expect("it can say that");
    assert_eq!(text.matches("kind: CronJob").count(), 2);
    for line in [
        "  name: plumb-back-up\n",
        "  schedule: \"0 6 * * *\"\n  timeZone: \"Europe/Berlin\"\n  concurrencyPolicy: Forbid\n",
        "              command: [\"/usr/bin/plumb\", \"score\", \"--wait\", \"--project\", \"/srv/the shop/100%\"]\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn cron_gets_a_line_for_each_job_with_its_time_zone_before() {
    let data = Printed { data: Some("/data/it's"), ..printed(&[]) };
    let jobs = [of(Job::Monitor, "0 6 * * MON")];
    let text = crontab(&Printed { jobs: &jobs, ..data }).expect("it can say that");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "CRON_TZ=Europe/Berlin",
            r"0 6 * * MON /usr/bin/plumb monitor --wait --project '/srv/the shop/100\%' --data '/data/it'\''s'"
        ]
    );
}

#[test]
fn what_they_cannot_say_is_refused() {
    for expression in ["0 5 L * *", "0 5 15W * *", "0 5 * * 5#2", "0 5 * * 5L", "0 5 1 * +1"] {
        let jobs = [job(expression, "UTC")];
        for print in [systemd, kubernetes, crontab] {
            let error = print(&printed(&jobs)).expect_err("it has no counterpart").to_string();
            assert!(error.contains(expression) && error.contains("use `plumb scheduler`"), "{error}");
        }
    }
}
