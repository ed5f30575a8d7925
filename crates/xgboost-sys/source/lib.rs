//! Empty: only the manifest beside this file is of use.
