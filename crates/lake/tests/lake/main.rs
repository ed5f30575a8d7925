//! The lake through its public functions: small files in, relations, features and labels out.

mod company;
mod demo_project;
mod random_company;
mod generated;
mod relations;
mod change_detection;
mod data_folder;
mod one_snapshot;
mod features;
mod feature_file;
mod dataset;
mod rows;
mod time_travel;
mod request_equals_batch;
mod reference_query;
mod sql_errors;
mod sql_fence;
mod sql_limits;
mod nested_sql;
mod feature_limits;
mod malformed_input;
mod bombs;
mod file_sources;
mod parsed_cells;
mod ground_notes;
mod table_records;
