//! The command line of `raftkv`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::client::args::ClientCommand;

/// A replicated key-value store: the node that Squall tests, on real files and sockets.
#[derive(Debug, Parser)]
#[command(name = "raftkv", version = crate::VERSION, args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Exit codes: 0 stopped or removed from the cluster, 1 the node ended itself (disk, damage),
2 bad arguments or files, 101 a defect of the program.
Of the client: 0 it is done, 1 the key is absent or does not hold what was expected,
2 bad arguments, 3 it did not happen, 4 nobody can tell whether it happened.")]
pub(crate) struct Args {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// What can be done instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start three nodes on this machine; Ctrl-C ends them
    Demo(DemoArgs),
    /// Print the records of a node's write-ahead log, damage and all, and whether a node would
    /// start on them
    InspectWal(InspectArgs),
    /// Ask a cluster
    #[command(flatten)]
    Client(ClientCommand),
}

/// Options of a node.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// This node, as its place in --cluster, from 1 to 63
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) id: u64,
    /// Peer addresses of the nodes 1, 2, ... that found the cluster; with --join also the one
    /// of this node
    #[arg(long, value_delimiter = ',', default_value = "http://127.0.0.1:9021")]
    #[arg(value_name = "URL,...")]
    pub(crate) cluster: Vec<String>,
    /// Port of the client interface
    #[arg(long, default_value_t = 9121, value_name = "PORT")]
    pub(crate) port: u16,
    /// Join a cluster that runs, after POST /ID on one of its nodes
    #[arg(long)]
    pub(crate) join: bool,
    /// Directory of the node's files [default: raftexample-ID]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address of the client interface
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub(crate) host: String,
    /// Where clients find this node, for hints [default: http://HOST:PORT]
    #[arg(long, value_name = "URL")]
    pub(crate) client_url: Option<String>,
    /// Where this machine finds a peer, if not where the cluster says (a proxy, say)
    #[arg(long, value_name = "ID=URL")]
    pub(crate) peer: Vec<String>,
    /// Where to listen for peers, if not at the own peer address
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen_peers: Option<String>,
    /// Name of the cluster; nodes of another one are refused
    #[arg(long, default_value = "raftkv", value_name = "NAME")]
    pub(crate) cluster_name: String,
    /// File with the token that all peers share
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate that this node shows to peers, in PEM; addresses are https:// then
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "tls_ca"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Authority that signs the certificates of all peers
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Allow addresses beyond this machine without token or TLS
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Answer as another program does, right or wrong
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub(crate) compat: Option<Compat>,
    /// Time between heartbeats
    #[arg(long, default_value_t = 100, value_name = "MS")]
    pub(crate) heartbeat_millis: u64,
    /// Time without a leader before an election: each wait is between this and twice this
    #[arg(long, default_value_t = 1_000, value_name = "MS")]
    pub(crate) election_millis: u64,
    /// Time for a request; then nobody can tell what became of it
    #[arg(long, default_value_t = 5_000, value_name = "MS")]
    pub(crate) request_millis: u64,
    /// Applied entries between snapshots; 0 for never
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) snapshot_every: u64,
    /// Entries kept behind a snapshot for slow followers
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) catch_up_entries: u64,
    /// Size at which a segment of the log is closed
    #[arg(long, default_value_t = 4 << 20, value_name = "BYTES")]
    pub(crate) segment_bytes: u64,
    /// Client connections at once
    #[arg(long, default_value_t = 1_024, value_name = "N")]
    pub(crate) connections_max: usize,
    /// Stop when the standard input ends, so that no node outlives who started it
    #[arg(long)]
    pub(crate) stop_with_stdin: bool,
    /// Say less
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Programs whose answers can be imitated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    /// etcd's raftexample: a write is answered when proposed, a read from what is applied here
    Raftexample,
}

/// Options of `raftkv demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct DemoArgs {
    /// Directory below which the nodes keep their files [default: here]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Answer as another program does, right or wrong
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub(crate) compat: Option<Compat>,
}

/// Options of `raftkv inspect-wal`.
#[derive(Debug, ClapArgs)]
pub(crate) struct InspectArgs {
    /// The node's data directory
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
