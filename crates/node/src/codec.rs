//! Compact binary: variable-length integers and counted bytes, for commands and snapshots.

use bytes::Bytes;

/// Writes an integer in groups of seven bits, the lowest first.
pub(crate) fn put_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes bytes behind their count.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote. `None` means that the bytes are not of this form.
pub(crate) struct Reader(Bytes);

impl Reader {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Reader(bytes)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        let byte = *self.0.first()?;
        self.skip(1);
        Some(byte)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let mut value = 0;
        for (position, byte) in self.0.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            if position == 9 && bits > 1 {
                return None;
            }
            value |= bits << (7 * position);
            if byte & 0x80 == 0 {
                self.skip(position + 1);
                return Some(value);
            }
        }
        None
    }

    /// Shares the memory of what is read.
    pub(crate) fn bytes(&mut self) -> Option<Bytes> {
        let len = usize::try_from(self.u64()?).ok()?;
        (len <= self.0.len()).then(|| self.0.split_to(len))
    }

    /// Whether all has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn skip(&mut self, count: usize) {
        let _ = self.0.split_to(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_bytes_come_back() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut out = Vec::new();
        for number in numbers {
            put_u64(&mut out, number);
            put_bytes(&mut out, b"abc");
        }
        let mut reader = Reader::new(out.into());
        for number in numbers {
            assert_eq!(reader.u64(), Some(number));
            assert_eq!(reader.bytes().unwrap(), &b"abc"[..]);
        }
        assert!(reader.is_empty());
    }

    #[test]
    fn what_is_cut_short_or_too_large_is_refused() {
        assert_eq!(Reader::new(Bytes::from_static(&[0x80])).u64(), None);
        assert_eq!(Reader::new(Bytes::from_static(&[0xff; 10])).u64(), None);
        assert_eq!(Reader::new(Bytes::from_static(&[3, b'a'])).bytes(), None);
        assert_eq!(Reader::new(Bytes::new()).u8(), None);
    }
}
