//! Who takes part, and who leads.

use std::process::ExitCode;

use serde_json::Value as Json;
use ureq::http::Method;

use super::args::{ConfArgs, ConfCommand, Servers, TransferArgs};
use super::call::{Call, Client, Ended};
use super::{BAD_ARGUMENT, DONE, say, stop, unanswered};

/// Names, adds or removes members.
pub(super) fn conf(args: &ConfArgs) -> ExitCode {
    match &args.command {
        ConfCommand::Get { servers } => names(servers),
        ConfCommand::Add { id, url, learner, servers } => {
            let query = if *learner { "?learner" } else { "" };
            let wanted = Wanted { id: *id, voter: Some(!learner) };
            change(servers, Method::POST, format!("/v1/members/{id}{query}"), url, wanted)
        }
        ConfCommand::Del { id, servers } => {
            let wanted = Wanted { id: *id, voter: None };
            change(servers, Method::DELETE, format!("/v1/members/{id}"), "", wanted)
        }
    }
}

/// Hands over the leadership.
pub(super) fn transfer(args: &TransferArgs) -> ExitCode {
    let target = format!("/v1/transfer?to={}", args.id);
    let call = request(Method::POST, target, "");
    match client(&args.servers) {
        Ok(mut client) => done_or_not(client.call(&call)),
        Err(error) => stop(BAD_ARGUMENT, &error),
    }
}

/// What a change is to lead to: a member with or without a vote, or none (`voter` is `None`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    id: u64,
    voter: Option<bool>,
}

impl Wanted {
    /// Whether a list of members is as it is to be.
    fn holds(self, document: &Json) -> bool {
        let members = document["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = members.iter().find(|member| member["id"].as_u64() == Some(self.id));
        found.and_then(|member| member["voter"].as_bool()) == self.voter
    }
}

/// Asks for a change. If it is refused, and an earlier attempt may have made it, the members tell.
fn change(
    servers: &Servers,
    method: Method,
    target: String,
    body: &str,
    wanted: Wanted,
) -> ExitCode {
    let mut client = match client(servers) {
        Ok(client) => client,
        Err(error) => return stop(BAD_ARGUMENT, &error),
    };
    let ended = client.call(&request(method, target, body));
    if matches!(ended, Ended::Refused { was_open: true, .. }) {
        let servers = client.servers().to_vec();
        let lists = servers.iter().filter_map(|s| client.document(s, "/v1/members").ok());
        if lists.into_iter().any(|list| wanted.holds(&list)) {
            return ExitCode::from(DONE);
        }
    }
    done_or_not(ended)
}

/// Names the members as the leader knows them, or else whoever has applied most.
fn names(servers: &Servers) -> ExitCode {
    let client = match client(servers) {
        Ok(client) => client,
        Err(error) => return stop(BAD_ARGUMENT, &error),
    };
    let asked = client.servers().iter().map(|server| client.document(server, "/v1/status"));
    let mut why = String::new();
    let mut known: Vec<Json> = Vec::new();
    for answer in asked {
        match answer {
            Ok(status) => known.push(status),
            Err(error) => why = error,
        }
    }
    let number = |status: &Json, name: &str| status[name].as_u64().unwrap_or(0);
    let best = known.iter().max_by_key(|status| {
        (status["role"] == "leader", number(status, "term"), number(status, "applied"))
    });
    match best {
        Some(status) => {
            say(table(status).as_bytes());
            ExitCode::from(DONE)
        }
        None => unanswered(Ended::Unreachable(why)),
    }
}

/// One line for each member.
fn table(document: &Json) -> String {
    let mut text = format!("{:<4} {:<8} ADDRESS\n", "ID", "ROLE");
    let leader = document["leader"].as_u64().filter(|leader| *leader > 0);
    for member in document["members"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let id = member["id"].as_u64().unwrap_or(0);
        let role = match member["voter"].as_bool() {
            _ if leader == Some(id) => "leader",
            Some(false) => "learner",
            _ => "voter",
        };
        let address = member["address"].as_str().unwrap_or("-");
        text.push_str(&format!("{id:<4} {role:<8} {address}\n"));
    }
    text
}

fn done_or_not(ended: Ended) -> ExitCode {
    match ended {
        Ended::Answered { status: 200..=299, .. } => ExitCode::from(DONE),
        ended => unanswered(ended),
    }
}

fn request(method: Method, target: String, body: &str) -> Call {
    Call { method, target, body: body.as_bytes().to_vec(), session: None, again: true }
}

fn client(servers: &Servers) -> Result<Client, String> {
    Client::new(&servers.servers, servers.within())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Json {
        json!({ "leader": 2, "members": [
            { "id": 1, "voter": true, "address": "http://127.0.0.1:1" },
            { "id": 2, "voter": true, "address": "http://127.0.0.1:2" },
            { "id": 4, "voter": false, "address": null },
        ]})
    }

    #[test]
    fn members_tell_whether_a_change_was_made() {
        let holds = |id, voter| Wanted { id, voter }.holds(&document());
        assert!(holds(1, Some(true)) && holds(4, Some(false)) && holds(3, None));
        assert!(!holds(4, Some(true)) && !holds(3, Some(true)) && !holds(1, None));
    }

    #[test]
    fn members_are_listed() {
        let expected = "ID   ROLE     ADDRESS\n\
                        1    voter    http://127.0.0.1:1\n\
                        2    leader   http://127.0.0.1:2\n\
                        4    learner  -\n";
        assert_eq!(table(&document()), expected);
    }
}
