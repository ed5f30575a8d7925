//! A company with the columns of the demo's, so that the demo's features can be computed for it.

use std::collections::BTreeMap;

use plumb_lake::{FeatureSql, SqlFile};

use crate::company::Company;

/// Includes a file of the demo's template project.
macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../demo/template/", $path))
    };
}

/// Makes a company of leads, events and outcomes, as JSON Lines.
pub(crate) fn company(rows: [&str; 3]) -> Company {
    Company::with_sources(
        sources(),
        "id,created_at,known_at,channel,industry,country,role,owner,employees,budget,experience_years,work_permit,\
         phone,email,first_outreach_at",
        "key,kind,detail,at,known_at,minutes,pages",
        rows,
    )
}

/// The demo's features. Outcomes count when they come within two and three days.
pub(crate) fn features() -> FeatureSql {
    FeatureSql {
        files: [
            ("1-behaviour.sql", template!("features/1-behaviour.sql")),
            ("2-profile.sql", template!("features/2-profile.sql")),
            ("3-rates.sql", template!("features/3-rates.sql")),
        ]
        .map(|(name, sql)| SqlFile { name: format!("features/{name}"), sql: sql.into() })
        .into(),
        horizons: BTreeMap::from([("converted".to_owned(), 2 * 86_400), ("approved".to_owned(), 3 * 86_400)]),
    }
}

fn sources() -> Vec<SqlFile> {
    [
        (
            "sources/lead.sql",
            "SELECT 'lead:' || id AS lead_key, created_at, known_at, channel, industry, country, role, owner,
                CAST(employees AS BIGINT) AS employees, CAST(budget AS DOUBLE) AS budget,
                CAST(experience_years AS BIGINT) AS experience_years, work_permit = 'yes' AS work_permit,
                phone, email, parse_timestamp(first_outreach_at) AS first_outreach_at, _origin
             FROM leads.records WHERE _skip IS NULL",
        ),
        (
            "sources/event.sql",
            "SELECT key AS lead_key, kind, detail, at, known_at, CAST(minutes AS DOUBLE) AS minutes,
                CAST(pages AS BIGINT) AS pages, _origin
             FROM events.records WHERE _skip IS NULL",
        ),
        (
            "sources/outcome.sql",
            "SELECT key AS lead_key, target, positive = 'yes' AS positive, at, known_at, _origin
             FROM outcomes.records WHERE _skip IS NULL",
        ),
    ]
    .map(|(name, sql)| SqlFile { name: name.into(), sql: sql.into() })
    .into()
}
