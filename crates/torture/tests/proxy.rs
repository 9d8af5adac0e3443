//! The wires, byte by byte: what is late, held, narrow and cut, and that nothing is ever changed.

// Sockets and clocks are what is tested.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sim::{Chance, Delay};
use torture::links::{Change, Links, Quality};
use torture::proxy::{Proxies, Route};

const PLAIN: Quality = Quality { delay: Delay::Fixed(0), bandwidth: None };

/// n1 dials n2 through a proxy.
struct Wire {
    links: Arc<Links>,
    proxies: Proxies,
    dialed: SocketAddr,
    listener: TcpListener,
}

impl Wire {
    fn new(quality: Quality) -> Self {
        let bind = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let (proxy, listener) = (bind(), bind());
        let dialed = proxy.local_addr().expect("bound");
        let target = listener.local_addr().expect("bound");
        let links = Arc::new(Links::new(quality));
        let route = Route { link: (1, 2), listener: proxy, target };
        let proxies = Proxies::start(vec![route], Arc::clone(&links), Chance::new(1));
        Wire { links, proxies: proxies.expect("started"), dialed, listener }
    }

    /// Both ends of a new connection: n1's and n2's.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let near = TcpStream::connect(self.dialed).expect("dialed");
        let (far, _) = self.listener.accept().expect("led through");
        for end in [&near, &far] {
            end.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        }
        (near, far)
    }
}

fn receive(from: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    from.read_exact(&mut bytes).expect("all of it");
    bytes
}

/// Whether nothing comes for a moment.
fn is_silent(from: &mut TcpStream) -> bool {
    from.set_read_timeout(Some(Duration::from_millis(80))).expect("set");
    let read = from.read(&mut [0; 16]);
    from.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
    matches!(read, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// Whether the other side has ended the connection.
fn is_over(end: &mut TcpStream) -> bool {
    match end.read(&mut [0; 16]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn every_byte_arrives_in_order_both_ways() {
    let delay = Delay::LongTail { min: 0, median: 200_000, max: 5_000_000 };
    let wire = Wire::new(Quality { delay, bandwidth: None });
    let (mut near, mut far) = wire.connect();
    let sent: Vec<u8> = (0..300_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    let back: Vec<u8> = sent.iter().rev().copied().collect();
    let (sent_too, back_too) = (sent.clone(), back.clone());
    let mut writer = near.try_clone().expect("a handle");
    let mut answerer = far.try_clone().expect("a handle");
    let writing = std::thread::spawn(move || writer.write_all(&sent_too));
    let answering = std::thread::spawn(move || answerer.write_all(&back_too));
    assert!(receive(&mut far, sent.len()) == sent, "n2 received something else");
    assert!(receive(&mut near, back.len()) == back, "n1 received something else");
    writing.join().expect("no panic").expect("written");
    answering.join().expect("no panic").expect("written");
    // A chunk is counted when it was written, which is after somebody may have read it.
    let counted = || wire.proxies.traffic().bytes.load(Ordering::Relaxed);
    let patience = Instant::now() + Duration::from_secs(5);
    while counted() < 600_000 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(counted(), 600_000);
}

#[test]
fn bytes_are_late_by_the_delay_of_each_direction() {
    let wire = Wire::new(PLAIN);
    let (mut near, mut far) = wire.connect();
    let mut turn = || {
        let begun = Instant::now();
        near.write_all(b"ping").expect("sent");
        assert_eq!(receive(&mut far, 4), b"ping");
        far.write_all(b"pong").expect("sent");
        assert_eq!(receive(&mut near, 4), b"pong");
        begun.elapsed()
    };
    let quick = turn();
    wire.links.set_quality(1, Change { delay: Some(Delay::Fixed(60_000_000)), bandwidth: None });
    let slow = turn();
    assert!(slow >= Duration::from_millis(120), "{slow:?}");
    assert!(quick < Duration::from_millis(60), "{quick:?}");
    wire.links.end(1);
    assert!(turn() < Duration::from_millis(60), "the fault is over");
}

#[test]
fn a_narrow_link_takes_its_time() {
    let wire = Wire::new(Quality { delay: Delay::Fixed(0), bandwidth: Some(1_000_000) });
    let (mut near, mut far) = wire.connect();
    let begun = Instant::now();
    near.write_all(&[7; 200_000]).expect("sent");
    assert_eq!(receive(&mut far, 200_000), [7; 200_000]);
    assert!(begun.elapsed() >= Duration::from_millis(180), "{:?}", begun.elapsed());
}

#[test]
fn a_clogged_link_holds_everything_and_loses_nothing() {
    let wire = Wire::new(PLAIN);
    let (mut near, mut far) = wire.connect();
    wire.links.clog(1, vec![(1, 2)]);
    near.write_all(b"one").expect("sent");
    assert!(is_silent(&mut far));
    // The other direction is another link.
    far.write_all(b"back").expect("sent");
    assert_eq!(receive(&mut near, 4), b"back");
    near.write_all(b" two").expect("sent");
    assert!(is_silent(&mut far));
    wire.links.end(1);
    assert_eq!(receive(&mut far, 7), b"one two");
}

#[test]
fn a_cut_link_breaks_connections_and_refuses_new_ones() {
    let wire = Wire::new(PLAIN);
    let (mut near, mut far) = wire.connect();
    wire.links.cut(1, vec![(1, 2)]);
    assert!(is_over(&mut near) && is_over(&mut far));
    let mut refused = TcpStream::connect(wire.dialed).expect("the proxy is there");
    refused.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
    assert!(is_over(&mut refused));
    assert_eq!(wire.proxies.traffic().broken.load(Ordering::Relaxed), 2);
    wire.links.end(1);
    let (mut near, mut far) = wire.connect();
    near.write_all(b"again").expect("sent");
    assert_eq!(receive(&mut far, 5), b"again");
}

#[test]
fn answers_wait_while_the_way_back_is_cut() {
    let wire = Wire::new(PLAIN);
    let (mut near, mut far) = wire.connect();
    wire.links.cut(1, vec![(2, 1)]);
    near.write_all(b"there").expect("sent");
    assert_eq!(receive(&mut far, 5), b"there");
    far.write_all(b"back").expect("sent");
    assert!(is_silent(&mut near));
    wire.links.heal();
    assert_eq!(receive(&mut near, 4), b"back");
}

#[test]
fn nothing_is_left_when_the_proxies_are_dropped() {
    let wire = Wire::new(PLAIN);
    let (mut near, mut far) = wire.connect();
    let Wire { proxies, dialed, .. } = wire;
    drop(proxies);
    assert!(is_over(&mut near) && is_over(&mut far));
    assert!(TcpStream::connect(dialed).is_err());
}
