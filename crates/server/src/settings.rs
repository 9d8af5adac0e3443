//! What the arguments mean, checked as a whole before anything is opened.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use node::Config;
use system::{NodeId, NodeSet, Start};

use crate::args::{Compat, ServeArgs};
use crate::peers::tls::TlsFiles;
use crate::url::Url;

/// Heartbeats are so many ticks apart.
const HEARTBEAT_TICKS: u64 = 5;

/// A node's settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) id: NodeId,
    /// Peer addresses of the nodes 1, 2, ...
    pub(crate) cluster: Vec<Url>,
    pub(crate) cluster_name: String,
    pub(crate) start: Start,
    pub(crate) data_dir: PathBuf,
    /// Where clients are served.
    pub(crate) client_address: SocketAddr,
    /// Where clients find this node, for hints.
    pub(crate) client_url: String,
    /// Where peers are found if the cluster's address will not do.
    pub(crate) peers: Vec<(NodeId, Url)>,
    /// Where to listen for peers.
    pub(crate) listen_peers: (String, u16),
    /// What peers must have; empty for nothing.
    pub(crate) token: Vec<u8>,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) insecure: bool,
    pub(crate) compat: Option<Compat>,
    pub(crate) config: Config,
    pub(crate) request_time: Duration,
    pub(crate) connections_max: usize,
}

impl Settings {
    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// The argument, what is wrong with it, and what was expected.
    pub(crate) fn new(args: &ServeArgs) -> Result<Settings, String> {
        let cluster = addresses(&args.cluster)?;
        let own = match usize::try_from(args.id).ok().and_then(|id| cluster.get(id.checked_sub(1)?))
        {
            Some(url) => url.clone(),
            None => {
                let count = cluster.len();
                return Err(format!(
                    "--id {}: --cluster names the nodes 1 to {count}; expected one of them",
                    args.id
                ));
            }
        };
        let host: IpAddr = args.host.parse().map_err(|_| {
            format!("--host {}: expected an IP address such as 127.0.0.1", args.host)
        })?;
        let client_address = SocketAddr::new(host, args.port);
        let client_url = match &args.client_url {
            Some(url) => {
                Url::parse(url).map_err(|error| format!("--client-url {error}"))?.to_string()
            }
            None => format!("http://{client_address}"),
        };
        let listen_peers = match &args.listen_peers {
            Some(text) => listen_address(text)?,
            None => (own.host.clone(), own.port),
        };
        let voters = NodeSet::first(cluster.len() as u64);
        let start =
            if args.join { Start::Join } else { Start::Found { voters, learners: NodeSet::EMPTY } };
        let data_dir = args.data_dir.clone();
        let settings = Settings {
            id: args.id,
            cluster_name: cluster_name(&args.cluster_name)?,
            start,
            data_dir: data_dir.unwrap_or_else(|| format!("raftexample-{}", args.id).into()),
            client_address,
            client_url,
            peers: overrides(&args.peer)?,
            listen_peers,
            token: token(args)?,
            tls: tls(args),
            insecure: args.insecure,
            compat: args.compat,
            config: config(args)?,
            request_time: Duration::from_millis(args.request_millis.max(1)),
            connections_max: args.connections_max.max(1),
            cluster,
        };
        settings.check_addresses()?;
        Ok(settings)
    }

    /// The own peer address.
    pub(crate) fn own_url(&self) -> &Url {
        &self.cluster[self.id as usize - 1]
    }

    /// Whether a peer may be dialed.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn may_dial(&self, url: &Url) -> Result<(), String> {
        if url.tls && self.tls.is_none() {
            return Err(format!("{url} needs --tls-cert, --tls-key and --tls-ca"));
        }
        if !url.tls && self.tls.is_some() {
            return Err(format!("{url}: with --tls-cert, peer addresses begin with https://"));
        }
        if url.is_loopback() || self.peers_prove_themselves() || self.insecure {
            return Ok(());
        }
        Err(format!(
            "{url} is beyond this machine: expected --token-file, --tls-cert or --insecure"
        ))
    }

    fn peers_prove_themselves(&self) -> bool {
        !self.token.is_empty() || self.tls.is_some()
    }

    fn check_addresses(&self) -> Result<(), String> {
        for url in &self.cluster {
            self.may_dial(url).map_err(|reason| format!("--cluster {reason}"))?;
        }
        for (_, url) in &self.peers {
            self.may_dial(url).map_err(|reason| format!("--peer {reason}"))?;
        }
        let (host, port) = &self.listen_peers;
        let listen = Url { tls: self.tls.is_some(), host: host.clone(), port: *port };
        self.may_dial(&listen).map_err(|reason| format!("--listen-peers {reason}"))?;
        if !self.client_address.ip().is_loopback() && !self.insecure {
            return Err(format!(
                "--host {}: clients are not asked who they are; expected a loopback address, \
                 or --insecure",
                self.client_address.ip()
            ));
        }
        Ok(())
    }
}

fn addresses(texts: &[String]) -> Result<Vec<Url>, String> {
    let urls: Vec<Url> = texts
        .iter()
        .map(|text| Url::parse(text).map_err(|error| format!("--cluster {error}")))
        .collect::<Result<_, _>>()?;
    if urls.len() as u64 > NodeSet::MAX {
        return Err(format!("--cluster: {} nodes; expected at most {}", urls.len(), NodeSet::MAX));
    }
    for (place, url) in urls.iter().enumerate() {
        if urls[..place].contains(url) {
            return Err(format!("--cluster: {url} stands there twice"));
        }
    }
    Ok(urls)
}

fn overrides(texts: &[String]) -> Result<Vec<(NodeId, Url)>, String> {
    let wrong = |text: &str| format!("--peer \"{text}\": expected ID=URL, the ID from 1 to 63");
    let one = |text: &String| {
        let (id, url) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let id = id.parse().ok().filter(|id| (1..=NodeSet::MAX).contains(id));
        let id = id.ok_or_else(|| wrong(text))?;
        Ok((id, Url::parse(url).map_err(|error| format!("--peer {error}"))?))
    };
    texts.iter().map(one).collect()
}

fn listen_address(text: &str) -> Result<(String, u16), String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("--listen-peers {text}: expected IP:PORT such as 127.0.0.1:12379"))?;
    Ok((address.ip().to_string(), address.port()))
}

fn cluster_name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("--cluster-name \"{text}\": expected 1 to 64 printable letters without spaces"))
    }
}

fn token(args: &ServeArgs) -> Result<Vec<u8>, String> {
    let Some(path) = &args.token_file else { return Ok(Vec::new()) };
    let token =
        std::fs::read(path).map_err(|error| format!("--token-file {}: {error}", path.display()))?;
    let token = token.trim_ascii().to_vec();
    if token.len() < 16 {
        let length = token.len();
        let path = path.display();
        return Err(format!("--token-file {path}: {length} bytes; expected at least 16"));
    }
    Ok(token)
}

fn tls(args: &ServeArgs) -> Option<TlsFiles> {
    Some(TlsFiles {
        certificate: args.tls_cert.clone()?,
        key: args.tls_key.clone()?,
        authority: args.tls_ca.clone()?,
    })
}

fn config(args: &ServeArgs) -> Result<Config, String> {
    let base = match args.compat {
        Some(Compat::Raftexample) => Config::raftexample(),
        None => Config { forward: true, ..Config::default() },
    };
    if !(HEARTBEAT_TICKS..=60_000).contains(&args.heartbeat_millis) {
        let given = args.heartbeat_millis;
        return Err(format!("--heartbeat-millis {given}: expected {HEARTBEAT_TICKS} to 60000"));
    }
    let tick_millis = args.heartbeat_millis / HEARTBEAT_TICKS;
    let election_ticks = args.election_millis / tick_millis;
    if !(2 * HEARTBEAT_TICKS..=100_000).contains(&election_ticks) {
        let (given, least) = (args.election_millis, 2 * args.heartbeat_millis);
        return Err(format!(
            "--election-millis {given}: expected at least two heartbeats, {least}"
        ));
    }
    if !(512..=1 << 30).contains(&args.segment_bytes) {
        return Err(format!("--segment-bytes {}: expected 512 to 2^30", args.segment_bytes));
    }
    Ok(Config {
        tick: tick_millis * 1_000_000,
        heartbeat_ticks: HEARTBEAT_TICKS as u32,
        election_ticks: election_ticks as u32,
        snapshot_every: args.snapshot_every,
        catch_up_entries: args.catch_up_entries,
        segment_bytes: args.segment_bytes,
        uncommitted_bytes_max: 16 << 20,
        ..base
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::Parser;

    fn settings(arguments: &str) -> Result<Settings, String> {
        let words = ["raftkv"].into_iter().chain(arguments.split_whitespace());
        Settings::new(&Args::try_parse_from(words).map_err(|error| error.to_string())?.serve)
    }

    #[test]
    fn raftexamples_own_command_line_is_taken() {
        let three = "http://127.0.0.1:12379,http://127.0.0.1:22379,http://127.0.0.1:32379";
        let settings = settings(&format!("--id 2 --cluster {three} --port 22380")).unwrap();
        assert_eq!(settings.own_url().port, 22379);
        assert_eq!(settings.client_url, "http://127.0.0.1:22380");
        assert_eq!(settings.data_dir, PathBuf::from("raftexample-2"));
        let Start::Found { voters, .. } = settings.start else { panic!("it founds") };
        assert_eq!(voters, NodeSet::first(3));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_argument() {
        let far = "http://10.0.0.1:1";
        let bad = [
            ("--id 2", "--id 2"),
            ("--id 0", "--id 0"),
            ("--cluster nonsense", "--cluster"),
            ("--cluster http://a:1,http://a:1", "twice"),
            ("--host example.org", "--host"),
            ("--host 0.0.0.0", "--host"),
            (&format!("--cluster {far}"), "beyond this machine"),
            (&format!("--peer 2={far}"), "beyond this machine"),
            ("--listen-peers 0.0.0.0:1", "beyond this machine"),
            ("--peer 64=http://a:1", "from 1 to 63"),
            ("--cluster https://127.0.0.1:1", "needs --tls-cert"),
            ("--token-file /nonexistent", "--token-file"),
            ("--tls-cert x", "--tls-key"),
            ("--heartbeat-millis 1", "--heartbeat-millis"),
            ("--election-millis 150", "--election-millis"),
            ("--segment-bytes 1", "--segment-bytes"),
            ("--cluster-name a\u{7}b", "--cluster-name"),
        ];
        for (arguments, expected) in bad {
            let error = settings(arguments).unwrap_err();
            assert!(error.contains(expected), "{arguments}: {error}");
        }
        assert!(settings(&format!("--cluster {far} --insecure")).is_ok());
    }
}
