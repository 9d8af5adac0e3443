//! Where the processes of a torture keep their data: a directory that is gone when nobody needs it
//! any more.

use std::fs;
use std::path::{Path, PathBuf};

use crate::output::Stop;

/// A directory of our own.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    is_kept: bool,
}

impl Place {
    /// A new directory: the one that is to be kept, or a temporary one.
    ///
    /// # Errors
    ///
    /// If it cannot be made, or the one to be kept holds something.
    pub(super) fn new(keep: Option<&Path>) -> Result<Self, Stop> {
        let fail = |path: &Path, error| {
            Stop::environment(format!("cannot make {}: {error}", path.display()))
        };
        if let Some(path) = keep {
            let holds = |path| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
            if holds(path) {
                let path = path.display();
                return Err(Stop::bad_input(format!("--keep {path}: it is not empty")));
            }
            fs::create_dir_all(path).map_err(|error| fail(path, error))?;
            return Ok(Place { path: path.to_owned(), is_kept: true });
        }
        let base = std::env::temp_dir();
        for attempt in 0.. {
            let path = base.join(format!("squall-torture-{}-{attempt}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Place { path, is_kept: false }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail(&path, error)),
            }
        }
        unreachable!("there are more names than directories")
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is in the system's hands.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_directory_goes_and_a_kept_one_stays() {
        let place = Place::new(None).expect("made");
        let path = place.path().to_owned();
        fs::write(path.join("x"), "x").expect("written");
        let kept = path.join("kept");
        drop(Place::new(Some(&kept)).expect("made"));
        fs::write(kept.join("x"), "x").expect("it is still there");
        let refused = Place::new(Some(&kept)).expect_err("it is not empty");
        assert!(refused.message.contains("not empty"), "{refused:?}");
        drop(place);
        assert!(!path.exists());
    }
}
