//! Loaders: they copy tables of a system into a database, and add columns of their own.

use super::preset::Preset;
use crate::column_role::ColumnRole::{Bookkeeping, Deleted, Loaded, ValidFrom};

/// Fivetran, Airbyte, dlt and Singer's targets.
pub(super) static LOADERS: [Preset; 4] = [
    Preset {
        name: "fivetran",
        title: "Fivetran",
        signs: &[&["_fivetran_synced"], &["_fivetran_start", "_fivetran_end"]],
        roles: &[
            ("_fivetran_synced", Loaded),
            ("_fivetran_deleted", Deleted),
            ("_fivetran_start", ValidFrom),
            ("_fivetran_end", Bookkeeping),
            ("_fivetran_active", Bookkeeping),
        ],
        prefix: &["_fivetran_"],
        statuses: &[],
        own_tables: &["fivetran_audit", "fivetran_log"],
    },
    Preset {
        name: "airbyte",
        title: "Airbyte",
        signs: &[&["_airbyte_extracted_at"], &["_airbyte_emitted_at"], &["_airbyte_raw_id"]],
        roles: &[("_airbyte_extracted_at", Loaded), ("_airbyte_emitted_at", Loaded), ("_ab_cdc_deleted_at", Deleted)],
        prefix: &["_airbyte_", "_ab_"],
        statuses: &[],
        own_tables: &["_airbyte_destination_state"],
    },
    Preset {
        name: "dlt",
        title: "dlt",
        signs: &[&["_dlt_load_id"], &["_dlt_id"]],
        roles: &[("_dlt_load_id", Loaded), ("_dlt_valid_from", ValidFrom), ("_dlt_valid_to", Bookkeeping)],
        prefix: &["_dlt_"],
        statuses: &[],
        own_tables: &["_dlt_loads", "_dlt_version", "_dlt_pipeline_state"],
    },
    Preset {
        name: "singer",
        title: "a Singer target",
        signs: &[&["_sdc_extracted_at"], &["_sdc_received_at"], &["_sdc_batched_at"]],
        roles: &[("_sdc_extracted_at", Loaded), ("_sdc_received_at", Loaded), ("_sdc_deleted_at", Deleted)],
        prefix: &["_sdc_"],
        statuses: &[],
        own_tables: &["_sdc_rejected", "_sdc_primary_keys"],
    },
];
