//! The command line of the client.

use std::io::{self, Read};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

/// Bytes of a value on standard input, at most; the server refuses longer ones too.
const VALUE_BYTES_MAX: u64 = (1 << 20) + 1;

/// What can be asked of a cluster.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Print what a key holds
    Get(GetArgs),
    /// Set a key, exactly once
    Put(WriteArgs),
    /// Put a value behind what a key holds, exactly once
    Append(WriteArgs),
    /// Remove a key
    Delete(DeleteArgs),
    /// Set a key if it holds what is expected
    Cas(CasArgs),
    /// Name, add or remove members
    Conf(ConfArgs),
    /// Hand over the leadership
    Transfer(TransferArgs),
    /// Show all nodes: role, term, leader, commit, applied, address
    Status(StatusArgs),
}

/// Whom to ask, and for how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct Servers {
    /// Client addresses of the nodes; any of them will do, the leader is found
    #[arg(long, value_delimiter = ',', env = "RAFTKV_SERVERS", value_name = "URL,...")]
    #[arg(default_value = "http://127.0.0.1:12380,http://127.0.0.1:22380,http://127.0.0.1:32380")]
    pub(crate) servers: Vec<String>,
    /// How long to try
    #[arg(long, default_value_t = 10_000, value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub(crate) within_millis: u64,
}

impl Servers {
    pub(super) fn within(&self) -> Duration {
        Duration::from_millis(self.within_millis)
    }
}

/// How a read is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Consistency {
    /// By a leader that has confirmed itself: linearizable
    ReadIndex,
    /// By a leader within its lease: linearizable while clocks drift little
    Lease,
    /// As an entry of the log: linearizable
    Log,
    /// From whatever the node has applied: stale at will
    Local,
}

/// `raftkv get`.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// The key
    pub(crate) key: String,
    /// How the read is served
    #[arg(long, default_value = "read-index", value_name = "MODE")]
    pub(crate) consistency: Consistency,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// `raftkv put`, `raftkv append`.
#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// The key
    pub(crate) key: String,
    /// The value; `-` for what standard input holds
    pub(crate) value: String,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// `raftkv delete`.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// The key
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// `raftkv cas`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("expected").required(true))]
pub(crate) struct CasArgs {
    /// The key
    pub(crate) key: String,
    /// The new value; `-` for what standard input holds
    pub(crate) value: String,
    /// What the key must hold
    #[arg(long, value_name = "VALUE", group = "expected")]
    pub(crate) expect: Option<String>,
    /// The key must be absent
    #[arg(long, group = "expected")]
    pub(crate) expect_absent: bool,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// `raftkv conf`.
#[derive(Debug, Args)]
pub(crate) struct ConfArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: ConfCommand,
}

/// What can be done about the members.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfCommand {
    /// Name the members
    Get {
        /// Whom to ask
        #[command(flatten)]
        servers: Servers,
    },
    /// Add a member, or give a learner a vote; then start it with --join
    Add {
        /// Its id, from 1 to 63; one that was never in use, or that comes back on its old files
        id: u64,
        /// Its peer address
        url: String,
        /// Without a vote
        #[arg(long)]
        learner: bool,
        /// Whom to ask
        #[command(flatten)]
        servers: Servers,
    },
    /// Remove a member; it ends by itself
    Del {
        /// Its id
        id: u64,
        /// Whom to ask
        #[command(flatten)]
        servers: Servers,
    },
}

/// `raftkv transfer`.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    /// Who is to lead
    pub(crate) id: u64,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// `raftkv status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// One JSON object per node, as it answers
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// A value that was given, or that standard input holds.
///
/// # Errors
///
/// If standard input cannot be read.
pub(super) fn value(text: &str) -> io::Result<Vec<u8>> {
    if text != "-" {
        return Ok(text.as_bytes().to_vec());
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(VALUE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
