//! The list of effects that a system writes and its host performs.
//!
//! [`Effects`] is a cloneable handle, because the storage traits of Raft libraries are called
//! deep inside the library, return at once, and expect to read what they wrote: a handle kept by
//! the storage pushes the write and reads through it, with the writes that are still pending laid
//! over what the disk holds. The host pops effects from the front as it performs them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::SharedFiles;
use crate::effect::{Effect, Halt};
use crate::files::{DiskError, FilePath, directory};
use crate::id::{Nanos, NodeId, RequestId};
use crate::input::Timer;
use crate::note::Note;
use crate::request::Reply;

/// A handle on the ordered effects of one node. Clones share one list.
pub struct Effects<M> {
    shared: Rc<Shared<M>>,
}

struct Shared<M> {
    pending: RefCell<VecDeque<Effect<M>>>,
    files: SharedFiles,
}

impl<M> Clone for Effects<M> {
    fn clone(&self) -> Self {
        Effects { shared: Rc::clone(&self.shared) }
    }
}

/// For systems: writing effects, and reading through them.
impl<M> Effects<M> {
    /// An empty list over these files.
    #[must_use]
    pub fn new(files: SharedFiles) -> Self {
        Effects { shared: Rc::new(Shared { pending: RefCell::default(), files }) }
    }

    /// Puts an effect at the end.
    pub fn push(&self, effect: Effect<M>) {
        self.shared.pending.borrow_mut().push_back(effect);
    }

    /// Pushes [`Effect::Note`].
    pub fn note(&self, note: Note) {
        self.push(Effect::Note(note));
    }

    /// Pushes [`Effect::Send`] without a report.
    pub fn send(&self, to: NodeId, message: M) {
        self.push(Effect::Send { to, message, report: None });
    }

    /// Pushes [`Effect::Reply`].
    pub fn reply(&self, request: RequestId, reply: Reply) {
        self.push(Effect::Reply { request, reply });
    }

    /// Pushes [`Effect::SetTimer`].
    pub fn set_timer(&self, timer: Timer, after: Nanos, periodic: bool) {
        self.push(Effect::SetTimer { timer, after, periodic });
    }

    /// Pushes [`Effect::Halt`].
    pub fn halt(&self, halt: Halt) {
        self.push(Effect::Halt(halt));
    }

    /// The content of a file as it will be when all pending effects are performed.
    ///
    /// # Errors
    ///
    /// What the disk answers when it cannot read.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        let pending = self.shared.pending.borrow();
        let (origin, changes) = history_of(&pending, path);
        let mut content = match origin {
            Some(name) => self.shared.files.read(&name)?,
            None => None,
        };
        for change in changes {
            apply(change, &mut content);
        }
        Ok(content)
    }

    /// The files of a directory as they will be when all pending effects are performed, in
    /// ascending order.
    ///
    /// # Errors
    ///
    /// What the disk answers when it cannot read.
    pub fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        let mut names = self.shared.files.list(dir)?;
        for effect in self.shared.pending.borrow().iter() {
            match effect {
                Effect::Append { path, .. } | Effect::Write { path, .. } => {
                    names.push(path.clone())
                }
                Effect::Rename { from, to } => {
                    names.retain(|name| name != from);
                    names.push(to.clone());
                }
                Effect::Remove { path } => names.retain(|name| name != path),
                _ => {}
            }
        }
        names.retain(|name| directory(name) == dir);
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// For hosts: taking effects from the front.
impl<M> Effects<M> {
    /// Takes the effect that is next to be performed.
    #[must_use]
    pub fn pop(&self) -> Option<Effect<M>> {
        self.shared.pending.borrow_mut().pop_front()
    }

    /// Puts an effect back in front of all others, or a new one, as a filter does.
    pub fn push_front(&self, effect: Effect<M>) {
        self.shared.pending.borrow_mut().push_front(effect);
    }

    /// How many effects wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.pending.borrow().len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.pending.borrow().is_empty()
    }

    /// Forgets what waits: the node is no more, or an effect in front failed.
    pub fn clear(&self) {
        self.shared.pending.borrow_mut().clear();
    }

    /// Rewrites what waits, from position `from` on: the place where a filter sits.
    pub fn rewrite(&self, from: usize, filter: impl FnOnce(Vec<Effect<M>>) -> Vec<Effect<M>>) {
        let tail: Vec<_> = self.shared.pending.borrow_mut().drain(from..).collect();
        let tail = filter(tail);
        self.shared.pending.borrow_mut().extend(tail);
    }
}

/// Under which name the file that will be `path` is now on the disk (`None`: it is not, it will be
/// created), and the pending effects that change its content, first to last.
fn history_of<'a, M>(
    pending: &'a VecDeque<Effect<M>>,
    path: &str,
) -> (Option<FilePath>, Vec<&'a Effect<M>>) {
    let mut name: FilePath = path.into();
    let mut changes = Vec::new();
    let mut exists_on_disk = true;
    for effect in pending.iter().rev() {
        match effect {
            Effect::Append { path, .. }
            | Effect::Write { path, .. }
            | Effect::Truncate { path, .. }
                if *path == name =>
            {
                changes.push(effect);
            }
            Effect::Rename { from, to } if *to == name => name = from.clone(),
            Effect::Rename { from, .. } if *from == name => {
                exists_on_disk = false;
                break;
            }
            Effect::Remove { path } if *path == name => {
                exists_on_disk = false;
                break;
            }
            _ => {}
        }
    }
    changes.reverse();
    (exists_on_disk.then_some(name), changes)
}

fn apply<M>(effect: &Effect<M>, content: &mut Option<Vec<u8>>) {
    match effect {
        Effect::Append { data, .. } => content.get_or_insert_default().extend_from_slice(data),
        Effect::Write { offset, data, .. } => {
            let bytes = content.get_or_insert_default();
            let start = usize::try_from(*offset).expect("an offset fits the address space");
            let end = start + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(data);
        }
        Effect::Truncate { len, .. } => {
            if let Some(bytes) = content {
                bytes.truncate(usize::try_from(*len).unwrap_or(usize::MAX));
            }
        }
        _ => unreachable!("{} does not change content", effect.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct Fixed(BTreeMap<&'static str, &'static str>);

    impl crate::Files for Fixed {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
            Ok(self.0.get(path).map(|text| text.as_bytes().to_vec()))
        }
        fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
            Ok(self.0.keys().filter(|k| directory(k) == dir).map(|&k| k.into()).collect())
        }
    }

    fn effects() -> Effects<()> {
        Effects::new(Rc::new(Fixed(BTreeMap::from([("d/a", "hello"), ("d/b", "world")]))))
    }

    fn text(effects: &Effects<()>, path: &str) -> Option<String> {
        effects.read(path).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn pending_writes_are_read_before_they_are_performed() {
        let effects = effects();
        let storage = effects.clone();
        storage.push(Effect::Append { path: "d/a".into(), data: b" you".to_vec() });
        storage.push(Effect::Write { path: "d/a".into(), offset: 0, data: b"J".to_vec() });
        assert_eq!(text(&effects, "d/a").unwrap(), "Jello you");
        storage.push(Effect::Truncate { path: "d/a".into(), len: 2 });
        assert_eq!(text(&effects, "d/a").unwrap(), "Je");
        assert_eq!(text(&effects, "d/b").unwrap(), "world");
    }

    #[test]
    fn names_follow_pending_renames_and_removals() {
        let effects = effects();
        effects.push(Effect::Append { path: "d/t".into(), data: b"new".to_vec() });
        effects.push(Effect::Rename { from: "d/t".into(), to: "d/a".into() });
        effects.push(Effect::Remove { path: "d/b".into() });
        assert_eq!(text(&effects, "d/a").unwrap(), "new");
        assert_eq!(text(&effects, "d/t"), None);
        assert_eq!(text(&effects, "d/b"), None);
        effects.push(Effect::Append { path: "d/b".into(), data: b"!".to_vec() });
        assert_eq!(text(&effects, "d/b").unwrap(), "!");
        assert_eq!(effects.list("d").unwrap(), ["d/a".into(), "d/b".into()]);
    }
}
