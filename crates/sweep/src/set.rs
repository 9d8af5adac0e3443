//! Records from anywhere, each chunk once.
//!
//! The same chunk may come twice, as when a worker was thought dead and was not: equal records
//! are one. Records of one chunk that differ are a finding: the same plan led to two runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead};

use crate::plan::{Plan, Work};
use crate::record::{Assembler, Piece, Record};

/// The records of a plan that were found, and what was found besides.
#[derive(Debug)]
pub struct Set<'a> {
    plan: &'a Plan,
    /// The texts of the records, packed: a sweep of millions has ten thousand of them, and most
    /// of each is like the others.
    records: BTreeMap<u64, Box<[u8]>>,
    /// The texts of chunks of which there are several.
    differing: BTreeMap<u64, BTreeSet<String>>,
    refused: Vec<Refused>,
}

/// Something that was read and is no record of the plan. Its chunk is as good as not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it was read.
    pub origin: String,
    /// What is wrong with it.
    pub why: Flaw,
}

/// What is wrong with something that should be a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It ends before its footer.
    Torn,
    /// It was changed since it was written; says how that is known.
    Damaged(String),
    /// It belongs to another plan, with this name.
    OtherPlan(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match &self.why {
            Flaw::Torn => write!(out, "{origin}: torn, it has no footer"),
            Flaw::Damaged(how) => write!(out, "{origin}: damaged, {how}"),
            Flaw::OtherPlan(plan) => write!(out, "{origin}: belongs to another plan, {plan}"),
        }
    }
}

impl<'a> Set<'a> {
    /// No record yet.
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Set { plan, records: BTreeMap::new(), differing: BTreeMap::new(), refused: Vec::new() }
    }

    /// Reads the records of a file or stream; lines that belong to none are passed over.
    /// `origin` names it in complaints.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read(&mut self, origin: &str, mut input: impl BufRead) -> io::Result<()> {
        let mut assembler = Assembler::default();
        let mut whole = 0_u64;
        let mut bytes = Vec::new();
        while input.read_until(b'\n', &mut bytes)? > 0 {
            let line = String::from_utf8_lossy(&bytes);
            let complete = line.ends_with('\n');
            match assembler.line(line.trim_end_matches('\n')) {
                Piece::Whole(record) if complete => {
                    whole += 1;
                    self.take(origin, *record);
                }
                Piece::Damaged(chunk, how) => {
                    self.refuse(format!("{origin}, chunk {chunk}"), Flaw::Damaged(how));
                    whole += 1;
                }
                _ => {}
            }
            bytes.clear();
        }
        if whole == 0 || !assembler.torn().is_empty() {
            self.refuse(origin.to_owned(), Flaw::Torn);
        }
        Ok(())
    }

    fn take(&mut self, origin: &str, record: Record) {
        if record.footer.plan != self.plan.plan {
            return self.refuse(origin.to_owned(), Flaw::OtherPlan(record.footer.plan));
        }
        match self.fits(&record) {
            Ok(()) => self.insert(record),
            Err(how) => self.refuse(origin.to_owned(), Flaw::Damaged(how)),
        }
    }

    fn refuse(&mut self, origin: String, why: Flaw) {
        self.refused.push(Refused { origin, why });
    }

    /// Whether a record holds what its chunk asks for.
    fn fits(&self, record: &Record) -> Result<(), String> {
        let chunk = record.footer.chunk;
        let work = self.plan.work(chunk).ok_or(format!("the plan has no chunk {chunk}"))?;
        let (planned, seeds) = self.plan.scenario_of(work);
        let run = record.footer.run;
        let fits = match work {
            Work::Seeds { .. } => run == seeds,
            Work::Canary => run <= seeds,
        };
        if fits && record.footer.scenario == planned.name {
            return Ok(());
        }
        let found = &record.footer.scenario;
        Err(format!("chunk {chunk} is {seeds} seeds of {}, this is {run} of {found}", planned.name))
    }

    /// Takes up a record of the plan.
    pub fn insert(&mut self, record: Record) {
        let chunk = record.footer.chunk;
        let new = record.write();
        let old = self.get(chunk).map(|known| known.write());
        if old.as_ref() == Some(&new) {
            return;
        }
        // Whichever came first: the same one is counted.
        if old.as_ref().is_none_or(|old| new < *old) {
            self.records.insert(chunk, pack(&new));
        }
        if let Some(old) = old {
            self.differing.entry(chunk).or_default().extend([old, new]);
        }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The record of a chunk.
    #[must_use]
    pub fn get(&self, chunk: u64) -> Option<Record> {
        self.records.get(&chunk).map(|packed| unpack(packed))
    }

    /// Whether there is a record of a chunk.
    #[must_use]
    pub fn contains(&self, chunk: u64) -> bool {
        self.records.contains_key(&chunk)
    }

    /// Chunks of which there are records that differ: the texts of these.
    pub fn differing(&self) -> impl Iterator<Item = (u64, &BTreeSet<String>)> {
        self.differing.iter().map(|(chunk, texts)| (*chunk, texts))
    }

    /// What was read and is no record.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }
}

fn pack(text: &str) -> Box<[u8]> {
    let packed = zstd::bulk::compress(text.as_bytes(), 1).expect("it fits in memory");
    packed.into_boxed_slice()
}

fn unpack(packed: &[u8]) -> Record {
    let text = zstd::decode_all(packed).expect("we packed it");
    let text = String::from_utf8(text).expect("it was text");
    let mut assembler = Assembler::default();
    let record = text.lines().find_map(|line| match assembler.line(line) {
        Piece::Whole(record) => Some(*record),
        _ => None,
    });
    record.expect("it was a record")
}
