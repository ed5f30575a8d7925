//! What an object has, and the streams that it becomes.

use serde::Deserialize;

use crate::error::Error;
use crate::http::encoded;
use crate::salesforce::api::Api;
use crate::salesforce::config::SalesforceObject;
use crate::sink::Sink;
use crate::stream::{Column, Stream};

/// An object and what is read of it.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) object: SalesforceObject,
    /// The name of its stream: `opportunity_field_history`.
    pub(crate) stream: String,
    /// The fields that are columns.
    pub(crate) fields: Vec<String>,
    /// Which of them are ids.
    pub(crate) ids: Vec<bool>,
    /// The field that dates the last change; of what never changes, the creation.
    pub(crate) modified: &'static str,
    /// Whether Salesforce tells its deletes.
    pub(crate) has_deletes: bool,
}

#[derive(Deserialize)]
struct Description {
    fields: Vec<Field>,
    #[serde(default)]
    replicateable: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    compound_field_name: Option<String>,
    #[serde(default)]
    calculated: bool,
}

impl Field {
    /// Whether its parts are fields of their own.
    fn is_compound(&self) -> bool {
        matches!(self.kind.as_str(), "address" | "location")
    }
}

impl Layout {
    /// Asks Salesforce for an object's fields, and chooses among them. One that is named and not shown is an error.
    pub(crate) async fn find(api: &Api<'_>, object: &SalesforceObject, sink: &mut dyn Sink) -> Result<Layout, Error> {
        let what = format!("the fields of `{}`", object.name);
        let answer = api.get(&what, &format!("sobjects/{}/describe", encoded(&object.name))).await?;
        let Description { fields, replicateable } = answer.json(&what)?;
        let usable: Vec<_> = fields.iter().filter(|field| !field.is_compound() && field.kind != "base64").collect();
        let names: Vec<_> = usable.iter().map(|field| field.name.clone()).collect();
        let (mut chosen, missing) = object.fields.chosen(&names);
        if !missing.is_empty() {
            return Err(missing_error(object, &fields, &missing));
        }
        say_files(object, &fields, sink);
        let modified = ["SystemModstamp", "LastModifiedDate", "CreatedDate"]
            .into_iter()
            .find(|date| names.iter().any(|name| name == date));
        let modified = modified.ok_or_else(|| {
            let what = format!("`{}` has no date of a change that this user may see", object.name);
            Error::new(what, "leave the object out, or give the user the right to its `SystemModstamp`")
        })?;
        for name in ["Id", modified, "IsDeleted", "MasterRecordId"] {
            if names.iter().any(|there| there == name) && !chosen.iter().any(|there| there == name) {
                chosen.push(name.to_owned());
            }
        }
        say_formulas(object, &usable, &chosen, sink);
        let is_id = |name: &String| {
            usable.iter().any(|field| field.name == *name && matches!(field.kind.as_str(), "id" | "reference"))
        };
        let ids = chosen.iter().map(is_id).collect();
        Ok(Layout {
            object: object.clone(),
            stream: snake(&object.name),
            fields: chosen,
            ids,
            modified,
            has_deletes: replicateable,
        })
    }

    /// Returns the streams of the object.
    pub(crate) fn streams(&self, is_whole: bool) -> Vec<Stream> {
        let columns = self.fields.iter().map(Column::text).collect();
        let mut streams = vec![Stream { name: self.stream.clone(), columns, key: vec!["Id".into()], is_whole }];
        if self.has_merges() {
            let id = format!("{}_id", self.stream);
            let columns = [&id, "merged_id", "merged_at"].map(Column::text).to_vec();
            streams.push(Stream { name: self.merges(), columns, key: vec![id, "merged_id".into()], is_whole: false });
        }
        streams
    }

    pub(crate) fn has_merges(&self) -> bool {
        self.fields.iter().any(|name| name == "MasterRecordId")
    }

    pub(crate) fn merges(&self) -> String {
        format!("{}_merges", self.stream)
    }
}

/// Returns the error of fields that are named and not there.
fn missing_error(object: &SalesforceObject, fields: &[Field], missing: &[String]) -> Error {
    let mut way_out = String::from("look at the API name and at the field's visibility for the user's profile");
    for name in missing {
        let parts: Vec<_> = fields
            .iter()
            .filter(|field| field.compound_field_name.as_ref() == Some(name))
            .map(|field| format!("`{}`", field.name))
            .collect();
        if !parts.is_empty() {
            way_out.push_str(&format!("; in place of `{name}`, name its parts {}", parts.join(", ")));
        }
    }
    let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
    Error::new(
        format!("`{}` has no field {} that this user may see and a query can give", object.name, names.join(", ")),
        way_out,
    )
}

/// Says which fields have files in them, which are left out.
fn say_files(object: &SalesforceObject, fields: &[Field], sink: &mut dyn Sink) {
    for field in fields.iter().filter(|field| field.kind == "base64") {
        sink.note(
            &snake(&object.name),
            Some(&field.name),
            1,
            format!("`{}` has files in it, and is left out", field.name),
            "nothing is to be done".into(),
        );
    }
}

/// Says which columns are formulas: their values change without a change of their record.
fn say_formulas(object: &SalesforceObject, fields: &[&Field], chosen: &[String], sink: &mut dyn Sink) {
    let formulas = fields.iter().filter(|field| field.calculated && chosen.contains(&field.name));
    let names: Vec<_> = formulas.map(|field| format!("`{}`", field.name)).collect();
    let Ok(count @ 1..) = u64::try_from(names.len()) else { return };
    let what = format!("formulas, whose values are those of their record's last change: {}", names.join(", "));
    sink.note(
        &snake(&object.name),
        None,
        count,
        what,
        "compute them in SQL, or run the source in full now and then".into(),
    );
}

/// Returns a name in small letters with lines between its words.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_small {
            out.push('_');
        }
        was_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_the_names_of_objects_in_small_letters() {
        let names = ["Lead", "OpportunityFieldHistory", "Visit__c", "Visit__History", "CampaignMember"].map(snake);
        assert_eq!(names, ["lead", "opportunity_field_history", "visit__c", "visit__history", "campaign_member"]);
    }
}
