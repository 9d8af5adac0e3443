//! Changes of the cluster, and their outcomes, as bytes: a follower passes them on to the leader.

use system::{Admin, ConfChange, NodeId, NodeSet, ReadPath, Refusal, Reply, Response, Transition};

const TRANSFER: u8 = 1;
const RECONFIGURE: u8 = 2;

const OK: u8 = 0;
const FAILED: u8 = 1;
const UNKNOWN: u8 = 2;

/// The refusals that can answer a change, by their number on the wire.
const REFUSALS: [Refusal; 8] = [
    Refusal::NotLeader { hint: 0 },
    Refusal::Dropped,
    Refusal::Overloaded,
    Refusal::ChangePending,
    Refusal::InvalidChange,
    Refusal::TransferFailed,
    Refusal::Stopping,
    Refusal::Unsupported,
];

pub(super) fn encode(admin: &Admin, out: &mut Vec<u8>) {
    match admin {
        Admin::Transfer { to } => out.extend_from_slice(&[TRANSFER, small(*to)]),
        Admin::Reconfigure { changes, transition } => {
            out.extend_from_slice(&[RECONFIGURE, u8::from(*transition == Transition::Joint)]);
            for change in changes {
                let kind = match change {
                    ConfChange::AddVoter(_) => 0,
                    ConfChange::AddLearner(_) => 1,
                    ConfChange::Remove(_) => 2,
                };
                out.extend_from_slice(&[kind, small(change.node())]);
            }
        }
    }
}

/// Ids are at most 63.
fn small(id: NodeId) -> u8 {
    u8::try_from(id).expect("an id that was checked")
}

pub(super) fn decode(bytes: &[u8]) -> Option<Admin> {
    match *bytes {
        [TRANSFER, to] => Some(Admin::Transfer { to: node(to)? }),
        [RECONFIGURE, transition, ref changes @ ..] => {
            let transition = match transition {
                0 => Transition::Auto,
                1 => Transition::Joint,
                _ => return None,
            };
            let (pairs, []) = changes.as_chunks::<2>() else { return None };
            let change = |&[kind, id]: &[u8; 2]| match kind {
                0 => node(id).map(ConfChange::AddVoter),
                1 => node(id).map(ConfChange::AddLearner),
                2 => node(id).map(ConfChange::Remove),
                _ => None,
            };
            let changes = pairs.iter().map(change).collect::<Option<Vec<_>>>()?;
            Some(Admin::Reconfigure { changes, transition })
        }
        _ => None,
    }
}

fn node(id: u8) -> Option<NodeId> {
    let id = NodeId::from(id);
    (1..=NodeSet::MAX).contains(&id).then_some(id)
}

pub(super) fn encode_reply(reply: &Reply, out: &mut Vec<u8>) {
    match reply {
        Reply::Ok { index, .. } => {
            out.push(OK);
            out.extend_from_slice(&index.to_le_bytes());
        }
        Reply::Failed(refusal) => {
            let hint = if let Refusal::NotLeader { hint } = refusal { small(*hint) } else { 0 };
            let same = |known: &Refusal| known.name() == refusal.name();
            match REFUSALS.iter().position(same) {
                Some(number) => out.extend_from_slice(&[FAILED, number as u8, hint]),
                // No change is answered like this; nothing is claimed about it.
                None => out.push(UNKNOWN),
            }
        }
        Reply::Unknown(_) => out.push(UNKNOWN),
    }
}

pub(super) fn decode_reply(bytes: &[u8]) -> Option<Reply> {
    match *bytes {
        [OK, ref index @ ..] => {
            let index = u64::from_le_bytes(index.try_into().ok()?);
            Some(Reply::Ok { response: Response::Changed, index, path: ReadPath::Log })
        }
        [FAILED, number, hint] => Some(Reply::Failed(match REFUSALS.get(usize::from(number))? {
            Refusal::NotLeader { .. } => Refusal::NotLeader { hint: NodeId::from(hint) },
            refusal => *refusal,
        })),
        [UNKNOWN] => Some(Reply::Unknown("the leader cannot tell")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back() {
        let changes =
            vec![ConfChange::AddVoter(4), ConfChange::AddLearner(63), ConfChange::Remove(1)];
        for admin in [
            Admin::Transfer { to: 63 },
            Admin::Reconfigure { changes: changes.clone(), transition: Transition::Auto },
            Admin::Reconfigure { changes, transition: Transition::Joint },
        ] {
            let mut bytes = Vec::new();
            encode(&admin, &mut bytes);
            assert_eq!(decode(&bytes), Some(admin));
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(decode(&[TRANSFER, 64]), None);
        assert_eq!(decode(&[TRANSFER, 0]), None);
    }

    #[test]
    fn outcomes_come_back() {
        let ok = Reply::Ok { response: Response::Changed, index: 9, path: ReadPath::Log };
        let failed = Reply::Failed(Refusal::NotLeader { hint: 2 });
        let pending = Reply::Failed(Refusal::ChangePending);
        for reply in [ok, failed, pending, Reply::Unknown("the leader cannot tell")] {
            let mut bytes = Vec::new();
            encode_reply(&reply, &mut bytes);
            assert_eq!(decode_reply(&bytes), Some(reply));
        }
        assert_eq!(decode_reply(&[]), None);
    }
}
