//! The replicated state machine: the store and the sessions, and the snapshot of both.

use bytes::Bytes;
use system::{Digest, Key, ReadPath, Refusal, Reply, Response, Value};

use crate::codec::{Reader, put_u64};
use crate::command::{Action, Command};
use crate::kv::Kv;
use crate::session::{Admission, Sessions};

/// The whole replicated state.
pub(crate) struct Machine {
    kv: Kv,
    sessions: Sessions,
    sessions_max: u64,
}

impl Machine {
    /// The state before the first entry.
    pub(crate) fn new(sessions_max: u64) -> Self {
        Machine { kv: Kv::default(), sessions: Sessions::new(sessions_max), sessions_max }
    }

    /// Applies the command in the entry at `index`, and says what the one who waits is told.
    pub(crate) fn apply(&mut self, index: u64, command: &Command) -> Reply {
        let op = match &command.action {
            Action::OpenSession => {
                self.sessions.open(index);
                let response = Response::Session(index);
                return Reply::Ok { response, index, path: ReadPath::Log };
            }
            Action::Op(op) => op,
        };
        let Some(request) = command.session else {
            let response = Response::Output(self.kv.apply(op));
            return Reply::Ok { response, index, path: ReadPath::Log };
        };
        match self.sessions.admit(index, request) {
            Admission::Fresh => {
                let output = self.kv.apply(op);
                self.sessions.remember(index, request, output.clone());
                Reply::Ok { response: Response::Output(output), index, path: ReadPath::Log }
            }
            Admission::Remembered { index, answer } => {
                Reply::Ok { response: Response::Output(answer), index, path: ReadPath::Session }
            }
            Admission::Refused(refusal) => Reply::Failed(refusal),
        }
    }

    /// What a key holds.
    pub(crate) fn get(&self, key: &Key) -> Option<Value> {
        self.kv.get(key)
    }

    /// A hash of the whole state.
    pub(crate) fn digest(&self) -> u64 {
        Digest::new().u64(self.kv.digest()).u64(self.sessions.digest()).finish()
    }

    /// The state as a snapshot's data. `conf_index` is the entry that made the configuration in
    /// force, which the library's own metadata do not name.
    pub(crate) fn encode(&self, conf_index: u64) -> Vec<u8> {
        let mut out = Vec::new();
        put_u64(&mut out, conf_index);
        self.kv.encode(&mut out);
        self.sessions.encode(&mut out);
        out
    }

    /// Takes the state of a snapshot's data, and returns its `conf_index`.
    pub(crate) fn restore(&mut self, data: &Bytes) -> Option<u64> {
        let mut reader = Reader::new(data.clone());
        let conf_index = reader.u64()?;
        let kv = Kv::decode(&mut reader)?;
        let sessions = Sessions::decode(self.sessions_max, &mut reader)?;
        if !reader.is_empty() {
            return None;
        }
        (self.kv, self.sessions) = (kv, sessions);
        Some(conf_index)
    }
}

/// Bytes of a key, at most.
pub(crate) const KEY_BYTES_MAX: usize = 4 << 10;
/// Bytes of the values of one operation, at most.
pub(crate) const VALUE_BYTES_MAX: usize = 1 << 20;

/// Whether an operation is within the limits.
pub(crate) fn check_size(op: &system::Op) -> Result<(), Refusal> {
    let fits = op.key().len() <= KEY_BYTES_MAX && crate::command::value_len(op) <= VALUE_BYTES_MAX;
    if fits { Ok(()) } else { Err(Refusal::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::ProposalId;
    use system::{Op, Output, SessionSeq};

    fn command(session: Option<SessionSeq>, action: Action) -> Command {
        Command { id: ProposalId { origin: 1, nonce: 0, counter: 1 }, session, action }
    }

    #[test]
    fn a_snapshot_holds_sessions_and_store() {
        let append = |seq| {
            let op = Op::Append { key: "k".into(), value: "x".into() };
            command(Some(SessionSeq { session: 1, seq }), Action::Op(op))
        };
        let mut machine = Machine::new(4);
        machine.apply(1, &command(None, Action::OpenSession));
        machine.apply(2, &append(1));
        let mut copy = Machine::new(4);
        assert_eq!(copy.restore(&machine.encode(9).into()), Some(9));
        assert_eq!(copy.digest(), machine.digest());
        let answer = Reply::Ok {
            response: Response::Output(Output::Done),
            index: 2,
            path: ReadPath::Session,
        };
        assert_eq!(copy.apply(3, &append(1)), answer);
        assert_eq!(copy.get(&"k".into()), Some("x".into()));
        assert_eq!(copy.restore(&Bytes::from_static(&[1])), None);
    }
}
