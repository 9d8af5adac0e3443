//! Ports that nobody uses.
//!
//! They lie below those that the system gives to whoever dials: a process that is down for a while
//! must find its port free when it comes back.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

const FIRST: u16 = 10_000;
const END: u16 = 30_000;

/// Hands out ports, each once.
#[derive(Debug)]
pub(crate) struct Ports {
    next: u16,
    left: u16,
}

impl Ports {
    /// Begins somewhere that depends on the process, so that two at the same time rarely meet.
    pub(crate) fn new() -> Self {
        let span = u32::from(END - FIRST);
        let start = std::process::id().wrapping_mul(2_654_435_761) % span;
        Ports { next: FIRST + start as u16, left: END - FIRST }
    }

    /// A listener on a port that was free.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn listener(&mut self) -> io::Result<TcpListener> {
        loop {
            let port = self.next;
            self.next = if port + 1 == END { FIRST } else { port + 1 };
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Err(error),
                Err(error) if self.left == 0 => return Err(error),
                Err(_) => self.left -= 1,
                Ok(listener) => return Ok(listener),
            }
        }
    }

    /// A port that was free a moment ago.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn free(&mut self) -> io::Result<u16> {
        Ok(self.listener()?.local_addr()?.port())
    }
}
