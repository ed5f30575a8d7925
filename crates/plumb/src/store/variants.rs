//! The serving variants of a target beside its champion, and who changed them. The registry owns the rules; here is the SQL.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::Row;

use super::database::Store;
use super::timestamps::to_micros;

/// A serving variant of a target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    /// Its name, unique for a target.
    pub(crate) name: String,
    /// Its model; `None` is the champion, whichever model that is.
    pub(crate) model_id: Option<String>,
    /// Its share of the requests is this of the sum of all weights.
    pub(crate) weight: f64,
    /// Whether it scores in the shadow: its scores are recorded and not returned.
    pub(crate) shadow: bool,
}

impl Store {
    /// Returns the configured variants of a target, in the order of their names.
    pub(crate) async fn variants(&self, target: &str) -> Result<Vec<Variant>> {
        let rows = sqlx::query("SELECT name, model_id, weight, shadow FROM variant WHERE target = ? ORDER BY name")
            .bind(target);
        let rows = rows.fetch_all(&self.registry).await.context("cannot read the variants")?;
        rows.iter()
            .map(|row| {
                Ok(Variant {
                    name: row.try_get("name")?,
                    model_id: row.try_get("model_id")?,
                    weight: row.try_get("weight")?,
                    shadow: row.try_get("shadow")?,
                })
            })
            .collect()
    }

    /// Adds a variant, or changes the one of its name.
    pub(crate) async fn put_variant(&self, target: &str, variant: &Variant, by: &str, at: DateTime<Utc>) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO variant (target, name, model_id, weight, shadow) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (target, name) DO UPDATE SET
               model_id = excluded.model_id, weight = excluded.weight, shadow = excluded.shadow",
        )
        .bind(target)
        .bind(&variant.name)
        .bind(&variant.model_id)
        .bind(variant.weight)
        .bind(variant.shadow)
        .execute(&mut *transaction)
        .await
        .with_context(|| format!("cannot store variant `{}`", variant.name))?;
        let what = format!(
            "{} {} {}",
            variant.model_id.as_deref().unwrap_or("champion"),
            variant.weight,
            if variant.shadow { "shadow" } else { "answers" }
        );
        record_change(&mut transaction, target, &variant.name, &what, by, at).await?;
        transaction.commit().await.context("cannot commit a variant")?;
        self.change_registry_marker()
    }

    /// Removes a variant, and returns whether it was there.
    pub(crate) async fn remove_variant(&self, target: &str, name: &str, by: &str, at: DateTime<Utc>) -> Result<bool> {
        let mut transaction = self.write().await?;
        let removed = sqlx::query("DELETE FROM variant WHERE target = ? AND name = ?")
            .bind(target)
            .bind(name)
            .execute(&mut *transaction)
            .await
            .with_context(|| format!("cannot remove variant `{name}`"))?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        record_change(&mut transaction, target, name, "removed", by, at).await?;
        transaction.commit().await.context("cannot commit the removal of a variant")?;
        self.change_registry_marker()?;
        Ok(true)
    }
}

async fn record_change(
    transaction: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    target: &str,
    name: &str,
    what: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("INSERT INTO variant_change (target, name, what, changed_by, changed_at) VALUES (?, ?, ?, ?, ?)")
        .bind(target)
        .bind(name)
        .bind(what)
        .bind(by)
        .bind(to_micros(at))
        .execute(&mut **transaction)
        .await
        .context("cannot record the change of a variant")?;
    Ok(())
}
