//! Tables in, files out.
