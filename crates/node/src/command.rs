//! What stands in an entry of the log: a command, and who waits for its result.

use bytes::Bytes;
use system::{NodeId, Op, SessionSeq};

use crate::codec::{Reader, put_bytes, put_u64};

/// Names a proposal: unique over nodes, restarts and retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProposalId {
    /// The node that took the request.
    pub(crate) origin: NodeId,
    /// Random, one for each start of the node.
    pub(crate) nonce: u64,
    /// Counts the node's proposals since it started, from 1.
    pub(crate) counter: u64,
}

impl ProposalId {
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        put_u64(out, self.origin);
        out.extend_from_slice(&self.nonce.to_le_bytes());
        put_u64(out, self.counter);
    }

    pub(crate) fn decode(reader: &mut Reader) -> Option<Self> {
        let origin = reader.u64()?;
        let mut nonce = [0; 8];
        for byte in &mut nonce {
            *byte = reader.u8()?;
        }
        Some(ProposalId { origin, nonce: u64::from_le_bytes(nonce), counter: reader.u64()? })
    }
}

/// A command for the state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// Who waits for it.
    pub(crate) id: ProposalId,
    /// The session that makes it take effect once.
    pub(crate) session: Option<SessionSeq>,
    /// What is to be done.
    pub(crate) action: Action,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// An operation on the store.
    Op(Op),
    /// Opens a session, named by the index of this entry.
    OpenSession,
}

const GET: u8 = 0;
const PUT: u8 = 1;
const DELETE: u8 = 2;
const CAS: u8 = 3;
const CAS_ABSENT: u8 = 4;
const APPEND: u8 = 5;
const OPEN_SESSION: u8 = 6;
const WITH_SESSION: u8 = 0x80;

impl Command {
    /// The command as an entry's data.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40 + self.action.len());
        let flag = if self.session.is_some() { WITH_SESSION } else { 0 };
        out.push(self.action.kind() | flag);
        self.id.encode(&mut out);
        if let Some(SessionSeq { session, seq }) = self.session {
            put_u64(&mut out, session);
            put_u64(&mut out, seq);
        }
        if let Action::Op(op) = &self.action {
            put_bytes(&mut out, op.key());
            match op {
                Op::Put { value, .. } | Op::Append { value, .. } => put_bytes(&mut out, value),
                Op::Cas { expect, value, .. } => {
                    if let Some(expect) = expect {
                        put_bytes(&mut out, expect);
                    }
                    put_bytes(&mut out, value);
                }
                Op::Get { .. } | Op::Delete { .. } => {}
            }
        }
        out
    }

    /// Reads what [`Command::encode`] wrote, sharing its memory.
    pub(crate) fn decode(data: &Bytes) -> Option<Command> {
        let mut reader = Reader::new(data.clone());
        let kind = reader.u8()?;
        let id = ProposalId::decode(&mut reader)?;
        let session = match kind & WITH_SESSION {
            0 => None,
            _ => Some(SessionSeq { session: reader.u64()?, seq: reader.u64()? }),
        };
        let action = match kind & !WITH_SESSION {
            OPEN_SESSION => Action::OpenSession,
            kind => Action::Op(decode_op(kind, &mut reader)?),
        };
        reader.is_empty().then_some(Command { id, session, action })
    }
}

fn decode_op(kind: u8, reader: &mut Reader) -> Option<Op> {
    let key = reader.bytes()?;
    Some(match kind {
        GET => Op::Get { key },
        PUT => Op::Put { key, value: reader.bytes()? },
        DELETE => Op::Delete { key },
        CAS => Op::Cas { key, expect: Some(reader.bytes()?), value: reader.bytes()? },
        CAS_ABSENT => Op::Cas { key, expect: None, value: reader.bytes()? },
        APPEND => Op::Append { key, value: reader.bytes()? },
        _ => return None,
    })
}

impl Action {
    fn kind(&self) -> u8 {
        match self {
            Action::OpenSession => OPEN_SESSION,
            Action::Op(Op::Get { .. }) => GET,
            Action::Op(Op::Put { .. }) => PUT,
            Action::Op(Op::Delete { .. }) => DELETE,
            Action::Op(Op::Cas { expect: Some(_), .. }) => CAS,
            Action::Op(Op::Cas { expect: None, .. }) => CAS_ABSENT,
            Action::Op(Op::Append { .. }) => APPEND,
        }
    }

    /// Whether the answer is the same whatever the store holds.
    pub(crate) fn needs_no_state(&self) -> bool {
        matches!(self, Action::Op(Op::Put { .. } | Op::Delete { .. } | Op::Append { .. }))
    }

    fn len(&self) -> usize {
        match self {
            Action::OpenSession => 0,
            Action::Op(op) => op.key().len() + value_len(op),
        }
    }
}

/// Bytes of the values that an operation carries.
pub(crate) fn value_len(op: &Op) -> usize {
    match op {
        Op::Get { .. } | Op::Delete { .. } => 0,
        Op::Put { value, .. } | Op::Append { value, .. } => value.len(),
        Op::Cas { expect, value, .. } => expect.as_ref().map_or(0, Bytes::len) + value.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_comes_back_and_none_of_its_beginnings_does() {
        let key = Bytes::from_static(b"key");
        let value = Bytes::from_static(b"value");
        let actions = [
            Action::OpenSession,
            Action::Op(Op::Get { key: key.clone() }),
            Action::Op(Op::Put { key: key.clone(), value: value.clone() }),
            Action::Op(Op::Delete { key: key.clone() }),
            Action::Op(Op::Cas { key: key.clone(), expect: None, value: value.clone() }),
            Action::Op(Op::Cas {
                key: key.clone(),
                expect: Some(Bytes::new()),
                value: key.clone(),
            }),
            Action::Op(Op::Append { key, value }),
        ];
        let id = ProposalId { origin: 63, nonce: u64::MAX - 1, counter: 1 << 40 };
        for action in actions {
            for session in [None, Some(SessionSeq { session: 7, seq: 300 })] {
                let command = Command { id, session, action: action.clone() };
                let data = Bytes::from(command.encode());
                assert_eq!(Command::decode(&data), Some(command));
                for end in 0..data.len() {
                    assert_eq!(Command::decode(&data.slice(..end)), None);
                }
            }
        }
    }
}
