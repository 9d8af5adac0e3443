//! What clients are told: done, never happened, or nobody knows.

use crate::support::{Cluster, curl, eventually};

#[test]
fn compare_append_and_delete() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    let key = "/v1/kv/a%2Fb";
    assert_eq!(node.put(&format!("{key}?expect=x"), "y").status, 412);
    assert_eq!(node.put(&format!("{key}?expect-absent"), "one").status, 204);
    assert_eq!(node.put(&format!("{key}?expect-absent"), "two").status, 412);
    assert_eq!(node.put(&format!("{key}?expect=one"), "two").status, 204);
    assert_eq!(node.post(key, "+").status, 204);
    let answer = node.get("/a/b");
    assert_eq!((answer.status, answer.text()), (200, "two+".to_owned()));
    assert_eq!(answer.header("raftkv-path"), Some("read-index"));
    for (mode, path) in [("lease", "lease"), ("log", "log"), ("local", "local")] {
        let answer = node.get(&format!("/a/b?consistency={mode}"));
        assert_eq!(answer.text(), "two+", "{mode}");
        // A lease is held only after a round that renewed it.
        let served = answer.header("raftkv-path").unwrap();
        assert!(served == path || (mode == "lease" && served == "read-index"), "{served}");
    }
    assert_eq!(node.delete(key).status, 204);
    assert_eq!(node.get(key).status, 404);
}

#[test]
fn a_retry_in_a_session_takes_effect_once() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    let opened = node.post("/v1/session", "");
    assert_eq!(opened.status, 201, "{opened:?}");
    let session: u64 = opened
        .text()
        .trim()
        .strip_prefix("{\"session\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|number| number.parse().ok())
        .unwrap();
    let append = |sequence: u64| {
        curl(&[
            &node.url("/v1/kv/k"),
            "-XPOST",
            "-dx",
            "-H",
            &format!("Raftkv-Session: {session}"),
            "-H",
            &format!("Raftkv-Sequence: {sequence}"),
        ])
    };
    assert_eq!(append(1).header("raftkv-path"), Some("log"));
    assert_eq!(append(1).header("raftkv-path"), Some("session"));
    assert_eq!(node.get("/k").text(), "x");
    assert_eq!(append(2).status, 204);
    assert_eq!(append(1).status, 409);
    assert_eq!(node.get("/k").text(), "xx");
}

#[test]
fn without_a_quorum_nothing_is_claimed() {
    let mut cluster = Cluster::started(3, &["--request-millis", "1500"]);
    let leader = cluster.node(1).wait_for_leader();
    assert_eq!(cluster.node(leader).put("/k", "v").status, 204);
    for id in (1..=3).filter(|&id| id != leader) {
        cluster.node_mut(id).kill();
    }
    let node = cluster.node(leader);
    let write = node.put("/k", "w");
    assert_eq!(write.status, 503, "{write:?}");
    assert_eq!(write.header("raftkv-outcome"), Some("unknown"));
    assert_eq!(write.header("retry-after"), Some("1"));
    let read = node.get("/k");
    assert_eq!((read.status, read.header("raftkv-outcome")), (503, Some("failed")));
    assert_eq!(node.get("/k?consistency=local").text(), "v");
    eventually("it steps down", || node.get("/health").status == 503);
    let write = node.put("/k", "x");
    assert_eq!((write.status, write.header("raftkv-outcome")), (503, Some("failed")));
}

#[test]
fn compat_answers_before_it_knows() {
    let mut cluster = Cluster::started(3, &["--compat", "raftexample"]);
    let leader = cluster.node(1).wait_for_leader();
    assert_eq!(cluster.node(leader).put("/k", "v").status, 204);
    eventually("it is applied", || cluster.node(leader).get("/k").text() == "v");
    for id in (1..=3).filter(|&id| id != leader) {
        cluster.node_mut(id).kill();
    }
    // What a correct store must not say: done, although nobody else will ever hear of it.
    let node = cluster.node(leader);
    assert_eq!(node.put("/k", "lost").status, 204);
    assert_eq!(node.get("/k").text(), "v");
    assert_eq!(node.get("/k").header("raftkv-path"), Some("local"));
    assert_eq!(node.post("/9", "http://127.0.0.1:9").status, 204);
}

#[test]
fn leadership_can_be_handed_over_by_anybody() {
    let cluster = Cluster::started(3, &[]);
    let leader = cluster.node(1).wait_for_leader();
    let (next, asked) = (leader % 3 + 1, (leader + 1) % 3 + 1);
    cluster.node(asked).wait_for_leader();
    // On a busy machine the next leader may miss the time for it.
    eventually("it is handed over", || {
        cluster.node(asked).post(&format!("/v1/transfer?to={next}"), "").status == 204
    });
    assert_eq!(cluster.node(next).status("leader"), Some(next));
    assert_eq!(cluster.node(next).metric("raftkv_is_leader"), 1);
    let refused = cluster.node(asked).post("/v1/transfer?to=9", "");
    assert_eq!((refused.status, refused.header("raftkv-outcome")), (409, Some("failed")));
}

#[test]
fn learners_come_without_a_vote_and_members_may_move() {
    let cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    assert_eq!(node.post("/v1/members/2?learner", "http://127.0.0.1:9").status, 204);
    let members = node.get("/v1/members").text();
    assert!(members.contains("\"voter\": false"), "{members}");
    assert_eq!(node.put("/k", "one vote is enough").status, 204);
    // The same member at another address: nothing changes but that.
    assert_eq!(node.post("/v1/members/2?learner", "http://127.0.0.1:10").status, 204);
    eventually("the address is known", || {
        node.get("/v1/members").text().contains("http://127.0.0.1:10\"")
    });
    assert_eq!(node.delete("/v1/members/2").status, 204);
    assert_eq!(node.delete("/v1/members/2").status, 409);
    assert!(!node.get("/v1/members").text().contains("\"id\": 2"));
}
