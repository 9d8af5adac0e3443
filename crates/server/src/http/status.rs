//! What a node says of itself and of the cluster, as JSON.

use hyper::StatusCode;
use serde_json::{Value, json};
use system::{NodeId, View};

use super::answer::{self, Answer};
use crate::shared::Shared;

/// `GET /v1/status`.
pub(super) fn status(shared: &Shared) -> Answer {
    let view = shared.view();
    let settings = &shared.settings;
    let status = json!({
        "id": settings.id,
        "cluster": settings.cluster_name,
        "version": crate::VERSION,
        "role": view.role.name(),
        "term": view.term,
        "vote": view.vote,
        "leader": view.leader,
        "commit": view.commit,
        "applied": view.applied,
        "first_index": view.first_index,
        "last_index": view.last_index,
        "digest": format!("{:016x}", view.digest),
        "members": list(shared, &view),
    });
    json(&status)
}

/// `GET /v1/members`.
pub(super) fn members(shared: &Shared) -> Answer {
    let view = shared.view();
    json(&json!({ "leader": view.leader, "members": list(shared, &view) }))
}

/// `GET /health`: whether the node knows a leader, and so can answer.
pub(super) fn health(shared: &Shared) -> Answer {
    if shared.view().leader == 0 {
        return answer::unavailable(shared, "no leader is known");
    }
    answer::body(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

fn list(shared: &Shared, view: &View) -> Vec<Value> {
    let members = view.voters.union(view.outgoing).union(view.learners);
    members.iter().map(|id| member(shared, view, id)).collect()
}

fn member(shared: &Shared, view: &View, id: NodeId) -> Value {
    let is_self = id == shared.settings.id;
    let (address, client) = shared
        .book(|book| (book.url(id).map(ToString::to_string), book.client(id).map(str::to_owned)));
    let own = |url: &str| is_self.then(|| url.to_owned());
    json!({
        "id": id,
        "voter": view.voters.contains(id) || view.outgoing.contains(id),
        "address": address,
        "client": client.or_else(|| own(&shared.settings.client_url)),
        "reachable": is_self || shared.is_up(id),
    })
}

fn json(value: &Value) -> Answer {
    answer::body(StatusCode::OK, "application/json", format!("{value:#}\n"))
}
