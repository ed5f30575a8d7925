//! Tables as the usual loaders land them, and exports as the usual CRMs write them: what their columns are called.

mod preset;
mod loaders;
mod crms;

pub use preset::Preset;
pub(crate) use preset::normalised;

/// Returns all presets: the loaders, then the exports.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    loaders::LOADERS.iter().chain(crms::CRMS.iter())
}

/// Returns the preset of a name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().find(|preset| preset.name == name)
}

/// Returns the presets that a table is recognised by: at most one loader, and one CRM.
pub(crate) fn recognised<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<&'static Preset> {
    let names: Vec<String> = columns.map(normalised).collect();
    let known =
        |preset: &&'static Preset| preset.roles.iter().filter(|(name, _)| names.contains(&normalised(name))).count();
    let best = |presets: &'static [Preset]| presets.iter().filter(|preset| preset.is_of(&names)).max_by_key(known);
    best(&loaders::LOADERS).into_iter().chain(best(&crms::CRMS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column_role::ColumnRole;

    #[track_caller]
    fn check(header: &str, expected: &[&str]) {
        let found: Vec<&str> = recognised(header.split(',')).iter().map(|preset| preset.name).collect();
        assert_eq!(found, expected, "{header}");
    }

    #[track_caller]
    fn check_role(preset_name: &str, column: &str, expected: ColumnRole) {
        let preset = preset(preset_name).expect("a preset");
        assert_eq!(preset.role_of(&normalised(column)), Some(expected), "{preset_name}: {column}");
    }

    #[test]
    fn loaders_are_recognised_by_their_columns() {
        check("id,email,_fivetran_synced,_fivetran_deleted", &["fivetran"]);
        check("id,email,_airbyte_raw_id,_airbyte_extracted_at,_ab_cdc_deleted_at", &["airbyte"]);
        check("id,email,_dlt_load_id,_dlt_id", &["dlt"]);
        check("id,email,_sdc_extracted_at,_sdc_deleted_at,_sdc_sequence", &["singer"]);
        check("id,email,synced", &[]);
        check("contact_id,name,value,source,source_id,timestamp,_fivetran_synced", &["fivetran"]);
    }

    #[test]
    fn exports_are_recognised_by_their_columns() {
        check("Record ID,First Name,Email,Create Date,Lifecycle Stage,Became a customer date", &["hubspot"]);
        check("Lead ID,Create Date,Company / Account,Lead Status,Converted", &["salesforce"]);
        check("Id,CreatedDate,LeadSource,Status,IsConverted,ConvertedDate", &["salesforce"]);
        check("(Do Not Modify) Lead,Topic,Created On,Status Reason", &["dynamics"]);
        check("leadid,createdon,statecode,statuscode,emailaddress1", &["dynamics"]);
        check("Deal - ID,Deal - Title,Deal - Status,Deal - Deal created,Deal - Won time", &["pipedrive"]);
        check("Record Id,Lead Owner,Email,Lead Status,Created Time,Modified Time", &["zoho"]);
        check("Id,Email Address,Created At,Acquisition Program,Lead Score", &["marketo"]);
        check("id,name,created_at", &[]);
    }

    #[test]
    fn a_loader_and_a_crm_are_recognised_together() {
        check("vid,createdate,lifecyclestage,_fivetran_synced", &["fivetran", "hubspot"]);
        check("Id,CreatedDate,LeadSource,IsConverted,ConvertedDate,_sdc_extracted_at", &["singer", "salesforce"]);
    }

    #[test]
    fn presets_say_what_columns_are_for() {
        check_role("fivetran", "_fivetran_synced", ColumnRole::Loaded);
        check_role("fivetran", "_fivetran_deleted", ColumnRole::Deleted);
        check_role("fivetran", "_fivetran_id", ColumnRole::Bookkeeping);
        check_role("singer", "_sdc_deleted_at", ColumnRole::Deleted);
        check_role("hubspot", "Became a Customer Date", ColumnRole::ConvertedAt);
        check_role("salesforce", "IsConverted", ColumnRole::Converted);
        check_role("salesforce", "ConvertedOpportunityId", ColumnRole::After);
        check_role("dynamics", "statecode", ColumnRole::Status);
        check_role("pipedrive", "Deal - Lost reason", ColumnRole::After);
        check_role("zoho", "Converted Date Time", ColumnRole::ConvertedAt);
        check_role("marketo", "updatedAt", ColumnRole::Updated);
    }

    #[test]
    fn presets_have_names_of_their_own_and_signs_of_columns_that_they_know_or_that_say_much() {
        let mut names: Vec<&str> = presets().map(|preset| preset.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), presets().count());
        assert!(presets().all(|preset| preset.signs.iter().all(|sign| !sign.is_empty())));
    }
}
