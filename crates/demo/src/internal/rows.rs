//! The rows of the internal database's tables.

use std::path::Path;

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection};

use super::applications::Applications;
use super::tables::{APPLICATIONS, DECISIONS, PLACEMENTS};
use crate::calendar::{DAY, END, Timestamp};
use crate::database::{Value, fill_postgres, fill_sqlite, open_sqlite};
use crate::journey::Decision;

impl Applications {
    /// Writes the three tables into a SQLite file.
    pub(crate) async fn write_sqlite(&self, path: &Path) -> Result<()> {
        let writing = || format!("cannot write `{}`", path.display());
        let mut connection = open_sqlite(path).await?;
        let mut transaction = connection.begin().await.with_context(writing)?;
        fill_sqlite(&mut transaction, &APPLICATIONS, self.application_rows()).await?;
        fill_sqlite(&mut transaction, &DECISIONS, self.decision_rows().into_iter()).await?;
        fill_sqlite(&mut transaction, &PLACEMENTS, self.placement_rows().into_iter()).await?;
        transaction.commit().await.with_context(writing)?;
        connection.close().await.with_context(writing)
    }

    /// Writes the three tables into PostgreSQL, all or nothing.
    pub(crate) async fn write_postgres(&self, url: &str) -> Result<()> {
        let mut connection = PgConnection::connect(url).await.context("cannot connect to the internal PostgreSQL")?;
        let mut transaction = connection.begin().await.context("cannot write to the internal PostgreSQL")?;
        fill_postgres(&mut transaction, &APPLICATIONS, self.application_rows()).await?;
        fill_postgres(&mut transaction, &DECISIONS, self.decision_rows().into_iter()).await?;
        fill_postgres(&mut transaction, &PLACEMENTS, self.placement_rows().into_iter()).await?;
        transaction.commit().await.context("cannot write to the internal PostgreSQL")
    }

    fn application_rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.applications.iter().enumerate().map(|(index, application)| {
            vec![
                number(index).into(),
                application.name.clone().into(),
                application.email.clone().into(),
                application.crm_ref.into(),
                Value::Timestamp(application.submitted_at),
                Value::Timestamp(application.recorded_at),
            ]
        })
    }

    fn decision_rows(&self) -> Vec<Vec<Value>> {
        let mut decisions = self.decisions();
        decisions.sort_by_key(|(_, _, _, recorded_at)| *recorded_at);
        let row = |((index, decision, reason, recorded_at), id): ((usize, Decision, &'static str, Timestamp), i64)| {
            vec![
                id.into(),
                number(index).into(),
                decision.approved.into(),
                reason.into(),
                Value::Timestamp(decision.at),
                Value::Timestamp(recorded_at),
            ]
        };
        decisions.into_iter().zip(1..).map(row).collect()
    }

    fn placement_rows(&self) -> Vec<Vec<Value>> {
        let approved = self.decisions().into_iter().filter(|(_, decision, ..)| decision.approved);
        let row = |((index, decision, _, recorded_at), id): ((usize, Decision, &'static str, Timestamp), i64)| {
            vec![
                id.into(),
                number(index).into(),
                self.applications[index].fee.into(),
                Value::Timestamp(decision.at + 30 * DAY),
                Value::Timestamp(recorded_at),
            ]
        };
        approved.zip(1..).map(row).collect()
    }

    fn decisions(&self) -> Vec<(usize, Decision, &'static str, Timestamp)> {
        let applications = self.applications.iter().enumerate();
        applications
            .filter_map(|(index, application)| {
                application.decision.map(|(decision, recorded_at, reason)| (index, decision, reason, recorded_at))
            })
            .filter(|(_, _, _, recorded_at)| *recorded_at < END)
            .collect()
    }
}

fn number(index: usize) -> String {
    format!("A-{:06}", 100_001 + index)
}
