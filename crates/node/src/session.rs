//! Client sessions: a retried request takes effect once (*thesis §6.3*).
//!
//! The table is replicated state. It changes only when entries are applied, so it is the same on
//! every node at the same index; it is part of snapshots and of the state's digest.

use std::collections::BTreeMap;

use system::{Digest, Output, Refusal, SessionSeq};

use crate::codec::{Reader, put_bytes, put_u64};

/// The table of open sessions.
pub(crate) struct Sessions {
    max: u64,
    table: BTreeMap<u64, Session>,
    /// The wrapping sum of [`session_digest`] over `table`.
    digest: u64,
}

/// What is remembered of one session.
struct Session {
    /// The last index that used it.
    used: u64,
    /// The sequence number of the last request that took effect; 0 for none.
    seq: u64,
    /// Where that request took effect.
    index: u64,
    /// What it answered.
    answer: Output,
}

/// What the table says of a request.
pub(crate) enum Admission {
    /// It is new: carry it out, then [`Sessions::remember`] the answer.
    Fresh,
    /// It took effect at `index`, with this answer.
    Remembered {
        /// Where it took effect.
        index: u64,
        /// What it answered.
        answer: Output,
    },
    /// It did not happen.
    Refused(Refusal),
}

impl Sessions {
    /// An empty table for at most `max` sessions; 0 counts as 1.
    pub(crate) fn new(max: u64) -> Self {
        Sessions { max: max.max(1), table: BTreeMap::new(), digest: 0 }
    }

    /// Opens the session that bears the name of the entry at `index`, and expires the one that
    /// was unused for the most entries if there are too many.
    pub(crate) fn open(&mut self, index: u64) {
        if self.table.len() as u64 >= self.max {
            let oldest = self.table.iter().min_by_key(|(_, session)| session.used);
            let name = *oldest.expect("a full table is not empty").0;
            let expired = self.table.remove(&name).expect("it was just found");
            self.digest = self.digest.wrapping_sub(session_digest(name, &expired));
        }
        self.insert(index, Session { used: index, seq: 0, index: 0, answer: Output::Done });
    }

    /// What is to become of a request in the entry at `index`.
    pub(crate) fn admit(&mut self, index: u64, request: SessionSeq) -> Admission {
        let name = request.session;
        let Some(session) = self.table.get_mut(&name) else {
            return Admission::Refused(Refusal::SessionExpired);
        };
        if request.seq < session.seq || request.seq == 0 {
            return Admission::Refused(Refusal::Superseded);
        }
        let old = session_digest(name, session);
        session.used = index;
        self.digest = self.digest.wrapping_sub(old).wrapping_add(session_digest(name, session));
        if request.seq == session.seq {
            return Admission::Remembered { index: session.index, answer: session.answer.clone() };
        }
        Admission::Fresh
    }

    /// Keeps the answer of a request that was [`Admission::Fresh`] in the entry at `index`.
    pub(crate) fn remember(&mut self, index: u64, request: SessionSeq, answer: Output) {
        let name = request.session;
        let session = self.table.get_mut(&name).expect("the request was admitted");
        let old = session_digest(name, session);
        *session = Session { used: index, seq: request.seq, index, answer };
        self.digest = self.digest.wrapping_sub(old).wrapping_add(session_digest(name, session));
    }

    /// A hash of the whole table.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_u64(out, self.table.len() as u64);
        for (name, session) in &self.table {
            for number in [*name, session.used, session.seq, session.index] {
                put_u64(out, number);
            }
            encode_answer(&session.answer, out);
        }
    }

    pub(crate) fn decode(max: u64, reader: &mut Reader) -> Option<Sessions> {
        let mut sessions = Sessions::new(max);
        for _ in 0..reader.u64()? {
            let name = reader.u64()?;
            let [used, seq, index] = [reader.u64()?, reader.u64()?, reader.u64()?];
            let answer = decode_answer(reader)?;
            sessions.insert(name, Session { used, seq, index, answer });
        }
        Some(sessions)
    }

    fn insert(&mut self, name: u64, session: Session) {
        self.digest = self.digest.wrapping_add(session_digest(name, &session));
        let before = self.table.insert(name, session);
        assert!(before.is_none(), "session {name} is opened twice");
    }
}

fn session_digest(name: u64, session: &Session) -> u64 {
    let digest =
        Digest::new().u64(name).u64(session.used).u64(session.seq).u64(session.index).u64(1);
    match &session.answer {
        Output::Done => digest.u64(0),
        Output::Swapped(swapped) => digest.u64(1 + u64::from(*swapped)),
        Output::Value(None) => digest.u64(3),
        Output::Value(Some(value)) => digest.u64(4).bytes(value),
    }
    .finish()
}

fn encode_answer(answer: &Output, out: &mut Vec<u8>) {
    match answer {
        Output::Done => out.push(0),
        Output::Swapped(swapped) => out.push(1 + u8::from(*swapped)),
        Output::Value(None) => out.push(3),
        Output::Value(Some(value)) => {
            out.push(4);
            put_bytes(out, value);
        }
    }
}

fn decode_answer(reader: &mut Reader) -> Option<Output> {
    Some(match reader.u8()? {
        0 => Output::Done,
        1 => Output::Swapped(false),
        2 => Output::Swapped(true),
        3 => Output::Value(None),
        4 => Output::Value(Some(reader.bytes()?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(session: u64, seq: u64) -> SessionSeq {
        SessionSeq { session, seq }
    }

    #[test]
    fn a_retry_is_answered_from_memory_and_an_older_request_is_refused() {
        let mut sessions = Sessions::new(8);
        sessions.open(5);
        assert!(matches!(sessions.admit(6, request(5, 1)), Admission::Fresh));
        sessions.remember(6, request(5, 1), Output::Swapped(true));
        let Admission::Remembered { index: 6, answer } = sessions.admit(7, request(5, 1)) else {
            panic!("a retry is remembered");
        };
        assert_eq!(answer, Output::Swapped(true));
        assert!(matches!(sessions.admit(8, request(5, 3)), Admission::Fresh));
        sessions.remember(8, request(5, 3), Output::Done);
        let refused = sessions.admit(9, request(5, 1));
        assert!(matches!(refused, Admission::Refused(Refusal::Superseded)));
        let refused = sessions.admit(9, request(4, 1));
        assert!(matches!(refused, Admission::Refused(Refusal::SessionExpired)));
    }

    #[test]
    fn the_session_unused_for_longest_is_expired() {
        let mut sessions = Sessions::new(2);
        sessions.open(1);
        sessions.open(2);
        sessions.admit(3, request(1, 1));
        sessions.open(4);
        let refused = sessions.admit(5, request(2, 1));
        assert!(matches!(refused, Admission::Refused(Refusal::SessionExpired)));
        assert!(matches!(sessions.admit(6, request(1, 1)), Admission::Fresh));
    }

    #[test]
    fn the_table_comes_back_with_its_digest() {
        let mut sessions = Sessions::new(8);
        for (index, answer) in [Output::Done, Output::Value(None), Output::Value(Some("v".into()))]
            .into_iter()
            .enumerate()
        {
            let name = 1 + 2 * index as u64;
            sessions.open(name);
            sessions.remember(name + 1, request(name, 1), answer);
        }
        let mut out = Vec::new();
        sessions.encode(&mut out);
        let read = Sessions::decode(8, &mut Reader::new(out.clone().into())).unwrap();
        assert_eq!(read.digest(), sessions.digest());
        let mut again = Vec::new();
        read.encode(&mut again);
        assert_eq!(out, again);
    }
}
