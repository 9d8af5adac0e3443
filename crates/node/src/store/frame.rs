//! How a record lies in a segment: a frame that knows its place, its predecessor, and how much
//! in front of it was already durable.
//!
//! ```text
//! 0  magic      4
//! 4  length     4   of the payload, in bytes
//! 8  watermark  8   the segment was synced up to here when this frame was written
//! 16 chain      4   crc of the frame before, over segments
//! 20 head crc   4   of sequence, offset and the bytes 0..20
//! 24 crc        4   of sequence, offset, the bytes 0..20 and the payload
//! 28 payload        padded with zeros to a multiple of 8
//! ```
//!
//! The checksums cover the segment's sequence and the frame's offset, so a frame is valid in one
//! place only: neither a misdirected write nor a frame inside of an entry's data passes for a
//! record. The watermark tells a torn tail from a hole: damage below the watermark of a later
//! frame hit bytes that were durable. This is what Protocol-Aware Recovery (*FAST '18, §3.3*)
//! asks of a log, and what a checksum alone cannot tell.

use std::ops::Range;

/// Bytes of a frame before its payload.
pub(super) const HEAD_BYTES: usize = 28;

/// What a power loss keeps or loses as a whole, in bytes; disks with larger sectors do too.
const SECTOR_BYTES: usize = 512;

const MAGIC: u32 = u32::from_le_bytes(*b"SqWr");
/// Frames begin at multiples of this.
pub(super) const ALIGNMENT: usize = 8;

/// Where a frame stands and what stands in front of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    /// The segment.
    pub(super) sequence: u64,
    /// The frame's first byte in it.
    pub(super) offset: u64,
    /// How much of the segment is durable.
    pub(super) watermark: u64,
    /// The crc of the frame before.
    pub(super) chain: u32,
}

/// A frame that was read whole.
#[derive(Debug)]
pub(super) struct Frame {
    /// Where the payload lies in the segment.
    pub(super) payload: Range<usize>,
    /// The first byte behind the frame.
    pub(super) end: usize,
    /// How much of the segment was durable when the frame was written.
    pub(super) watermark: u64,
    pub(super) chain: u32,
    pub(super) crc: u32,
}

/// The readable head of a frame.
struct Head {
    length: usize,
    watermark: u64,
    chain: u32,
    crc: u32,
    hasher: crc32fast::Hasher,
}

/// An empty frame with room for a payload of `payload_bytes`, to be written behind it.
pub(super) fn begin(payload_bytes: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD_BYTES + payload_bytes + ALIGNMENT);
    frame.resize(HEAD_BYTES, 0);
    frame
}

/// Completes a frame whose payload stands behind the space of [`begin`]; returns its crc.
pub(super) fn seal(frame: &mut Vec<u8>, at: Position) -> u32 {
    let length = u32::try_from(frame.len() - HEAD_BYTES).expect("a record is below 4 GiB");
    frame[0..4].copy_from_slice(&MAGIC.to_le_bytes());
    frame[4..8].copy_from_slice(&length.to_le_bytes());
    frame[8..16].copy_from_slice(&at.watermark.to_le_bytes());
    frame[16..20].copy_from_slice(&at.chain.to_le_bytes());
    let mut hasher = hasher(at.sequence, at.offset);
    hasher.update(&frame[..20]);
    frame[20..24].copy_from_slice(&hasher.clone().finalize().to_le_bytes());
    hasher.update(&frame[HEAD_BYTES..]);
    let crc = hasher.finalize();
    frame[24..28].copy_from_slice(&crc.to_le_bytes());
    frame.resize(frame.len().next_multiple_of(ALIGNMENT), 0);
    crc
}

/// The frame at `offset`, if it is there and undamaged.
pub(super) fn read(segment: &[u8], sequence: u64, offset: usize) -> Option<Frame> {
    let mut head = read_head(segment, sequence, offset)?;
    let start = offset + HEAD_BYTES;
    let payload = start..start.checked_add(head.length)?;
    let end = payload.end.checked_next_multiple_of(ALIGNMENT)?;
    if end > segment.len() {
        return None;
    }
    head.hasher.update(&segment[payload.clone()]);
    let intact = head.hasher.finalize() == head.crc;
    let Head { watermark, chain, crc, .. } = head;
    intact.then_some(Frame { payload, end, watermark, chain, crc })
}

/// Looks for evidence that the bytes at `bad` were durable: a later frame whose watermark lies
/// beyond. Returns that frame's offset. A readable head is evidence enough.
pub(super) fn durable_beyond(segment: &[u8], sequence: u64, bad: usize) -> Option<usize> {
    let later = (bad + ALIGNMENT..segment.len()).step_by(ALIGNMENT);
    later.into_iter().find(|&offset| {
        read_head(segment, sequence, offset).is_some_and(|head| head.watermark > bad as u64)
    })
}

/// Whether losing unsynced sectors explains that no valid frame stands at `bad`: the file ends
/// before the frame does, or the frame's part of some sector is all zeros, as in a file that grew
/// but whose sector was never written. Other damage was done to bytes that had been written.
pub(super) fn explained_by_tear(segment: &[u8], sequence: u64, bad: usize) -> bool {
    let length = read_head(segment, sequence, bad).map_or(0, |head| head.length);
    let Some(end) = bad.checked_add(HEAD_BYTES).and_then(|start| start.checked_add(length)) else {
        return true;
    };
    if end.next_multiple_of(ALIGNMENT) > segment.len() {
        return true;
    }
    let mut start = bad;
    while start < end {
        let sector_end = (start / SECTOR_BYTES + 1) * SECTOR_BYTES;
        let part = &segment[start..sector_end.min(end)];
        if part.iter().all(|&byte| byte == 0) {
            return true;
        }
        start = sector_end;
    }
    false
}

fn read_head(segment: &[u8], sequence: u64, offset: usize) -> Option<Head> {
    let head = segment.get(offset..)?.get(..HEAD_BYTES)?;
    let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
    if word(0) != MAGIC {
        return None;
    }
    let mut hasher = hasher(sequence, offset as u64);
    hasher.update(&head[..20]);
    if hasher.clone().finalize() != word(20) {
        return None;
    }
    Some(Head {
        length: word(4) as usize,
        watermark: u64::from_le_bytes(head[8..16].try_into().expect("eight bytes")),
        chain: word(16),
        crc: word(24),
        hasher,
    })
}

fn hasher(sequence: u64, offset: u64) -> crc32fast::Hasher {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&sequence.to_le_bytes());
    place[8..].copy_from_slice(&offset.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&place);
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(payloads: &[&[u8]]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        let mut offsets = Vec::new();
        let mut chain = 0;
        for payload in payloads {
            let offset = bytes.len() as u64;
            offsets.push(bytes.len());
            let mut frame = begin(payload.len());
            frame.extend_from_slice(payload);
            chain = seal(&mut frame, Position { sequence: 1, offset, watermark: offset, chain });
            bytes.extend(frame);
        }
        (bytes, offsets)
    }

    #[test]
    fn a_frame_is_valid_in_its_place_only() {
        let (bytes, offsets) = segment(&[b"first", b"second"]);
        let frame = read(&bytes, 1, offsets[1]).unwrap();
        assert_eq!(&bytes[frame.payload], b"second");
        assert_eq!(frame.end, bytes.len());
        assert!(read(&bytes, 2, offsets[1]).is_none());
        let moved = [&bytes[offsets[1]..], &bytes[..offsets[1]]].concat();
        assert!(read(&moved, 1, 0).is_none());
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_none_looks_torn() {
        let (bytes, _) = segment(&[b"payload!"]);
        let length = HEAD_BYTES + 8;
        for bit in 0..length * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&damaged, 1, 0).is_none(), "bit {bit}");
            assert!(!explained_by_tear(&damaged, 1, 0), "bit {bit}");
        }
    }

    #[test]
    fn lost_ends_and_lost_sectors_look_torn() {
        let (bytes, offsets) = segment(&[&[1; 600], &[2; 2000]]);
        let bad = offsets[1];
        for len in bad..bytes.len() {
            assert!(read(&bytes[..len], 1, bad).is_none());
            assert!(explained_by_tear(&bytes[..len], 1, bad));
        }
        for sector in bad / SECTOR_BYTES..=(bytes.len() - 1) / SECTOR_BYTES {
            let mut damaged = bytes.clone();
            let end = ((sector + 1) * SECTOR_BYTES).min(bytes.len());
            damaged[bad.max(sector * SECTOR_BYTES)..end].fill(0);
            assert!(read(&damaged, 1, bad).is_none());
            assert!(explained_by_tear(&damaged, 1, bad));
        }
    }

    #[test]
    fn a_later_frame_tells_what_was_durable() {
        let (mut bytes, offsets) = segment(&[b"first", b"second", b"third"]);
        bytes[offsets[1]] ^= 1;
        assert_eq!(durable_beyond(&bytes, 1, offsets[1]), Some(offsets[2]));
        assert_eq!(durable_beyond(&bytes, 1, offsets[2]), None);
    }
}
