//! The key-value store: what the operations do.
//!
//! The digest of the whole store is a sum over its pairs, so that a change costs only the pair
//! that it touches.

use std::collections::BTreeMap;

use system::{Digest, Key, Op, Output, Value};

use crate::codec::{Reader, put_bytes, put_u64};

/// The store.
#[derive(Default)]
pub(crate) struct Kv {
    pairs: BTreeMap<Key, Value>,
    /// The wrapping sum of [`pair_digest`] over `pairs`.
    digest: u64,
}

impl Kv {
    /// What a key holds.
    pub(crate) fn get(&self, key: &Key) -> Option<Value> {
        self.pairs.get(key).cloned()
    }

    /// Carries out an operation.
    pub(crate) fn apply(&mut self, op: &Op) -> Output {
        match op {
            Op::Get { key } => Output::Value(self.get(key)),
            Op::Put { key, value } => {
                self.set(key, value.clone());
                Output::Done
            }
            Op::Delete { key } => {
                if let Some(old) = self.pairs.remove(key) {
                    self.digest = self.digest.wrapping_sub(pair_digest(key, &old));
                }
                Output::Done
            }
            Op::Cas { key, expect, value } => {
                let holds = self.pairs.get(key) == expect.as_ref();
                if holds {
                    self.set(key, value.clone());
                }
                Output::Swapped(holds)
            }
            Op::Append { key, value } => {
                let mut joined = self.pairs.get(key).map_or_else(Vec::new, |old| {
                    let mut joined = Vec::with_capacity(old.len() + value.len());
                    joined.extend_from_slice(old);
                    joined
                });
                joined.extend_from_slice(value);
                self.set(key, joined.into());
                Output::Done
            }
        }
    }

    /// A hash of the whole store.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_u64(out, self.pairs.len() as u64);
        for (key, value) in &self.pairs {
            put_bytes(out, key);
            put_bytes(out, value);
        }
    }

    pub(crate) fn decode(reader: &mut Reader) -> Option<Kv> {
        let mut kv = Kv::default();
        for _ in 0..reader.u64()? {
            let key = reader.bytes()?;
            let value = reader.bytes()?;
            kv.set(&key, value);
        }
        Some(kv)
    }

    fn set(&mut self, key: &Key, value: Value) {
        self.digest = self.digest.wrapping_add(pair_digest(key, &value));
        if let Some(place) = self.pairs.get_mut(key) {
            self.digest = self.digest.wrapping_sub(pair_digest(key, place));
            *place = value;
        } else {
            self.pairs.insert(key.clone(), value);
        }
    }
}

fn pair_digest(key: &Key, value: &Value) -> u64 {
    Digest::new().bytes(key).bytes(value).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn b(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn operations_answer_and_change_what_they_say() {
        let mut kv = Kv::default();
        let put = |key, value| Op::Put { key: b(key), value: b(value) };
        assert_eq!(kv.apply(&put("a", "1")), Output::Done);
        assert_eq!(kv.apply(&Op::Get { key: b("a") }), Output::Value(Some(b("1"))));
        assert_eq!(kv.apply(&Op::Append { key: b("a"), value: b("2") }), Output::Done);
        assert_eq!(kv.apply(&Op::Append { key: b("n"), value: b("x") }), Output::Done);
        assert_eq!(kv.get(&b("a")), Some(b("12")));
        assert_eq!(kv.get(&b("n")), Some(b("x")));
        let cas = |expect, value| Op::Cas { key: b("a"), expect, value: b(value) };
        assert_eq!(kv.apply(&cas(None, "3")), Output::Swapped(false));
        assert_eq!(kv.apply(&cas(Some(b("12")), "3")), Output::Swapped(true));
        assert_eq!(kv.apply(&Op::Delete { key: b("a") }), Output::Done);
        assert_eq!(kv.apply(&Op::Delete { key: b("a") }), Output::Done);
        assert_eq!(kv.apply(&cas(None, "4")), Output::Swapped(true));
        assert_eq!(kv.get(&b("a")), Some(b("4")));
    }

    #[test]
    fn equal_stores_have_equal_digests_by_whatever_road() {
        let op = |key, value| Op::Put { key: b(key), value: b(value) };
        let [mut one, mut two] = [Kv::default(), Kv::default()];
        for (key, value) in [("a", "1"), ("b", "2"), ("c", "3")] {
            one.apply(&op(key, value));
        }
        for (key, value) in [("c", "0"), ("b", "2"), ("c", "3"), ("d", "9"), ("a", "1")] {
            two.apply(&op(key, value));
        }
        assert_ne!(one.digest(), two.digest());
        two.apply(&Op::Delete { key: b("d") });
        assert_eq!(one.digest(), two.digest());
        let mut out = Vec::new();
        one.encode(&mut out);
        let read = Kv::decode(&mut Reader::new(out.into())).unwrap();
        assert_eq!((read.digest(), read.pairs), (one.digest(), one.pairs));
    }
}
