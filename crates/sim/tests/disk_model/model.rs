//! A disk as naive as can be: a durable state, and a list of everything done since.

use std::collections::{BTreeMap, BTreeSet};

use system::DiskError;
use system::files::directory;

/// Files by path: what a node can see of its disk.
pub(crate) type View = BTreeMap<String, Vec<u8>>;

type NameMap = BTreeMap<String, usize>;

/// A file effect, in owned and comparable form.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Append(String, Vec<u8>),
    Write(String, u64, Vec<u8>),
    Truncate(String, u64),
    Sync(String),
    Rename(String, String),
    Remove(String),
    SyncDir(String),
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Create(String, usize),
    Rename(String, String, usize),
    Remove(String, usize),
}

/// What syncs have made of a change that is still listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Dirty,
    /// Durable, behind one that was dropped.
    Settled,
    /// Dropped by a failed sync.
    Dropped,
}

#[derive(Clone, Debug, Default)]
struct File {
    durable: Vec<u8>,
    changes: Vec<(Change, State)>,
}

/// The reference. Files are never given up, nothing is cached, every question is answered by
/// applying the whole list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    durable: NameMap,
    changes: Vec<NameChange>,
    files: Vec<File>,
}

impl Model {
    /// A disk on which exactly this is durable.
    pub(crate) fn after(view: &View) -> Self {
        let mut model = Model::default();
        for (path, content) in view {
            model.durable.insert(path.clone(), model.files.len());
            model.files.push(File { durable: content.clone(), changes: Vec::new() });
        }
        model
    }

    /// Does all of `op`.
    pub(crate) fn perform(&mut self, op: &Op) -> Result<(), DiskError> {
        let find = |path: &str| self.names().get(path).copied();
        match op {
            Op::Append(path, data) => {
                let end = self.view().get(path).map_or(0, Vec::len);
                self.write(path, end, data);
            }
            Op::Write(path, offset, data) => self.write(path, *offset as usize, data),
            Op::Truncate(path, len) => {
                let file = find(path).ok_or(DiskError::NotFound)?;
                let change = Change::Truncate(*len as usize);
                self.files[file].changes.push((change, State::Dirty));
            }
            Op::Sync(path) => {
                let file = find(path).ok_or(DiskError::NotFound)?;
                self.files[file].sync();
            }
            Op::Rename(from, to) => {
                let file = find(from).ok_or(DiskError::NotFound)?;
                if from != to {
                    self.changes.push(NameChange::Rename(from.clone(), to.clone(), file));
                }
            }
            Op::Remove(path) => {
                if let Some(file) = find(path) {
                    self.changes.push(NameChange::Remove(path.clone(), file));
                }
            }
            Op::SyncDir(dir) => {
                let (synced, rest) = std::mem::take(&mut self.changes)
                    .into_iter()
                    .partition::<Vec<_>, _>(|change| directory(change.path()) == dir);
                synced.iter().for_each(|change| change.apply(&mut self.durable));
                self.changes = rest;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: &str, offset: usize, data: &[u8]) {
        let file = self.names().get(path).copied().unwrap_or_else(|| {
            self.files.push(File::default());
            self.changes.push(NameChange::Create(path.to_owned(), self.files.len() - 1));
            self.files.len() - 1
        });
        if !data.is_empty() {
            let change = Change::Write(offset, data.to_vec());
            self.files[file].changes.push((change, State::Dirty));
        }
    }

    /// A sync of this file failed and dropped what was dirty.
    pub(crate) fn drop_dirty(&mut self, path: &str) {
        let file = self.names()[path];
        for (change, state) in &mut self.files[file].changes {
            if *state == State::Dirty && matches!(change, Change::Write(..)) {
                *state = State::Dropped;
            }
        }
    }

    /// The same, and the file is read anew from the disk; false if it cannot hold this.
    pub(crate) fn evict(&mut self, path: &str, content: &[u8], sector: usize) -> bool {
        let file = self.names()[path];
        let possible = self.files[file].possible(sector).contains(content);
        self.files[file] = File { durable: content.to_vec(), changes: Vec::new() };
        possible
    }

    /// What the operating system shows.
    pub(crate) fn view(&self) -> View {
        let names = self.names().into_iter();
        names.map(|(path, file)| (path, self.files[file].content())).collect()
    }

    fn names(&self) -> NameMap {
        let mut names = self.durable.clone();
        self.changes.iter().for_each(|change| change.apply(&mut names));
        names
    }

    /// Whether a loss of power can leave this: some subset of the changes of names, and for each
    /// file some subset of its changes, writes by the sector.
    pub(crate) fn may_leave(&self, view: &View, sector: usize) -> bool {
        let contents: Vec<_> = self.files.iter().map(|file| file.possible(sector)).collect();
        let fits = |names: &NameMap| {
            names.keys().eq(view.keys())
                && names.iter().all(|(path, &file)| contents[file].contains(&view[path]))
        };
        let mut possible = BTreeSet::from([self.durable.clone()]);
        for change in &self.changes {
            for mut names in possible.clone() {
                change.apply(&mut names);
                possible.insert(names);
            }
        }
        possible.iter().any(fits)
    }
}

impl File {
    fn sync(&mut self) {
        if self.changes.iter().any(|(_, state)| *state == State::Dropped) {
            for (_, state) in &mut self.changes {
                if *state == State::Dirty {
                    *state = State::Settled;
                }
            }
        } else {
            self.durable = self.content();
            self.changes.clear();
        }
    }

    fn content(&self) -> Vec<u8> {
        let mut content = self.durable.clone();
        for (change, _) in &self.changes {
            content = change.on(content);
        }
        content
    }

    fn possible(&self, sector: usize) -> BTreeSet<Vec<u8>> {
        let mut possible = BTreeSet::from([self.durable.clone()]);
        for (change, state) in &self.changes {
            if *state == State::Settled {
                possible = possible.into_iter().map(|content| change.on(content)).collect();
                continue;
            }
            match change {
                Change::Truncate(len) => {
                    for mut content in possible.clone() {
                        content.truncate(*len);
                        possible.insert(content);
                    }
                }
                // One write of one sector after the other, each there or not.
                Change::Write(offset, data) => {
                    for (piece, part) in pieces(*offset, data, sector) {
                        for mut content in possible.clone() {
                            write(&mut content, piece, part);
                            possible.insert(content);
                        }
                    }
                }
            }
        }
        possible
    }
}

impl Change {
    fn on(&self, mut content: Vec<u8>) -> Vec<u8> {
        match self {
            Change::Write(offset, data) => write(&mut content, *offset, data),
            Change::Truncate(len) => content.truncate(*len),
        }
        content
    }
}

impl NameChange {
    fn path(&self) -> &str {
        match self {
            NameChange::Create(path, _)
            | NameChange::Rename(path, _, _)
            | NameChange::Remove(path, _) => path,
        }
    }

    fn apply(&self, names: &mut NameMap) {
        match self {
            NameChange::Create(path, file) => {
                names.insert(path.clone(), *file);
            }
            NameChange::Rename(from, to, file) if names.get(from) == Some(file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
            NameChange::Remove(path, file) if names.get(path) == Some(file) => {
                names.remove(path);
            }
            NameChange::Rename(..) | NameChange::Remove(..) => {}
        }
    }
}

fn write(content: &mut Vec<u8>, offset: usize, data: &[u8]) {
    content.resize(content.len().max(offset + data.len()), 0);
    content[offset..offset + data.len()].copy_from_slice(data);
}

fn pieces(offset: usize, data: &[u8], sector: usize) -> Vec<(usize, &[u8])> {
    let mut pieces = Vec::new();
    let mut rest = data;
    let mut at = offset;
    while !rest.is_empty() {
        let room = sector - at % sector;
        let (piece, behind) = rest.split_at(room.min(rest.len()));
        pieces.push((at, piece));
        at += piece.len();
        rest = behind;
    }
    pieces
}
