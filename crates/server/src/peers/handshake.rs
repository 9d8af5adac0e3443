//! How two nodes get to know each other before anything else is said.
//!
//! ```text
//! acceptor                                dialer
//!    | CHALLENGE  version, nonce A          |
//!    | -----------------------------------> |
//!    |    HELLO  version, from, to, nonce D, cluster, peer address, client address, proof
//!    | <----------------------------------- |
//!    | WELCOME  client address, proof       |   or REFUSAL  code, reason
//!    | -----------------------------------> |
//! ```
//!
//! A proof is HMAC-SHA-256 under the shared token over both nonces and all that its sender says,
//! so the token never travels, an old proof is worth nothing, and each end knows that the other
//! one has the token. Without `--token-file` the token is empty on both sides. The token keeps
//! strangers and strays out; against somebody who can change what is on the wire, use TLS.

use ring::hmac;
use ring::rand::SecureRandom;
use system::NodeId;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::stream::{Broken, FrameReader};
use super::wire;
use crate::shared::Shared;
use crate::url::Url;

/// The version of everything that is said between nodes.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 32;
const PROOF_BYTES: usize = 32;
/// Longest text in a greeting, in bytes.
const TEXT_BYTES_MAX: usize = 512;

type Nonce = [u8; NONCE_BYTES];

/// Why two nodes did not come together.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke, or the other end does not speak as it should.
    Broken(Broken),
    /// The other end is not who it should be, or does not have the token.
    Stranger(String),
    /// The other end refused, with its reason.
    Refused(String),
    /// The other end says that the cluster has removed this node.
    Removed,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Broken(broken) => write!(f, "{broken}"),
            Failure::Stranger(reason) => write!(f, "{reason}"),
            Failure::Refused(reason) => write!(f, "refused by the peer: {reason}"),
            Failure::Removed => write!(f, "refused by the peer: this node was removed"),
        }
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Failure::Broken(broken)
    }
}

const REFUSED: u8 = 1;
const REMOVED: u8 = 2;

/// What a dialer says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) cluster: String,
    pub(super) peer: Url,
    pub(super) client: String,
}

impl Hello {
    fn content(&self, nonce: &Nonce) -> Vec<u8> {
        let mut out = vec![VERSION, self.from as u8, self.to as u8];
        out.extend_from_slice(nonce);
        put_text(&mut out, &self.cluster);
        put_text(&mut out, &self.peer.to_string());
        put_text(&mut out, &self.client);
        out
    }

    fn parse(mut bytes: &[u8]) -> Option<(Hello, Nonce)> {
        let (&[VERSION, from, to], rest) = bytes.split_first_chunk()? else { return None };
        bytes = rest;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        bytes = rest;
        let cluster = take_text(&mut bytes)?;
        let peer = Url::parse(&take_text(&mut bytes)?).ok()?;
        let client = take_text(&mut bytes)?;
        let hello = Hello { from: from.into(), to: to.into(), cluster, peer, client };
        bytes.is_empty().then_some((hello, *nonce))
    }
}

/// The dialing side. Returns the other end's client address.
pub(super) async fn dial<R, W>(
    shared: &Shared,
    to: NodeId,
    reader: &mut FrameReader<R>,
    writer: &mut W,
) -> Result<String, Failure>
where
    R: tokio::io::AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let settings = &shared.settings;
    let (kind, challenge) = reader.next().await?;
    let malformed = || Failure::Stranger("no node of this kind listens there".into());
    let (theirs, version) = match *challenge {
        [version, ref nonce @ ..] if kind == wire::CHALLENGE => (Nonce::try_from(nonce), version),
        _ => return Err(malformed()),
    };
    let theirs = theirs.map_err(|_| malformed())?;
    if version != VERSION {
        let reason = format!("the peer speaks version {version}, this node {VERSION}");
        return Err(Failure::Stranger(reason));
    }
    let hello = Hello {
        from: settings.id,
        to,
        cluster: settings.cluster_name.clone(),
        peer: settings.own_url().clone(),
        client: settings.client_url.clone(),
    };
    let ours = nonce();
    let mut content = hello.content(&ours);
    let proof = proof(&settings.token, b"dial", &theirs, &ours, &content);
    content.extend_from_slice(proof.as_ref());
    send(writer, wire::HELLO, &content).await?;
    let (kind, answer) = reader.next().await?;
    match kind {
        wire::WELCOME => {
            let Some((content, proof)) = answer.split_last_chunk::<PROOF_BYTES>() else {
                return Err(malformed());
            };
            if !proves(&settings.token, b"accept", &theirs, &ours, content, proof) {
                return Err(Failure::Stranger("the peer has another token, or none".into()));
            }
            reader.trust();
            String::from_utf8(content.to_vec()).map_err(|_| malformed())
        }
        wire::REFUSAL => match answer.split_first() {
            Some((&REMOVED, proof)) => {
                let proven = proof.try_into().is_ok_and(|proof| {
                    proves(&settings.token, b"removed", &theirs, &ours, b"", proof)
                });
                if proven { Err(Failure::Removed) } else { Err(malformed()) }
            }
            Some((&REFUSED, reason)) => {
                Err(Failure::Refused(String::from_utf8_lossy(reason).into_owned()))
            }
            _ => Err(malformed()),
        },
        _ => Err(malformed()),
    }
}

/// The accepting side. Returns who is there.
pub(super) async fn accept<R, W>(
    shared: &Shared,
    reader: &mut FrameReader<R>,
    writer: &mut W,
) -> Result<Hello, Failure>
where
    R: tokio::io::AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let settings = &shared.settings;
    let ours = nonce();
    let mut challenge = vec![VERSION];
    challenge.extend_from_slice(&ours);
    send(writer, wire::CHALLENGE, &challenge).await?;
    let (kind, said) = reader.next().await?;
    let (content, proof) = match said.split_last_chunk::<PROOF_BYTES>() {
        Some(parts) if kind == wire::HELLO => parts,
        _ => return Err(refuse(writer, "no hello of this version".into()).await),
    };
    let Some((hello, theirs)) = Hello::parse(content) else {
        return Err(refuse(writer, "no hello of this version".into()).await);
    };
    if !proves(&settings.token, b"dial", &ours, &theirs, content, proof) {
        return Err(refuse(writer, "another token, or none".into()).await);
    }
    if let Some(reason) = objection(shared, &hello) {
        return Err(refuse(writer, reason).await);
    }
    if shared.book(|book| book.is_removed(hello.from)) {
        let mut content = vec![REMOVED];
        content.extend_from_slice(
            self::proof(&settings.token, b"removed", &ours, &theirs, b"").as_ref(),
        );
        send(writer, wire::REFUSAL, &content).await?;
        let reason = format!("node {} was removed from the cluster", hello.from);
        return Err(Failure::Stranger(reason));
    }
    let mut welcome = settings.client_url.clone().into_bytes();
    let proof = self::proof(&settings.token, b"accept", &ours, &theirs, &welcome);
    welcome.extend_from_slice(proof.as_ref());
    send(writer, wire::WELCOME, &welcome).await?;
    reader.trust();
    Ok(hello)
}

/// What speaks against a peer that has the token.
fn objection(shared: &Shared, hello: &Hello) -> Option<String> {
    let settings = &shared.settings;
    if hello.cluster != settings.cluster_name {
        let ours = &settings.cluster_name;
        return Some(format!("this is cluster \"{ours}\", not \"{}\"", hello.cluster));
    }
    if hello.to != settings.id {
        return Some(format!("this is node {}, not {}", settings.id, hello.to));
    }
    if hello.from == settings.id || !(1..=system::NodeSet::MAX).contains(&hello.from) {
        return Some(format!("node {} cannot be a peer of node {}", hello.from, settings.id));
    }
    None
}

async fn refuse<W: AsyncWrite + Unpin>(writer: &mut W, reason: String) -> Failure {
    let content = [&[REFUSED], reason.as_bytes()].concat();
    match send(writer, wire::REFUSAL, &content).await {
        Ok(()) => Failure::Stranger(reason),
        Err(failure) => failure,
    }
}

async fn send<W>(writer: &mut W, kind: u8, content: &[u8]) -> Result<(), Failure>
where
    W: AsyncWrite + Unpin,
{
    let mut out = Vec::with_capacity(content.len() + 16);
    wire::begin(&mut out, kind);
    out.extend_from_slice(content);
    wire::seal(&mut out, 0);
    let closed = |error| Failure::Broken(Broken::Closed(error));
    writer.write_all(&out).await.map_err(closed)?;
    writer.flush().await.map_err(closed)
}

fn nonce() -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    let filled = ring::rand::SystemRandom::new().fill(&mut nonce);
    filled.expect("the system gives random bytes");
    nonce
}

/// `accepting` and `dialing` are the nonces of the two ends.
fn proof(
    token: &[u8],
    role: &[u8],
    accepting: &Nonce,
    dialing: &Nonce,
    content: &[u8],
) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, token));
    for part in [role, b"\0", accepting, dialing, content] {
        context.update(part);
    }
    context.sign()
}

fn proves(
    token: &[u8],
    role: &[u8],
    accepting: &Nonce,
    dialing: &Nonce,
    content: &[u8],
    given: &[u8; PROOF_BYTES],
) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token);
    let said = [role, b"\0", accepting, dialing, content].concat();
    hmac::verify(&key, &said, given).is_ok()
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    assert!(text.len() <= TEXT_BYTES_MAX, "texts of greetings were checked at the start");
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    *bytes = rest;
    (text.len() <= TEXT_BYTES_MAX).then(|| String::from_utf8(text.to_vec()).ok())?
}
