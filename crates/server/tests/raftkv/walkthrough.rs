//! The walk-through of etcd's raftexample, step by step.

use crate::support::{Cluster, Node, eventually, free_port};

#[test]
fn a_single_node_keeps_what_it_is_given() {
    let mut cluster = Cluster::started(1, &[]);
    let node = cluster.node(1);
    assert_eq!(node.put("/my-key", "hello").status, 204);
    assert_eq!(node.get("/my-key").text(), "hello");
    assert_eq!(node.get("/other-key").status, 404);
    let node = cluster.node_mut(1);
    node.kill();
    node.start();
    node.wait_for_leader();
    assert_eq!(node.get("/my-key").text(), "hello");
}

#[test]
fn three_nodes_bear_a_loss_and_a_change_of_members() {
    let mut cluster = Cluster::started(3, &[]);
    // Any node takes writes, and all answer alike.
    for id in 1..=3 {
        cluster.node(id).wait_for_leader();
        let value = format!("from-{id}");
        assert_eq!(cluster.node(id).put("/my-key", &value).status, 204);
        for other in 1..=3 {
            assert_eq!(cluster.node(other).get("/my-key").text(), value, "{id} {other}");
        }
    }

    // Kill a member, the leader even, and recover it.
    let leader = cluster.node(1).wait_for_leader();
    let other = leader % 3 + 1;
    cluster.node_mut(leader).kill();
    eventually("another one leads", || cluster.node(other).put("/my-key", "foo").status == 204);
    assert_eq!(cluster.node(other).get("/my-key").text(), "foo");
    assert_eq!(cluster.node(leader).get("/my-key").status, 0);
    cluster.node_mut(leader).start();
    cluster.node(leader).wait_for_leader();
    assert_eq!(cluster.node(leader).get("/my-key").text(), "foo");

    // Add a member, asking one that does not lead.
    let address = format!("http://127.0.0.1:{}", free_port());
    let leader = cluster.node(1).wait_for_leader();
    let asked = leader % 3 + 1;
    assert_eq!(cluster.node(asked).post("/4", &address).status, 204);
    let addresses = format!("{},{address}", cluster.addresses);
    let mut fourth = Node::new(&cluster.place, 4, &addresses, &["--join"]);
    fourth.start();
    fourth.wait_for_leader();
    assert_eq!(fourth.get("/my-key").text(), "foo");
    assert_eq!(fourth.put("/my-key", "four").status, 204);

    // Remove a member: it ends by itself.
    assert_eq!(fourth.delete(&format!("/{asked}")).status, 204);
    assert!(cluster.node_mut(asked).wait().success());
    assert!(cluster.node(asked).log().contains("the cluster has removed this node"));
    let remaining = asked % 3 + 1;
    assert_eq!(cluster.node(remaining).get("/my-key").text(), "four");

    // The others, the new one too, find each other again without further words.
    cluster.nodes.iter_mut().for_each(Node::kill);
    fourth.kill();
    fourth.start();
    for id in (1..=3).filter(|&id| id != asked) {
        cluster.node_mut(id).start();
    }
    fourth.wait_for_leader();
    assert_eq!(fourth.get("/my-key").text(), "four");
    let members = fourth.get("/v1/members").text();
    assert!(members.contains(&address) && !members.contains(&format!("\"id\": {asked},")));
}

#[test]
fn a_node_that_was_removed_while_it_was_down_is_told() {
    let mut cluster = Cluster::started(3, &[]);
    cluster.node_mut(3).kill();
    eventually("the rest goes on", || cluster.node(1).put("/k", "v").status == 204);
    assert_eq!(cluster.node(2).delete("/3").status, 204);
    cluster.node_mut(3).start();
    assert!(cluster.node_mut(3).wait().success());
    assert!(cluster.node(3).log().contains("removed this node"), "{}", cluster.node(3).log());
    assert_eq!(cluster.node(1).get("/k").text(), "v");

    // On its old disk it may come back.
    let address = cluster.addresses.split(',').nth(2).unwrap().to_owned();
    assert_eq!(cluster.node(1).post("/3", &address).status, 204);
    cluster.node_mut(3).start();
    cluster.node(3).wait_for_leader();
    assert_eq!(cluster.node(3).put("/k", "w").status, 204);
    assert_eq!(cluster.node(3).get("/k").text(), "w");
}

#[test]
fn a_slow_member_is_given_a_snapshot() {
    let options = ["--snapshot-every", "20", "--catch-up-entries", "5", "--segment-bytes", "1024"];
    let mut cluster = Cluster::started(3, &options);
    cluster.node_mut(3).kill();
    for number in 0..60 {
        let answer = cluster.node(1 + number % 2).put("/k", &format!("value-{number}"));
        assert!(answer.status == 204 || number < 5, "{answer:?}");
    }
    cluster.node_mut(3).start();
    let third = cluster.node(3);
    eventually("it has caught up", || third.get("/k?consistency=local").text() == "value-59");
    assert!(third.metric("raftkv_snapshots_installed_total") > 0);
    assert_eq!(third.get("/k").text(), "value-59");
}
