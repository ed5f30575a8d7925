//! What a simulated disk would hold after a power loss: of each file and folder the durable content, and the changes since
//! then that nobody has forced, which may be lost, torn, or survive without those before them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A disk writes this many bytes as a whole.
const SECTOR_BYTES: usize = 512;

/// A file or a folder, by its place in [`Disk::nodes`].
pub(crate) type NodeId = usize;

/// The root folder.
const ROOT: NodeId = 0;

/// A disk, as it would be after a power loss.
pub(crate) struct Disk {
    nodes: Vec<Node>,
    /// What each was called at first, without what differs between two runs of a seed: its ending, or its name.
    kinds: Vec<String>,
    /// Counts the changes of names: the two halves of a rename share a number, and happen both or not at all.
    steps: u64,
}

/// What a power loss leaves of a folder's content, by path: the bytes of a file, `None` for a folder.
pub(crate) type Image = BTreeMap<PathBuf, Option<Vec<u8>>>;

enum Node {
    File(File),
    Folder(Folder),
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    unforced: Vec<Change>,
}

struct Change {
    kind: ChangeKind,
    /// Whether a failed sync dropped it: the system then forgets that it was never written, and a later sync that
    /// succeeds does not bring it back.
    dropped: bool,
}

enum ChangeKind {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

#[derive(Default)]
struct Folder {
    durable: BTreeMap<OsString, NodeId>,
    /// What programs see now.
    entries: BTreeMap<OsString, NodeId>,
    unforced: Vec<EntryChange>,
}

#[derive(Clone)]
struct EntryChange {
    name: OsString,
    /// What the name means from then on; `None`: nothing.
    node: Option<NodeId>,
    step: u64,
}

impl Disk {
    /// Reads a folder, all of which counts as durable.
    pub(crate) fn of(folder: &Path) -> io::Result<Disk> {
        let mut disk = Disk { nodes: vec![Node::Folder(Folder::default())], kinds: vec!["root".to_owned()], steps: 0 };
        disk.read_folder(folder, ROOT)?;
        Ok(disk)
    }

    fn read_folder(&mut self, path: &Path, id: NodeId) -> io::Result<()> {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let child = if entry.file_type()?.is_dir() {
                let child = self.add(Node::Folder(Folder::default()), &entry.path());
                self.read_folder(&entry.path(), child)?;
                child
            } else {
                self.add(
                    Node::File(File { durable: std::fs::read(entry.path())?, unforced: Vec::new() }),
                    &entry.path(),
                )
            };
            let folder = self.folder(id);
            folder.durable.insert(entry.file_name(), child);
            folder.entries.insert(entry.file_name(), child);
        }
        Ok(())
    }

    fn add(&mut self, node: Node, path: &Path) -> NodeId {
        self.nodes.push(node);
        self.kinds.push(kind_of(path));
        self.nodes.len() - 1
    }

    /// Returns what a file or folder was called at first, for a trace.
    pub(crate) fn kind(&self, id: NodeId) -> &str {
        &self.kinds[id]
    }

    /// Returns what a path, relative to the root, means now.
    pub(crate) fn find(&self, path: &Path) -> Option<NodeId> {
        path.iter().try_fold(ROOT, |id, name| match &self.nodes[id] {
            Node::Folder(folder) => folder.entries.get(name).copied(),
            Node::File(_) => None,
        })
    }

    /// Records that a file was created.
    pub(crate) fn create_file(&mut self, path: &Path) -> Option<NodeId> {
        let file = self.add(Node::File(File::default()), path);
        self.set_entry(path, Some(file)).then_some(file)
    }

    /// Records that a folder was created.
    pub(crate) fn create_folder(&mut self, path: &Path) {
        let folder = self.add(Node::Folder(Folder::default()), path);
        self.set_entry(path, Some(folder));
    }

    /// Records that a name was removed.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.set_entry(path, None);
    }

    /// Records a rename, which a power loss leaves done or not done.
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        if let Some(node) = self.find(from) {
            self.set_entry(from, None);
            self.steps -= 1;
            self.set_entry(to, Some(node));
        }
    }

    fn set_entry(&mut self, path: &Path, node: Option<NodeId>) -> bool {
        let (Some(name), Some(parent)) = (path.file_name(), path.parent().and_then(|parent| self.find(parent))) else {
            return false;
        };
        self.steps += 1;
        let step = self.steps;
        let folder = self.folder(parent);
        set(&mut folder.entries, name, node);
        folder.unforced.push(EntryChange { name: name.to_owned(), node, step });
        true
    }

    /// Records a write.
    pub(crate) fn write(&mut self, id: NodeId, offset: usize, bytes: Vec<u8>) {
        self.change(id, ChangeKind::Write { offset, bytes });
    }

    /// Records a change of a file's length.
    pub(crate) fn resize(&mut self, id: NodeId, length: usize) {
        self.change(id, ChangeKind::Resize(length));
    }

    fn change(&mut self, id: NodeId, kind: ChangeKind) {
        if let Node::File(file) = &mut self.nodes[id] {
            file.unforced.push(Change { kind, dropped: false });
        }
    }

    /// Records that a file, or the names in a folder, were forced to the disk.
    pub(crate) fn force(&mut self, id: NodeId) {
        match &mut self.nodes[id] {
            Node::File(file) => {
                for change in std::mem::take(&mut file.unforced) {
                    if !change.dropped {
                        change.kind.apply(&mut file.durable);
                    }
                }
                if self.is_database(id) {
                    self.force_name_of(id);
                }
            }
            Node::Folder(folder) => {
                let steps: Vec<u64> = std::mem::take(&mut folder.unforced)
                    .into_iter()
                    .map(|change| {
                        set(&mut folder.durable, &change.name, change.node);
                        change.step
                    })
                    .collect();
                self.force_other_halves(&steps);
            }
        }
    }

    /// Returns whether a file is SQLite's.
    fn is_database(&self, id: NodeId) -> bool {
        self.kinds[id].starts_with("db")
    }

    /// Forces the name of a new file with it, as common file systems do. SQLite rests on that: the process that creates a log
    /// forces its folder, but another may commit to the log before.
    fn force_name_of(&mut self, id: NodeId) {
        let mut steps = Vec::new();
        for node in &mut self.nodes {
            let Node::Folder(folder) = node else { continue };
            let Some(name) = folder.unforced.iter().find(|change| change.node == Some(id)).map(|own| own.name.clone())
            else {
                continue;
            };
            let (forced, unforced): (Vec<EntryChange>, Vec<EntryChange>) =
                std::mem::take(&mut folder.unforced).into_iter().partition(|change| change.name == name);
            folder.unforced = unforced;
            for change in forced {
                set(&mut folder.durable, &change.name, change.node);
                steps.push(change.step);
            }
        }
        self.force_other_halves(&steps);
    }

    /// Forces the halves of renames that lie in another folder.
    fn force_other_halves(&mut self, steps: &[u64]) {
        for node in &mut self.nodes {
            let Node::Folder(folder) = node else { continue };
            let (forced, unforced) =
                std::mem::take(&mut folder.unforced).into_iter().partition(|change| steps.contains(&change.step));
            folder.unforced = unforced;
            let forced: Vec<EntryChange> = forced;
            for change in forced {
                set(&mut folder.durable, &change.name, change.node);
            }
        }
    }

    /// Records that a sync of a file failed: any of what it should have forced may be dropped, as Linux does.
    ///
    /// Not of a database: SQLite takes what it reads back for written, so that what is committed after such an error may
    /// be lost with it. It promises nothing there, and so do we (docs/reliability.md).
    pub(crate) fn fail_force(&mut self, id: NodeId, random: &mut ChaCha8Rng) {
        if self.is_database(id) {
            return;
        }
        if let Node::File(file) = &mut self.nodes[id] {
            file.unforced.iter_mut().for_each(|change| change.dropped |= random.random::<bool>());
        }
    }

    /// Returns what a power loss leaves now.
    pub(crate) fn after_power_loss(&self, random: &mut ChaCha8Rng) -> Image {
        let kept: Vec<bool> = (0..=self.steps).map(|_| random.random()).collect();
        let mut image = Image::new();
        self.add_to_image(ROOT, Path::new(""), &kept, random, &mut image);
        image
    }

    fn add_to_image(&self, id: NodeId, path: &Path, kept: &[bool], random: &mut ChaCha8Rng, image: &mut Image) {
        match &self.nodes[id] {
            Node::File(file) => {
                image.insert(path.to_owned(), Some(file.after_power_loss(random)));
            }
            Node::Folder(folder) => {
                image.insert(path.to_owned(), None);
                let mut entries = folder.durable.clone();
                for change in folder.unforced.iter().filter(|change| kept[change.step as usize]) {
                    set(&mut entries, &change.name, change.node);
                }
                for (name, child) in entries {
                    self.add_to_image(child, &path.join(name), kept, random, image);
                }
            }
        }
    }

    fn folder(&mut self, id: NodeId) -> &mut Folder {
        match &mut self.nodes[id] {
            Node::Folder(folder) => folder,
            Node::File(_) => unreachable!("the system refuses a file where it needs a folder before we are told"),
        }
    }
}

/// Returns the ending of a name, or the name if it has none; of a temporary one, what comes before its random part.
pub(crate) fn kind_of(path: &Path) -> String {
    let name = path.extension().or_else(|| path.file_name()).unwrap_or_default().to_string_lossy().into_owned();
    match name.split_once('-') {
        Some((kind, _)) if kind.starts_with('.') => kind.to_owned(),
        _ => name,
    }
}

impl File {
    /// Returns the durable bytes with some of the changes since then: whole, torn between sectors, or not at all.
    fn after_power_loss(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in self.unforced.iter().filter(|change| !change.dropped) {
            match (random.random_range(0..5), &change.kind) {
                (0 | 1, kind) => kind.apply(&mut bytes),
                (2, ChangeKind::Write { offset, bytes: written }) => {
                    for (index, sector) in written.chunks(SECTOR_BYTES).enumerate() {
                        if random.random() {
                            overwrite(&mut bytes, offset + index * SECTOR_BYTES, sector);
                        }
                    }
                }
                _ => {}
            }
        }
        bytes
    }
}

impl ChangeKind {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            ChangeKind::Write { offset, bytes } => overwrite(content, *offset, bytes),
            ChangeKind::Resize(length) => content.resize(*length, 0),
        }
    }
}

fn overwrite(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn set(entries: &mut BTreeMap<OsString, NodeId>, name: &OsStr, node: Option<NodeId>) {
    match node {
        Some(node) => entries.insert(name.to_owned(), node),
        None => entries.remove(name),
    };
}
