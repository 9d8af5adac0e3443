//! Worker processes and the threads that feed them. Which worker runs a chunk changes nothing.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sweep::{Plan, Record};

use super::alone;
use super::hand::{Answer, Hand, Leash};
use super::journal::Journal;
use super::usage::Usage;
use crate::output::Stop;

/// What the crew has to say.
#[derive(Debug)]
pub(crate) enum News {
    /// A chunk is done.
    Done(Box<Record>),
    /// A worker died; the seeds of its chunk are run one by one.
    Died {
        /// The chunk.
        chunk: u64,
    },
    /// Nothing can be done here.
    Broken(Stop),
}

/// What a worker is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy {
    /// The scenario, the seed, and since when.
    pub(crate) at: Option<(String, u64, Instant)>,
    /// Seeds of its chunk that it has begun.
    pub(crate) begun: u64,
    /// Its chunk.
    pub(crate) chunk: Option<u64>,
    leash: Option<Leash>,
}

/// What a thread leaves behind.
type Left = Option<Usage>;

/// What threads and parent share.
#[derive(Debug)]
struct Shared {
    plan: Plan,
    journal: Journal,
    chunks: Mutex<VecDeque<u64>>,
    /// No further chunk is begun.
    closing: AtomicBool,
    /// Chunks that are begun are given up.
    killed: AtomicBool,
    busy: Mutex<Vec<Busy>>,
    /// Chunks and seeds that took too long.
    hung: Mutex<BTreeSet<(u64, u64)>>,
}

/// The workers of a sweep.
#[derive(Debug)]
pub(crate) struct Crew {
    shared: Arc<Shared>,
    /// What they have to say; over when all have gone.
    pub(crate) news: Receiver<News>,
    threads: Vec<thread::JoinHandle<Left>>,
}

impl Crew {
    /// Has the chunks run, in their order, so many at once.
    pub(crate) fn start(plan: &Plan, journal: Journal, chunks: VecDeque<u64>, jobs: usize) -> Self {
        let jobs = jobs.min(chunks.len());
        let (sender, news) = mpsc::channel();
        let shared = Arc::new(Shared {
            plan: plan.clone(),
            journal,
            chunks: Mutex::new(chunks),
            closing: AtomicBool::new(false),
            killed: AtomicBool::new(false),
            busy: Mutex::new(vec![Busy::default(); jobs]),
            hung: Mutex::default(),
        });
        let threads = (0..jobs)
            .map(|number| {
                let (shared, sender) = (shared.clone(), sender.clone());
                thread::spawn(move || shared.work(number, &sender))
            })
            .collect();
        Crew { shared, news, threads }
    }

    /// What each worker is about.
    pub(crate) fn busy(&self) -> Vec<Busy> {
        self.shared.busy().clone()
    }

    /// Begins no further chunk.
    pub(crate) fn close(&self) {
        self.shared.closing.store(true, Ordering::Relaxed);
    }

    /// Gives up what is begun, too.
    pub(crate) fn kill(&self) {
        self.close();
        self.shared.killed.store(true, Ordering::SeqCst);
        for busy in self.shared.busy().iter() {
            if let Some(leash) = &busy.leash {
                let _ = leash.lock().expect("no panic while it is held").kill();
            }
        }
    }

    /// Ends workers whose seed takes longer than this.
    pub(crate) fn end_hung(&self, limit: Duration) {
        for busy in self.shared.busy().iter_mut() {
            let late = |at: &&(String, u64, Instant)| at.2.elapsed() > limit;
            let Some((_, seed, _)) = busy.at.as_ref().filter(late) else { continue };
            self.shared.hung().extend(busy.chunk.map(|chunk| (chunk, *seed)));
            busy.at = None;
            if let Some(leash) = &busy.leash {
                let _ = leash.lock().expect("no panic while it is held").kill();
            }
        }
    }

    /// A chunk has been stored, or will not be.
    pub(crate) fn settle(&self, chunk: u64) {
        self.shared.journal.end(chunk);
    }

    /// Waits for everybody to go; what they had begun is given up in good order. Returns what each
    /// has used.
    pub(crate) fn disband(self) -> Vec<Usage> {
        drop(self.news);
        let left = self.threads.into_iter().map(|thread| thread.join().ok().flatten());
        let used = left.flatten().collect();
        let chunks: Vec<u64> = self.shared.busy().iter().filter_map(|busy| busy.chunk).collect();
        for chunk in chunks {
            self.shared.journal.end(chunk);
        }
        used
    }
}

impl Shared {
    fn busy(&self) -> std::sync::MutexGuard<'_, Vec<Busy>> {
        self.busy.lock().expect("no panic while it is held")
    }

    fn hung(&self) -> std::sync::MutexGuard<'_, BTreeSet<(u64, u64)>> {
        self.hung.lock().expect("no panic while it is held")
    }

    fn next(&self) -> Option<u64> {
        if self.closing.load(Ordering::Relaxed) {
            return None;
        }
        self.chunks.lock().expect("no panic while it is held").pop_front()
    }

    fn killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// One thread: takes chunks and has them run until there are none.
    fn work(&self, number: usize, news: &Sender<News>) -> Left {
        let (mut hand, mut used) = (None, None);
        while let Some(chunk) = self.next() {
            let begin = |busy: &mut Vec<Busy>| {
                busy[number] = Busy { chunk: Some(chunk), ..Busy::default() };
            };
            begin(&mut self.busy());
            let done = match self.run(number, chunk, &mut hand, news) {
                Ok(Some(record)) => news.send(News::Done(Box::new(record))),
                Ok(None) => break,
                Err(stop) => news.send(News::Broken(stop)),
            };
            if done.is_err() {
                break;
            }
            self.busy()[number] = Busy::default();
            used = hand.as_ref().and_then(|hand: &Hand| Usage::of(hand.id(), used)).or(used);
        }
        used
    }

    /// Runs a chunk; `None` if it was given up.
    fn run(
        &self,
        number: usize,
        chunk: u64,
        hand: &mut Option<Hand>,
        news: &Sender<News>,
    ) -> Result<Option<Record>, Stop> {
        let work = self.plan.work(chunk).expect("the chunk is in the plan");
        let (planned, _) = self.plan.scenario_of(work);
        let mut begun = |seed, leash| {
            let mut busy = self.busy();
            busy[number].at = Some((planned.name.clone(), seed, Instant::now()));
            busy[number].begun += 1;
            busy[number].leash = Some(leash);
        };
        if !self.journal.begin(chunk) {
            let worker = match hand.take() {
                Some(worker) => hand.insert(worker),
                None => hand.insert(Hand::hire(&self.plan)?),
            };
            let leash = worker.leash();
            self.busy()[number].leash = Some(leash.clone());
            let places = self.plan.places(work);
            let answer = worker.ask(chunk, places, &mut |seed| begun(seed, leash.clone()))?;
            if let Answer::Record(record) = answer {
                return Ok(Some(*record));
            }
            *hand = None;
        }
        if self.killed() {
            return Ok(None);
        }
        let _ = news.send(News::Died { chunk });
        self.busy()[number].begun = 0;
        let care = alone::Care {
            journal: &self.journal,
            stopped: &|| self.killed(),
            hung: &|seed| self.hung().contains(&(chunk, seed)),
        };
        self.hung().retain(|(of, _)| *of != chunk);
        alone::run(&self.plan, chunk, &care, &mut begun)
    }
}
