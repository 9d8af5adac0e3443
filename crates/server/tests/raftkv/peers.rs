//! Who may be a peer: those with the token, or with a certificate of the cluster's authority.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::{Cluster, Node, Place, eventually};

/// Two nodes make a cluster of three; the third is refused, and then let in with what it lacked.
fn third_is_refused_until(cluster: &mut Cluster, wrong: &[&[&str]], right: &[&str]) {
    for id in 1..=2 {
        cluster.node_mut(id).start_with(right);
    }
    cluster.node(1).wait_for_leader();
    assert_eq!(cluster.node(1).put("/k", "v").status, 204);
    let refused =
        |cluster: &Cluster| cluster.node(1).metric("raftkv_peer_connections_refused_total");
    for arguments in wrong {
        let before = refused(cluster);
        cluster.node_mut(3).start_with(arguments);
        eventually("it is refused", || refused(cluster) > before + 1);
        assert_eq!(cluster.node(3).get("/health").status, 503);
        assert_eq!(cluster.node(3).status("term"), Some(0), "it has heard of nothing");
        cluster.node_mut(3).kill();
        let _ = std::fs::remove_dir_all(&cluster.node(3).directory);
    }
    cluster.node_mut(3).start_with(right);
    cluster.node(3).wait_for_leader();
    assert_eq!(cluster.node(3).get("/k").text(), "v");
    assert_eq!(cluster.node(3).metric("raftkv_peer_up{peer=\"1\"}"), 1);
}

#[test]
fn a_token_is_shared_by_all_or_nothing_is() {
    let place = Place::new();
    let ours = place.file("ours", "0123456789abcdef\n");
    let theirs = place.file("theirs", "0123456789abcdeF\n");
    let right = ["--token-file", &ours];
    let name = ["--token-file", &ours, "--cluster-name", "another"];
    let mut cluster = Cluster::new(3, "http", &[]);
    third_is_refused_until(&mut cluster, &[&[], &["--token-file", &theirs], &name], &right);
    let log = cluster.node(1).log();
    for words in ["another token, or none", "this is cluster \"raftkv\", not \"another\""] {
        assert!(log.contains(words), "{words}");
    }
}

/// An authority, and what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    name: &'static str,
}

impl Authority {
    fn new(name: &'static str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Authority { issuer, name }
    }

    /// The arguments of a node whose certificate is for `host`, and who believes `trusted`.
    fn arguments(&self, place: &Place, host: &str, trusted: &Authority) -> [String; 6] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |kind: &str, content: String| {
            place.file(&format!("{}-{host}-{}-{kind}", self.name, trusted.name), content)
        };
        [
            "--tls-cert".to_owned(),
            file("cert", certificate.pem()),
            "--tls-key".to_owned(),
            file("key", key.serialize_pem()),
            "--tls-ca".to_owned(),
            file("ca", trusted.issuer.pem()),
        ]
    }
}

#[test]
fn certificates_are_of_one_authority_on_both_ends() {
    let place = Place::new();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let right = ours.arguments(&place, "127.0.0.1", &ours);
    // It believes us, but shows a certificate of somebody else.
    let wrong = theirs.arguments(&place, "127.0.0.1", &ours);
    let right = right.each_ref().map(String::as_str);
    let wrong = wrong.each_ref().map(String::as_str);
    let mut cluster = Cluster::new(3, "https", &[]);
    third_is_refused_until(&mut cluster, &[&wrong], &right);
}

#[test]
fn a_peer_is_who_its_certificate_says() {
    let place = Place::new();
    let ours = Authority::new("ours");
    let elsewhere = ours.arguments(&place, "elsewhere.example", &ours);
    let elsewhere = elsewhere.each_ref().map(String::as_str);
    let mut cluster = Cluster::new(2, "https", &elsewhere);
    cluster.nodes.iter_mut().for_each(Node::start);
    eventually("they do not believe each other", || {
        let logs = cluster.nodes.iter().map(Node::log);
        logs.into_iter().any(|log| log.contains("certificate not valid for name"))
    });
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(cluster.node(1).get("/health").status, 503);
}
