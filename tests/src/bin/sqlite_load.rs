//! Writers on an SQLite file, to be killed: `sqlite_load URL RUN WRITERS ROUNDS`. Each answer is a line on the standard
//! output, before the writer goes on. No rounds mean no end.

use reposit::{Database, ErrorKind, Result};
use reposit_tests::sqlite_load::{Kept, Letter, Member, Tally, letter, member, pair_tally, tally};

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, run, writers, rounds] = words.as_slice() else { panic!("sqlite_load URL RUN WRITERS ROUNDS") };
    let number = |word: &String| word.parse::<usize>().unwrap_or_else(|_| panic!("{word} is no number"));
    let (run, writers, rounds) = (number(run), number(writers), number(rounds));
    let db = Database::open(url).await?;
    db.define::<(Letter, Member, Tally, Kept)>().await?;
    println!("ready");
    let write = |writer| tokio::spawn(write(db.clone(), run, writer, rounds));
    let all: Vec<_> = (0..writers).map(write).collect();
    for writer in all {
        writer.await.expect("a writer meets errors, and does not panic");
    }
    Ok(())
}

async fn write(db: Database, run: usize, writer: usize, rounds: usize) {
    let mut round = 0;
    while rounds == 0 || round < rounds {
        let name = format!("{run}-{writer}-{round}");
        tell("letter", &name, Letter::create(&letter(&name)).exec(&db).await);
        tell("member", &name, Member::create(&member(&name)).exec(&db).await);
        let pair = ["a", "b"].map(|half| letter(&format!("{name}-{half}")));
        let both = db.transaction().add(Letter::create(&pair[0])).add(Letter::create(&pair[1]));
        let add = Tally::upsert(&pair_tally(run, writer)).add(Tally::COUNT, 1);
        tell("pair", &name, both.add(add).commit().await.map(drop));
        let add = Tally::upsert(&tally()).add(Tally::COUNT, 1);
        tell("add", &name, add.exec(&db).await.map(drop));
        if round % 3 == 2 {
            let old = format!("{run}-{writer}-{}", round - 1);
            println!("deleting {old} begun");
            tell("delete", &old, Member::delete(&old).exec(&db).await.map(drop));
        }
        round += 1;
    }
}

fn tell(what: &str, name: &str, result: Result<()>) {
    let fate = match result {
        Ok(()) => "done".to_owned(),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => "unknown".to_owned(),
        Err(error) => format!("not {}", error.kind()),
    };
    println!("{what} {name} {fate}");
}
