//! Bad input: a sentence and a status, never more.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use crate::support::{Cluster, Place, curl, eventually, free_port, raftkv};

#[test]
fn sizes_have_limits() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    let place = Place::new();
    let fits = format!("@{}", place.file("fits", vec![b'v'; 1 << 20]));
    let large = format!("@{}", place.file("large", vec![b'v'; (1 << 20) + 1]));
    let put = |path: &str, body: &str, header: &str| {
        curl(&[&node.url(path), "-XPUT", "--data-binary", body, "-H", header]).status
    };
    assert_eq!(put("/k", &fits, "X: y"), 204);
    assert_eq!(node.get("/k").body.len(), 1 << 20);
    assert_eq!(put("/k", &large, "X: y"), 413);
    assert_eq!(put("/k", &large, "Transfer-Encoding: chunked"), 413);
    assert_eq!(put(&format!("/{}", "k".repeat(4096)), "v", "X: y"), 204);
    assert_eq!(put(&format!("/{}", "k".repeat(4097)), "v", "X: y"), 413);
    assert_eq!(put("/k", "v", &format!("X: {}", "y".repeat(70_000))), 431);
    // Nothing of it has done any harm.
    assert_eq!(node.get("/k").body.len(), 1 << 20);
}

#[test]
fn requests_that_make_no_sense_are_answered_in_words() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    let with = |header: &str| curl(&[&node.url("/k"), "-XPUT", "-dv", "-H", header]);
    let bad = [
        (node.get("/k?consistency=eventual"), "consistency: expected"),
        (node.get("/v1/kv/"), "expected a key"),
        (node.get("/%00raftkv/peer/1"), "reserved"),
        (node.post("/my-key", "x"), "expected the id of a node"),
        (node.post("/2", "nonsense"), "expected http://HOST:PORT"),
        (node.post("/2", "http://10.0.0.1:80"), "beyond this machine"),
        (with("Raftkv-Session: 1"), "expected both"),
        (with("Raftkv-Session: x"), "expected a number"),
    ];
    for (answer, words) in bad {
        assert_eq!((answer.status, answer.header("raftkv-outcome")), (400, Some("failed")));
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    let headers = ["-H", "Raftkv-Session: 77", "-H", "Raftkv-Sequence: 1"];
    let expired = curl(&[&[&*node.url("/k"), "-XPUT", "-dv"], &headers[..]].concat());
    assert_eq!((expired.status, expired.header("raftkv-outcome")), (410, Some("failed")));
}

#[test]
fn slow_and_many_clients_do_not_keep_others_out() {
    let cluster = Cluster::started(1, &["--connections-max", "3"]);
    let node = cluster.node(1);
    let connect = || TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    let mut slow = connect();
    slow.write_all(b"PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
    let idle = [connect(), connect()];
    sleep(Duration::from_millis(200));
    let refused = node.get("/k");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    drop(idle);
    eventually("there is room again", || node.get("/k").status == 404);
    let mut answer = String::new();
    slow.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(node.metric("raftkv_http_connections_refused_total") > 0);
}

#[test]
fn garbage_at_the_peer_port_is_counted_and_cut_off() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    let port: u16 = cluster.addresses.rsplit_once(':').unwrap().1.parse().unwrap();
    let frame = |kind: u8, content: &[u8]| {
        let length = (content.len() as u32 + 1).to_le_bytes();
        let body = [&[kind], content].concat();
        let crc = crc32fast::hash(&[&length[..], &body].concat()).to_le_bytes();
        [&length[..], &crc, &body].concat()
    };
    let garbage: [(&[u8], &str); 6] = [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "oversized"),
        (&[0xff; 64], "oversized"),
        (&[0; 64], "malformed"),
        (&[9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], "checksum"),
        // A frame of a peer, and a hello without a proof, from nobody.
        (&frame(1, b"raft"), ""),
        (&frame(17, &[1; 120]), ""),
    ];
    for (expected, (bytes, reason)) in (1..).zip(garbage) {
        let dropped = || match reason {
            "" => 0,
            reason => {
                let name = format!("raftkv_peer_frames_dropped_total{{reason=\"{reason}\"}}");
                node.metric(&name)
            }
        };
        let before = dropped();
        let mut stranger = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stranger.write_all(bytes).unwrap();
        stranger.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        // The challenge comes, perhaps a refusal, and then the end.
        let ended = stranger.read_to_end(&mut Vec::new());
        assert!(!matches!(ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock));
        eventually("it is counted", || {
            node.metric("raftkv_peer_connections_refused_total") == expected
        });
        assert_eq!(dropped() - before, u64::from(!reason.is_empty()), "{reason}");
    }
    assert_eq!(node.put("/k", "v").status, 204);
}

#[test]
fn arguments_that_make_no_sense_end_with_2() {
    let port = free_port();
    let used = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let used_address = format!("http://127.0.0.1:{port}");
    let place = Place::new();
    let short = place.file("token", "short");
    let directory = place.path().join("node");
    let directory = directory.to_str().unwrap();
    let bad: [(&[&str], &str); 7] = [
        (&["--id", "2"], "expected one of them"),
        (&["--cluster", "http://10.1.2.3:80"], "expected --token-file, --tls-cert or --insecure"),
        (&["--host", "0.0.0.0"], "expected a loopback address"),
        (&["--token-file", &short], "expected at least 16"),
        (&["--no-such-option"], "unexpected argument"),
        (&["--cluster", &used_address, "--data-dir", directory], "cannot listen for peers"),
        (&["inspect-wal", directory], "expected the segments of a log"),
    ];
    for (arguments, words) in bad {
        let output = raftkv(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    drop(used);
}
