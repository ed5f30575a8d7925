//! Connectors beside real programs and servers, and programs of our own that misbehave.

mod support;
mod singer;
mod airbyte;
mod crm;
mod hubspot;
mod salesforce;
mod databases;
