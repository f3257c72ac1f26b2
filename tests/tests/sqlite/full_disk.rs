//! A file that can grow no more, from every write on: what was told to be done is there, and what was told not to be is not.

use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::Told;

use crate::child::{Writer, url};
use crate::kills::open;

/// The limits, in blocks of 512 bytes. A page is eight, and with its head in the log one more than that.
const LIMITS: std::ops::Range<u64> = 60..900;
const STEP: usize = 23;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_wrong() {
    let (mut refused, mut ended, mut runs) = (0, 0, 0);
    for (run, blocks) in LIMITS.step_by(STEP).enumerate() {
        let durability = if run % 2 == 0 { "commit" } else { "os" };
        let (file, mut told) = (fresh_file(), Told::default());
        let url = url(&file, durability);
        let writer = Writer::start(&url, run, 4, 30, Some(blocks));
        let is_ready = writer.is_ready();
        writer.end(&mut told);
        runs += 1;
        if !is_ready {
            // There was not even room for the definitions: the file may be a new one still.
            ended += 1;
        }
        let db = open(&url).await;
        crate::processes::define(&db).await;
        told.check(&db).await;
        refused += told.refused + told.unknown;
        // With room again, the file takes writes again.
        let again = Writer::start(&url, 1_000 + run, 1, 2, None);
        assert!(again.is_ready(), "with {blocks} blocks");
        again.end(&mut told);
        told.check(&db).await;
    }
    assert!(refused > 50 && ended < runs / 2, "{refused} writes were not done in {runs} runs, {ended} ended at once");
    report::ran("sqlite::a_disk_is_full_at_every_write", "sqlite");
}
