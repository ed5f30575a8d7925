//! Reports of the promotion gate as JUnit XML, which CI servers read: a suite for each target, a case for each check.

use crate::lifecycle::gate::{GateCheck, GateReport};

/// Returns the reports as JUnit XML.
pub(crate) fn junit(reports: &[GateReport]) -> String {
    let suites: String = reports.iter().map(suite).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plumb gate\">\n{suites}</testsuites>\n")
}

fn suite(report: &GateReport) -> String {
    let target = escaped(&report.target);
    let cases: String = report.checks.iter().map(|check| case(&target, check)).collect();
    let failures = report.checks.iter().filter(|check| !check.passed).count();
    format!(
        "  <testsuite name=\"{target}\" tests=\"{}\" failures=\"{failures}\">\n{cases}  </testsuite>\n",
        report.checks.len()
    )
}

fn case(target: &str, check: &GateCheck) -> String {
    let found = escaped(&check.found);
    let outcome = if check.passed {
        format!("<system-out>{found}</system-out>")
    } else {
        format!("<failure message=\"{found}\"/>")
    };
    format!("    <testcase classname=\"{target}\" name=\"{}\">{outcome}</testcase>\n", escaped(check.name))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junit_names_what_failed() {
        let check = |name, passed, found: &str| GateCheck { name, passed, found: found.into() };
        let checks = vec![check("reproduced", false, "rebuilt as `other`"), check("without leaks", true, "none")];
        let report = GateReport { target: "a<b".into(), champion: "x".into(), challenger: "y".into(), checks };
        assert!(!report.is_open());
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"plumb gate\">\n  \
              <testsuite name=\"a&lt;b\" tests=\"2\" failures=\"1\">\n    \
                <testcase classname=\"a&lt;b\" name=\"reproduced\"><failure message=\"rebuilt as `other`\"/></testcase>\n    \
                <testcase classname=\"a&lt;b\" name=\"without leaks\"><system-out>none</system-out></testcase>\n  \
              </testsuite>\n\
            </testsuites>\n";
        assert_eq!(junit(&[report]), expected);
    }
}
