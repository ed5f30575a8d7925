//! The server as its clients see it: a real one on a free port, and a real client.

mod support;
mod pages;
mod v1;
mod lists;
mod auth;
mod sagemaker;
mod other_protocols;
mod openapi;
mod languages;
mod variants;
mod generated_bodies;
mod overload;
mod cost;
mod fast_path;
mod slow_clients;
