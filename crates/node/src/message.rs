//! Messages between nodes: which are taken, what they weigh, their wire form.

use protobuf::Message as _;
use raft::eraftpb::{Entry, EntryType, Message, MessageType};
use system::{Digest, EntryKind, EntryMark, MessageKind, NodeId, NodeSet, Summary};

/// Whether a message from the network may be stepped: the library panics on some that no node
/// sends, and takes local ones at their word.
pub(crate) fn is_acceptable(message: &Message, to: NodeId) -> bool {
    if message.to != to || message.from == to || !(1..=NodeSet::MAX).contains(&message.from) {
        return false;
    }
    match message.get_msg_type() {
        MessageType::MsgHup
        | MessageType::MsgBeat
        | MessageType::MsgUnreachable
        | MessageType::MsgSnapStatus
        | MessageType::MsgCheckQuorum
        // Never sent: a transfer is asked of the leader itself.
        | MessageType::MsgTransferLeader => false,
        MessageType::MsgPropose => {
            let is_command = |entry: &Entry| {
                entry.get_entry_type() == EntryType::EntryNormal && !entry.data.is_empty()
            };
            message.term == 0
                && !message.entries.is_empty()
                && message.entries.iter().all(is_command)
        }
        MessageType::MsgReadIndex => message.term == 0 && message.entries.len() == 1,
        MessageType::MsgReadIndexResp => message.term > 0 && message.entries.len() == 1,
        MessageType::MsgAppend => {
            let follows = |(index, entry): (u64, &Entry)| {
                entry.index == index && (1..=message.term).contains(&entry.term)
            };
            message.term > 0 && (message.index + 1..).zip(&message.entries).all(follows)
        }
        MessageType::MsgSnapshot => {
            let metadata = message.get_snapshot().get_metadata();
            message.term > 0 && metadata.index > 0 && metadata.has_conf_state()
        }
        MessageType::MsgAppendResponse
        | MessageType::MsgRequestVote
        | MessageType::MsgRequestVoteResponse
        | MessageType::MsgHeartbeat
        | MessageType::MsgHeartbeatResponse
        | MessageType::MsgTimeoutNow
        | MessageType::MsgRequestPreVote
        | MessageType::MsgRequestPreVoteResponse => message.term > 0,
    }
}

/// Whether the sender says that it leads.
pub(crate) fn is_from_leader(message: &Message) -> bool {
    matches!(
        message.get_msg_type(),
        MessageType::MsgAppend | MessageType::MsgHeartbeat | MessageType::MsgSnapshot
    )
}

/// Whether the sender wants to lead without the present leader's consent.
pub(crate) fn is_unforced_vote(message: &Message) -> bool {
    matches!(message.get_msg_type(), MessageType::MsgRequestVote | MessageType::MsgRequestPreVote)
        && message.context != raft::CAMPAIGN_TRANSFER
}

/// What an entry is.
pub(crate) fn kind(entry: &Entry) -> EntryKind {
    match entry.get_entry_type() {
        EntryType::EntryConfChange | EntryType::EntryConfChangeV2 => EntryKind::Conf,
        EntryType::EntryNormal if entry.data.is_empty() => EntryKind::Empty,
        EntryType::EntryNormal => EntryKind::Command,
    }
}

/// An entry without its content.
pub(crate) fn mark(entry: &Entry) -> EntryMark {
    let digest = Digest::new().u64(kind(entry) as u64).bytes(&entry.data).bytes(&entry.context);
    EntryMark { term: entry.term, digest: digest.finish() }
}

/// A few numbers that tell a person what a message is.
pub(crate) fn summary(message: &Message) -> Summary {
    let content: usize = message.entries.iter().map(|entry| entry.data.len() + 24).sum();
    let snapshot = message.snapshot.as_ref();
    let bytes = 40 + content + snapshot.map_or(0, |snapshot| snapshot.data.len());
    let (index, log_term) = match snapshot.and_then(|snapshot| snapshot.metadata.as_ref()) {
        Some(metadata) => (metadata.index, metadata.term),
        None => (message.index, message.log_term),
    };
    Summary {
        kind: message_kind(message.get_msg_type()),
        reject: message.reject,
        entries: message.entries.len() as u32,
        bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        term: message.term,
        index,
        log_term,
        commit: message.commit,
    }
}

fn message_kind(kind: MessageType) -> MessageKind {
    match kind {
        MessageType::MsgRequestPreVote => MessageKind::PreVote,
        MessageType::MsgRequestPreVoteResponse => MessageKind::PreVoteResponse,
        MessageType::MsgRequestVote => MessageKind::Vote,
        MessageType::MsgRequestVoteResponse => MessageKind::VoteResponse,
        MessageType::MsgAppend => MessageKind::Append,
        MessageType::MsgAppendResponse => MessageKind::AppendResponse,
        MessageType::MsgHeartbeat => MessageKind::Heartbeat,
        MessageType::MsgHeartbeatResponse => MessageKind::HeartbeatResponse,
        MessageType::MsgSnapshot => MessageKind::Snapshot,
        MessageType::MsgReadIndex => MessageKind::ReadIndex,
        MessageType::MsgReadIndexResp => MessageKind::ReadIndexResponse,
        MessageType::MsgTimeoutNow => MessageKind::TimeoutNow,
        MessageType::MsgTransferLeader => MessageKind::TransferLeader,
        MessageType::MsgPropose => MessageKind::Propose,
        _ => MessageKind::Other,
    }
}

/// Writes the wire form at the end of `out`.
pub(crate) fn encode(message: &Message, out: &mut Vec<u8>) {
    message.write_to_vec(out).expect("a message in memory can be written to memory");
}

/// Reads the wire form.
pub(crate) fn decode(bytes: &[u8]) -> Result<Message, String> {
    Message::parse_from_bytes(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_make_the_library_panic_is_not_taken() {
        let message = |kind, term| {
            let mut message = Message::default();
            message.set_msg_type(kind);
            (message.from, message.to, message.term) = (2, 1, term);
            message
        };
        let refused = [
            message(MessageType::MsgHup, 0),
            message(MessageType::MsgRequestVote, 0),
            message(MessageType::MsgAppend, 0),
            message(MessageType::MsgPropose, 0),
            message(MessageType::MsgPropose, 3),
            message(MessageType::MsgReadIndex, 0),
            message(MessageType::MsgTransferLeader, 3),
            message(MessageType::MsgSnapshot, 3),
        ];
        for message in refused {
            assert!(!is_acceptable(&message, 1), "{:?}", message.get_msg_type());
        }
        let vote = message(MessageType::MsgRequestVote, 3);
        assert!(is_acceptable(&vote, 1));
        assert!(!is_acceptable(&vote, 3), "it is for another node");
    }

    #[test]
    fn the_wire_form_comes_back() {
        let mut message = Message::default();
        message.set_msg_type(MessageType::MsgAppend);
        message.entries.push(Entry { data: "data".into(), ..Entry::default() });
        let mut out = vec![7];
        encode(&message, &mut out);
        assert_eq!(decode(&out[1..]), Ok(message));
        assert!(decode(&[0xff]).is_err());
    }
}
