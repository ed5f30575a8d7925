//! A project folder: `plumb.toml` and the files beside it. Secrets come from the environment, as `${NAME}`.

mod source;
mod span;
mod window;
mod environment;
mod list_columns;
mod webhook_config;
mod schedule_config;
mod config;
mod read_config;
mod target;
mod retrain;
mod message_catalog;
mod webhooks;
mod folder;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub(crate) use config::{Promote, StoreConfig};
pub(crate) use folder::Project;
pub(crate) use list_columns::ListColumns;
pub(crate) use retrain::Retrain;
pub(crate) use schedule_config::Schedule;
pub(crate) use target::Target;
pub(crate) use webhooks::{Secret, Webhook, Webhooks};
