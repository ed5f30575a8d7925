//! Folders: a copy of one, and a file written into one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// Writes a file and the folders that it lies in.
pub(crate) fn write(folder: &Path, file: &str, content: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
    fs::write(path, content).expect("the file can be written");
}

/// Writes a file that its owner alone may read.
pub(crate) fn write_secret(folder: &Path, file: &str, content: &str) {
    write(folder, file, content);
    fs::set_permissions(folder.join(file), Permissions::from_mode(0o600)).expect("the file is ours");
}

/// Replaces a text in a file, which has to have it.
#[track_caller]
pub(crate) fn replace(folder: &Path, file: &str, old: &str, new: &str) {
    let text = fs::read_to_string(folder.join(file)).expect("the file is there");
    assert!(text.contains(old), "`{old}` is not in {file}");
    write(folder, file, &text.replace(old, new));
}

/// Copies everything in a folder into another, which is made if need be.
pub(crate) fn copy(from: &Path, to: &Path) {
    // As the program makes its folders: for its user alone.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there").map(|entry| entry.expect("readable")) {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}
