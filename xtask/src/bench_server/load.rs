//! Clients that ask as fast as they are answered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Keys that are used.
const KEYS: u64 = 1_000;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// Writes.
    Put,
    /// Linearizable reads.
    Get,
}

impl Load {
    /// Its name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Load::Put => "PUT",
            Load::Get => "GET",
        }
    }

    fn request(self, server: SocketAddr, number: u64) -> String {
        let path = format!("/v1/kv/k{}", number % KEYS);
        match self {
            Load::Put => format!(
                "PUT {path} HTTP/1.1\r\nHost: {server}\r\nContent-Length: 16\r\n\r\n{number:016}"
            ),
            Load::Get => format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n"),
        }
    }
}

/// A connection that is kept.
struct Connection {
    server: SocketAddr,
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    fn new(server: SocketAddr) -> Result<Self, String> {
        let fail = |error| format!("{server}: {error}");
        let stream = TcpStream::connect(server).map_err(fail)?;
        stream.set_nodelay(true).map_err(fail)?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(fail)?;
        Ok(Connection { server, stream: BufReader::new(stream), line: String::new() })
    }

    /// Sends a request and reads its answer: status and body.
    fn ask(&mut self, request: &str) -> Result<(u16, Vec<u8>), String> {
        let server = self.server;
        let fail = |error| format!("{server}: {error}");
        self.stream.get_mut().write_all(request.as_bytes()).map_err(fail)?;
        let (mut status, mut length) = (0, 0);
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line).map_err(fail)? == 0 {
                return Err(format!("{server}: the connection ended"));
            }
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(|_| format!("{server}: {line}"))?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).map_err(fail)?;
        Ok((status, body))
    }
}

/// A page as text.
///
/// # Errors
///
/// If there is none.
pub(super) fn page(server: SocketAddr, path: &str) -> Result<String, String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n");
    let (status, body) = Connection::new(server)?.ask(&request)?;
    match status {
        200 => Ok(String::from_utf8_lossy(&body).into_owned()),
        other => Err(format!("{server}{path}: {other}")),
    }
}

/// Asks over so many connections for a while; how long each answer took.
///
/// # Errors
///
/// If a connection breaks or an answer is no success.
pub(super) fn run(
    server: SocketAddr,
    load: Load,
    connections: usize,
    time: Duration,
) -> Result<Vec<Duration>, String> {
    let until = Instant::now() + time;
    let client = |place: u64| {
        let mut connection = Connection::new(server)?;
        let mut taken = Vec::new();
        let mut number = place * 7_919;
        while Instant::now() < until {
            number += 1;
            let request = load.request(server, number);
            let begun = Instant::now();
            let (status, body) = connection.ask(&request)?;
            match (load, status) {
                (Load::Put, 204) | (Load::Get, 200 | 404) => taken.push(begun.elapsed()),
                _ => {
                    let body = String::from_utf8_lossy(&body).into_owned();
                    return Err(format!("{} answered {status}: {body}", load.name()));
                }
            }
        }
        Ok(taken)
    };
    std::thread::scope(|scope| {
        let clients = (0..connections as u64).map(|place| scope.spawn(move || client(place)));
        let clients: Vec<_> = clients.collect();
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.join().map_err(|_| "a client panicked".to_owned())??);
        }
        Ok(all)
    })
}
