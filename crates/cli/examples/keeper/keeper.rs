//! A system that is no Raft: node 1 keeps the store in memory, the others point to it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use system::{
    Boot, Capabilities, Contract, Effects, Halt, Input, Key, LinkContract, MessageKind, NodeId,
    Note, Op, Output, ReadPath, Refusal, Reply, Request, Response, RestartContract, Role, Summary,
    System, Timer, Value, View,
};

/// Mistakes that the keeper makes on request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// The node lets the process's own randomness into its messages.
    pub(crate) leak: bool,
    /// The node acknowledges what it does not keep.
    pub(crate) forget: bool,
}

/// One node of the system.
pub(crate) struct Keeper {
    id: NodeId,
    options: Options,
    store: BTreeMap<Key, Value>,
    applied: u64,
}

impl System for Keeper {
    type Config = Options;
    type Message = u64;

    fn contract(_: &Options) -> Contract {
        Contract {
            link: LinkContract { loss: true, duplicates: true, reordering: true },
            restart: RestartContract::Volatile,
            capabilities: Capabilities {
                delete: true,
                cas: true,
                append: true,
                sessions: false,
                membership: false,
                joint: false,
                learners: false,
                transfer: false,
                lease_reads: false,
                answers: false,
            },
        }
    }

    fn boot(options: &Options, boot: Boot, effects: &Effects<u64>) -> Result<Self, Halt> {
        effects.set_timer(Timer("tick"), 50_000_000, true);
        if boot.id == 1 {
            effects.note(Note::Role { role: Role::Leader, term: 1, leader: 1 });
        }
        Ok(Keeper { id: boot.id, options: *options, store: BTreeMap::new(), applied: 0 })
    }

    fn handle(&mut self, _: u64, input: Input<u64>, effects: &Effects<u64>) {
        match input {
            Input::Timer(_) if self.id == 1 => {
                let random = std::hash::RandomState::new().build_hasher().finish();
                effects.send(2, if self.options.leak { random } else { 7 });
            }
            Input::Request { id, request: Request::Op { op, .. } } => {
                if self.id != 1 {
                    return effects.reply(id, Reply::Failed(Refusal::NotLeader { hint: 1 }));
                }
                self.applied += 1;
                let response = Response::Output(self.apply(op));
                effects.reply(id, Reply::Ok { response, index: 0, path: ReadPath::Local });
            }
            _ => {}
        }
    }

    fn view(&self) -> View {
        View {
            role: if self.id == 1 { Role::Leader } else { Role::Follower },
            term: 1,
            leader: 1,
            voters: [1].into_iter().collect(),
            ..View::default()
        }
    }

    fn summary(message: &u64) -> Summary {
        Summary {
            kind: MessageKind::Other,
            reject: false,
            entries: 0,
            bytes: 8,
            term: *message,
            index: 0,
            log_term: 0,
            commit: 0,
        }
    }

    fn encode(message: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&message.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        let bytes = bytes.try_into().map_err(|_| format!("{} bytes, not 8", bytes.len()))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

impl Keeper {
    fn apply(&mut self, op: Op) -> Output {
        match op {
            Op::Get { key } => Output::Value(self.store.get(&key).cloned()),
            Op::Put { key, value } => {
                if !self.options.forget {
                    self.store.insert(key, value);
                }
                Output::Done
            }
            Op::Delete { key } => {
                self.store.remove(&key);
                Output::Done
            }
            Op::Cas { key, expect, value } => {
                let swapped = self.store.get(&key) == expect.as_ref();
                if swapped {
                    self.store.insert(key, value);
                }
                Output::Swapped(swapped)
            }
            Op::Append { key, value } => {
                let mut bytes = self.store.remove(&key).unwrap_or_default().to_vec();
                bytes.extend_from_slice(&value);
                self.store.insert(key, bytes.into());
                Output::Done
            }
        }
    }
}
