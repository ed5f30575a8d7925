//! `plumb quick` and `plumb score FILE` on files as people have them: a kind of file each.

mod leads;
mod european;
mod salesforce;
mod formatted_numbers;
mod headers;
mod statuses;
mod formats;
mod time;
