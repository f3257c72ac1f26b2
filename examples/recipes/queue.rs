//! A job queue that many workers drain without getting in each other's way.
//!
//! A job that nobody works at is due at an instant; the index gives those of a queue in that order. A worker takes one
//! by moving its instant to the end of a lease, on the condition that it is still as it was seen: of two that want the
//! same job, one gets it. A worker that dies leaves its job, which is due again when the lease is over.
//!
//! Workers that all want the first job would mostly meet each other. So each job is of one worker's share, by its id: a
//! worker takes its own, and meets another only where its own run out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

/// How many jobs a worker looks at together.
const PAGE: usize = 64;
/// How many seconds a worker has for a job before another may take it.
const LEASE: i64 = 30;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_jobs")]
pub(crate) struct Job {
    #[hash_key]
    id: String,
    #[index(range = "due")]
    queue: String,
    due: i64,
    attempts: u32,
    text: String,
}

/// One of several workers of a queue.
pub(crate) struct Worker<'a> {
    db: &'a Database,
    queue: &'a str,
    /// Its number, from 0, and how many there are. A wrong number costs conflicts, and nothing else.
    number: usize,
    workers: usize,
    /// The jobs that it has seen and not yet tried to take.
    seen: Vec<Job>,
    conflicts: &'a AtomicU64,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        db: &'a Database,
        queue: &'a str,
        number: usize,
        workers: usize,
        conflicts: &'a AtomicU64,
    ) -> Self {
        Self { db, queue, number, workers, seen: Vec::new(), conflicts }
    }

    /// Takes a job that is due, for as long as a lease; none if nothing is due.
    pub(crate) async fn take(&mut self, now: i64) -> Result<Option<Job>> {
        loop {
            let Some(job) = self.seen.pop() else {
                self.look(now).await?;
                if self.seen.is_empty() {
                    return Ok(None);
                }
                continue;
            };
            let take = Job::update(&job.id).set(Job::DUE, now + LEASE).add(Job::ATTEMPTS, 1);
            match take.only_if(Job::DUE.eq(job.due)).exec(self.db).await {
                Ok(taken) => return Ok(Some(taken)),
                // Another took it, or has finished it.
                Err(error) if matches!(error.kind(), ErrorKind::ConditionFailed | ErrorKind::NotFound) => {
                    self.conflicts.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Says that a job is done. False if the lease was over and another has taken it: what was done counts for nothing.
    pub(crate) async fn finish(&self, job: &Job) -> Result<bool> {
        match Job::delete(&job.id).only_if(Job::DUE.eq(job.due)).exec(self.db).await {
            Err(error) if error.kind() == ErrorKind::ConditionFailed => Ok(false),
            done => done,
        }
    }

    /// Looks at the jobs that are due, and keeps this worker's share of them.
    async fn look(&mut self, now: i64) -> Result<()> {
        let due = Job::find_by_queue(self.queue).range(..=now).limit(PAGE).exec(self.db).await?.items;
        let (own, others): (Vec<_>, Vec<_>) = due.into_iter().partition(|job| job.share(self.workers) == self.number);
        // With no job of its own, a worker helps out with one of another's: the last, which that one comes to last.
        self.seen = if own.is_empty() { others.into_iter().last().into_iter().collect() } else { own };
        // The last is taken first.
        self.seen.reverse();
        Ok(())
    }
}

impl Job {
    /// Whose share a job is of so many workers': the same for every worker, whatever each of them sees.
    fn share(&self, workers: usize) -> usize {
        self.id.bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % workers
    }
}

/// Puts a job into a queue.
pub(crate) async fn enqueue(db: &Database, queue: &str, id: &str, due: i64) -> Result<()> {
    let job = Job { id: id.into(), queue: queue.into(), due, attempts: 0, text: format!("the text of {id}") };
    Job::create(&job).exec(db).await.map(drop)
}

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<Job>().await?;
    db.truncate::<Job>(DropForGood).await?;
    let conflicts = AtomicU64::new(0);
    enqueue(db, "mail", "welcome", 100).await?;
    enqueue(db, "mail", "reminder", 900).await?;
    let mut first = Worker::new(db, "mail", 0, 2, &conflicts);
    let mut second = Worker::new(db, "mail", 1, 2, &conflicts);

    let taken = first.take(100).await?.expect("one is due");
    println!("  taken: {} (attempt {})", taken.id, taken.attempts);
    println!("  for another: {:?}", second.take(101).await?.map(|job| job.id));
    // The first worker is gone; its job is due again when the lease is over.
    let again = second.take(100 + LEASE).await?.expect("it is due again");
    println!("  taken again: {} (attempt {})", again.id, again.attempts);
    println!("  the first may finish it: {}", first.finish(&taken).await?);
    println!("  the second may: {}", second.finish(&again).await?);
    println!("  left: {}", Job::find_by_queue("mail").count(db).await?);

    let drained = drain(db, 8, 40).await?;
    println!("  8 workers did {} jobs, each once: {}", drained.jobs, drained.each_once);
    Ok(())
}

/// How 1 and 8 workers drain 400 jobs.
pub(crate) async fn measure(db: &Database) -> Result<()> {
    db.define::<Job>().await?;
    println!("| workers | jobs | conflicts | jobs a second |");
    println!("|--:|--:|--:|--:|");
    for (workers, jobs) in [(1, 40), (8, 40), (1, 400), (8, 400)] {
        db.truncate::<Job>(DropForGood).await?;
        let drained = drain(db, workers, jobs).await?;
        assert!(drained.each_once);
        let rate = jobs as f64 / drained.time.as_secs_f64();
        println!("| {workers} | {jobs} | {} | {rate:.0} |", drained.conflicts);
    }
    Ok(())
}

struct Drained {
    jobs: usize,
    each_once: bool,
    conflicts: u64,
    time: Duration,
}

/// Lets some workers do all the jobs of a queue at the same time.
async fn drain(db: &Database, workers: usize, jobs: usize) -> Result<Drained> {
    let conflicts = AtomicU64::new(0);
    for job in 0..jobs {
        enqueue(db, "work", &format!("job {job}"), job as i64).await?;
    }
    let now = jobs as i64;
    let start = Instant::now();
    let work = |number| {
        let mut worker = Worker::new(db, "work", number, workers, &conflicts);
        async move {
            let mut done = Vec::new();
            while let Some(job) = worker.take(now).await? {
                assert!(worker.finish(&job).await?, "no lease was over");
                done.push(job.id);
            }
            Ok::<_, reposit::Error>(done)
        }
    };
    let all = futures_util::future::try_join_all((0..workers).map(work)).await?;
    let time = start.elapsed();
    let mut done: Vec<String> = all.concat();
    let total = done.len();
    done.sort_unstable();
    done.dedup();
    let each_once = done.len() == total && total == jobs;
    Ok(Drained { jobs: total, each_once, conflicts: conflicts.into_inner(), time })
}
