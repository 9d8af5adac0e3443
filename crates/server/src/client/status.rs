//! All nodes at a glance.

use std::process::ExitCode;

use serde_json::{Value as Json, json};

use super::args::StatusArgs;
use super::call::Client;
use super::{BAD_ARGUMENT, DONE, FAILED, say, stop};

/// Prints a line for each node that is named or that a named one knows.
pub(super) fn status(args: &StatusArgs) -> ExitCode {
    let client = match Client::new(&args.servers.servers, args.servers.within()) {
        Ok(client) => client,
        Err(error) => return stop(BAD_ARGUMENT, &error),
    };
    let mut rows: Vec<(String, Result<Json, String>)> = Vec::new();
    let mut open = client.servers().to_vec();
    while let Some(server) = (!open.is_empty()).then(|| open.remove(0)) {
        if rows.iter().any(|(known, _)| *known == server) {
            continue;
        }
        let found = client.document(&server, "/v1/status");
        if let Ok(status) = &found {
            open.extend(clients(status));
        }
        rows.push((server, found));
    }
    let answered = rows.iter().any(|(_, found)| found.is_ok());
    let text = if args.json { lines(&rows) } else { table(&rows) };
    say(text.as_bytes());
    ExitCode::from(if answered { DONE } else { FAILED })
}

/// The client addresses that a node knows.
fn clients(status: &Json) -> Vec<String> {
    let members = status["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().filter_map(|member| member["client"].as_str()).map(str::to_owned).collect()
}

fn lines(rows: &[(String, Result<Json, String>)]) -> String {
    let line = |(server, found): &(String, Result<Json, String>)| match found {
        Ok(status) => format!("{}\n", json!({ "server": server, "status": status })),
        Err(error) => format!("{}\n", json!({ "server": server, "error": error })),
    };
    rows.iter().map(line).collect()
}

fn table(rows: &[(String, Result<Json, String>)]) -> String {
    let mut text = format!(
        "{:<4} {:<13} {:>6} {:>6} {:>10} {:>10}  {:<28} PEERS\n",
        "ID", "ROLE", "TERM", "LEADER", "COMMIT", "APPLIED", "ADDRESS"
    );
    for (server, found) in rows {
        let row = match found {
            Err(error) => format!("{:<4} {:<51}  {server}\n", "-", error),
            Ok(status) => {
                let number = |name: &str| status[name].as_u64().unwrap_or(0);
                format!(
                    "{:<4} {:<13} {:>6} {:>6} {:>10} {:>10}  {server:<28} {}\n",
                    number("id"),
                    status["role"].as_str().unwrap_or("-"),
                    number("term"),
                    number("leader"),
                    number("commit"),
                    number("applied"),
                    peers(status),
                )
            }
        };
        text.push_str(&row);
    }
    text
}

/// How many of the other members a node is connected to.
fn peers(status: &Json) -> String {
    let members = status["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let others = || members.iter().filter(|member| member["id"] != status["id"]);
    let up = others().filter(|member| member["reachable"].as_bool() == Some(true)).count();
    format!("{up} of {} connected", others().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_node() {
        let status = json!({
            "id": 2, "role": "leader", "term": 7, "leader": 2, "commit": 41, "applied": 40,
            "members": [
                { "id": 1, "client": "http://a:1", "reachable": false },
                { "id": 2, "client": "http://b:2", "reachable": true },
            ],
        });
        assert_eq!(clients(&status), ["http://a:1", "http://b:2"]);
        let rows = [
            ("http://b:2".to_owned(), Ok(status)),
            ("http://a:1".to_owned(), Err("nobody listens there".to_owned())),
        ];
        let text = table(&rows);
        let words: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        let expected =
            ["2", "leader", "7", "2", "41", "40", "http://b:2", "0", "of", "1", "connected"];
        assert_eq!(words[1], expected);
        assert_eq!(words[2], ["-", "nobody", "listens", "there", "http://a:1"]);
        assert!(lines(&rows).lines().nth(1).is_some_and(|line| line.contains("\"error\"")));
    }
}
