//! What nodes say of themselves, as fields of a line and back.

use system::Note;

use super::json::{Fields, Object};
use super::names;

/// Writes the fields of a note.
pub(super) fn write(line: &mut Object<'_>, note: &Note) {
    match *note {
        Note::Recovered { .. } => recovered(line, note),
        Note::TailCut { bytes } => line.number("bytes", bytes),
        Note::Role { role, term, leader } => {
            line.text("role", role.name());
            line.number("term", term);
            line.some_node("lead", leader);
        }
        Note::Vote { term, candidate } => {
            line.number("term", term);
            line.node("for", candidate);
        }
        Note::Append { index, term, kind, digest } => {
            entry(line, index, term);
            line.text("entry", kind.name());
            line.hex("digest", digest);
        }
        Note::Truncate { from } => line.number("from", from),
        Note::Persisted { term, vote, commit, last_index } => {
            line.number("term", term);
            line.some_node("vote", vote);
            line.number("commit", commit);
            line.number("last", last_index);
        }
        Note::Commit { index } => line.number("index", index),
        Note::Conf { index, voters, outgoing, learners } => {
            line.number("index", index);
            line.nodes("voters", voters);
            line.nodes("outgoing", outgoing);
            line.nodes("learners", learners);
        }
        Note::Apply { index, term, digest }
        | Note::SnapshotTaken { index, term, digest }
        | Note::SnapshotInstalled { index, term, digest } => {
            entry(line, index, term);
            line.hex("digest", digest);
        }
        Note::SnapshotSent { to, index } => {
            line.node("to", to);
            line.number("index", index);
        }
        Note::Compact { first_index } => line.number("first", first_index),
        Note::Read { request, path, index } => {
            line.number("req", request);
            line.text("serve", path.name());
            line.number("index", index);
        }
        Note::Proposed { request, forwarded } => {
            line.number("req", request);
            line.flag("forwarded", forwarded);
        }
        Note::Transfer { to } => line.node("to", to),
        Note::TransferEnded { to, moved } => {
            line.node("to", to);
            line.flag("moved", moved);
        }
        Note::LeaseRefused { request } => line.number("req", request),
    }
}

fn recovered(line: &mut Object<'_>, note: &Note) {
    let Note::Recovered {
        term,
        vote,
        commit,
        first_index,
        base_term,
        snapshot_index,
        snapshot_digest,
    } = *note
    else {
        return;
    };
    line.number("term", term);
    line.some_node("vote", vote);
    line.number("commit", commit);
    line.number("first", first_index);
    line.number("base_term", base_term);
    line.number("snap", snapshot_index);
    line.hex("digest", snapshot_digest);
}

fn entry(line: &mut Object<'_>, index: u64, term: u64) {
    line.number("index", index);
    line.number("term", term);
}

/// Reads a note whose kind is `raft.` and `name`; `None` if there is no such kind.
pub(super) fn parse(name: &str, line: Fields<'_>) -> Result<Option<Note>, String> {
    let note = match name {
        "recovered" => Note::Recovered {
            term: line.number("term")?,
            vote: line.some_node("vote")?,
            commit: line.number("commit")?,
            first_index: line.number("first")?,
            base_term: line.number("base_term")?,
            snapshot_index: line.number("snap")?,
            snapshot_digest: line.hex("digest")?,
        },
        "tail-cut" => Note::TailCut { bytes: line.number("bytes")? },
        "role" => Note::Role {
            role: line.parsed("role", "a role", names::role)?,
            term: line.number("term")?,
            leader: line.some_node("lead")?,
        },
        "vote" => Note::Vote { term: line.number("term")?, candidate: line.node("for")? },
        "append" => Note::Append {
            index: line.number("index")?,
            term: line.number("term")?,
            kind: line.parsed("entry", "command, empty or conf", names::entry_kind)?,
            digest: line.hex("digest")?,
        },
        "truncate" => Note::Truncate { from: line.number("from")? },
        "persisted" => Note::Persisted {
            term: line.number("term")?,
            vote: line.some_node("vote")?,
            commit: line.number("commit")?,
            last_index: line.number("last")?,
        },
        "commit" => Note::Commit { index: line.number("index")? },
        "conf" => Note::Conf {
            index: line.number("index")?,
            voters: line.nodes("voters")?,
            outgoing: line.nodes("outgoing")?,
            learners: line.nodes("learners")?,
        },
        "snap-sent" => Note::SnapshotSent { to: line.node("to")?, index: line.number("index")? },
        "compact" => Note::Compact { first_index: line.number("first")? },
        "read" => Note::Read {
            request: line.number("req")?,
            path: line.parsed("serve", "a way of serving", names::read_path)?,
            index: line.number("index")?,
        },
        "propose" => {
            Note::Proposed { request: line.number("req")?, forwarded: line.flag("forwarded")? }
        }
        "transfer" | "transfer-ended" | "lease-refused" => return leader(name, line).map(Some),
        _ => return state(name, line),
    };
    Ok(Some(note))
}

/// Reads a note on the end of a leader's rights.
fn leader(name: &str, line: Fields<'_>) -> Result<Note, String> {
    Ok(match name {
        "transfer" => Note::Transfer { to: line.node("to")? },
        "transfer-ended" => {
            Note::TransferEnded { to: line.node("to")?, moved: line.flag("moved")? }
        }
        _ => Note::LeaseRefused { request: line.number("req")? },
    })
}

/// Reads a note that says which state an index stands for.
fn state(name: &str, line: Fields<'_>) -> Result<Option<Note>, String> {
    if !matches!(name, "apply" | "snap-taken" | "snap-installed") {
        return Ok(None);
    }
    let (index, term, digest) = (line.number("index")?, line.number("term")?, line.hex("digest")?);
    Ok(Some(match name {
        "apply" => Note::Apply { index, term, digest },
        "snap-taken" => Note::SnapshotTaken { index, term, digest },
        _ => Note::SnapshotInstalled { index, term, digest },
    }))
}
