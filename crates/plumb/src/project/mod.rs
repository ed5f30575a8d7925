//! A project folder: `plumb.toml` and the files beside it. Secrets come from the environment, as `${NAME}`.

mod span;
mod environment;
mod config;
mod read_config;
mod target;
mod message_catalog;
mod folder;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub(crate) use config::{Promote, StoreConfig};
pub(crate) use folder::Project;
pub(crate) use target::Target;
