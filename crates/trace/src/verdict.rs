//! How a run ended.

use crate::event::Violation;

/// The judgement on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every check had something to judge and found nothing.
    Pass,
    /// Promises were broken; the first violation names the failure.
    Fail(Vec<Violation>),
    /// Nobody can tell: a budget was spent, or there was nothing to judge. Says which.
    Unknown(String),
}

impl Verdict {
    /// `pass`, `fail` or `unknown`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail(_) => "fail",
            Verdict::Unknown(_) => "unknown",
        }
    }

    /// The signature of a failure.
    #[must_use]
    pub fn signature(&self) -> Option<String> {
        match self {
            Verdict::Fail(violations) => violations.first().map(Violation::signature),
            _ => None,
        }
    }
}
