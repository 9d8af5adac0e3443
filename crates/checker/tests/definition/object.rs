//! The objects of the test, each by its sequential specification: what a state and a call lead to.

/// A call of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Write(String),
    Append(String),
    Delete,
    /// Compare and set: from, to.
    Cas(Option<String>, String),
    Acquire,
    Release,
}

/// What a call returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Found(Option<String>),
    Swapped(bool),
    Done,
}

/// What an object holds: a value, nothing, or whether somebody holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Nothing,
    Value(String),
    Free,
    Held,
}

impl State {
    fn value(&self) -> Option<String> {
        match self {
            State::Value(value) => Some(value.clone()),
            State::Nothing => None,
            State::Free | State::Held => panic!("a lock has no value"),
        }
    }

    /// Performs a call: what the object holds afterwards, and what is returned. `None` if the call
    /// is not possible in this state: a lock that is held is not acquired, and a free one is not
    /// released.
    pub(crate) fn perform(&self, call: &Call) -> Option<(State, Answer)> {
        Some(match call {
            Call::Read => (self.clone(), Answer::Found(self.value())),
            Call::Write(value) => (State::Value(value.clone()), Answer::Done),
            Call::Append(value) => {
                (State::Value(self.value().unwrap_or_default() + value), Answer::Done)
            }
            Call::Delete => (State::Nothing, Answer::Done),
            Call::Cas(from, to) if self.value() == *from => {
                (State::Value(to.clone()), Answer::Swapped(true))
            }
            Call::Cas(..) => (self.clone(), Answer::Swapped(false)),
            Call::Acquire if *self == State::Free => (State::Held, Answer::Done),
            Call::Release if *self == State::Held => (State::Free, Answer::Done),
            Call::Acquire | Call::Release => return None,
        })
    }
}
