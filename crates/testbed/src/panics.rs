//! A panic inside a node is a finding, not an end of the testbed.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use trace::PanicInfo;

thread_local! {
    /// Whether the code that runs now belongs to a program under test.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<PanicInfo>> = const { RefCell::new(None) };
}

/// Calls code of the program under test. Its panics are caught, kept quiet and described.
pub(crate) fn guard<T>(call: impl FnOnce() -> T) -> Result<T, PanicInfo> {
    static HOOK: Once = Once::new();
    HOOK.call_once(install_hook);
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(false);
    result.map_err(|_| LAST.take().unwrap_or_else(unexplained))
}

/// Panics of guarded code are noted, all others go where they went before.
fn install_hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            return before(panic);
        }
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let place = panic
            .location()
            .map(|location| format!("{}:{}", short(location.file()), location.line()))
            .unwrap_or_default();
        LAST.set(Some(PanicInfo { place, message }));
    }));
}

fn unexplained() -> PanicInfo {
    PanicInfo { place: String::new(), message: "a panic without a message".to_owned() }
}

/// The last three segments of a path: the same on every machine that builds the same sources.
fn short(file: &str) -> String {
    let segments: Vec<&str> = file.split(['/', '\\']).collect();
    segments[segments.len().saturating_sub(3)..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_described_with_its_place() {
        let panic = guard(|| panic!("to_commit {} is out of range", 7)).unwrap_err();
        assert_eq!(panic.message, "to_commit 7 is out of range");
        assert!(panic.place.starts_with("testbed/src/panics.rs:"), "{}", panic.place);
    }

    #[test]
    fn what_does_not_panic_returns() {
        assert_eq!(guard(|| 7), Ok(7));
    }
}
