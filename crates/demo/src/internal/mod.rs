//! The internal database: applications by number, what was decided of them, and the placements that came of it.
//!
//! It knows applicants by the address they gave in the application, and sometimes by the CRM's number.

mod tables;
mod applications;
mod rows;

pub(crate) use applications::Applications;
