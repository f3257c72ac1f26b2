//! Loads the 3,376 airports of `data/airports.csv` and answers questions from them through finders.
//! The answers are the same, byte for byte, on every backend:
//!
//! ```text
//! cargo run --bin airports
//! cargo run --bin airports -- --db mongodb://localhost:27017/airports
//! ```

use std::error::Error;

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

const DATA: &str = include_str!("data/airports.csv");

/// How many airports are sent at a time.
const CHUNK: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "airports")]
struct Airport {
    #[hash_key]
    iata: String,
    name: String,
    #[index(range = "iata")]
    city: String,
    #[index(range = "iata")]
    state: String,
    country: String,
    latitude: f64,
    longitude: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let db = Database::open(&address()?).await?;
    db.define::<Airport>().await?;
    load(&db).await?;

    println!("{} airports", Airport::scan().segments(4).count(&db).await?);
    by_code(&db, &["SFO", "JFK", "00M", "XXX"]).await?;
    in_city(&db, "Houston").await?;
    first_of_state(&db, "AK", 5).await?;
    northernmost(&db, &["WA", "ME", "MN", "AK"]).await?;
    abroad(&db).await?;
    states(&db, &["AK", "CA", "FL", "HI", "RI", "TX"]).await
}

/// The address after `--db`, or the embedded store.
fn address() -> Result<String, lexopt::Error> {
    use lexopt::prelude::*;
    let mut url = "memory:".to_owned();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("db") => url = arguments.value()?.string()?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(url)
}

async fn load(db: &Database) -> Result<(), Box<dyn Error>> {
    let airports = csv::Reader::from_reader(DATA.as_bytes()).into_deserialize().collect::<Result<Vec<Airport>, _>>()?;
    let style = ProgressStyle::with_template("loading {bar:40} {pos}/{len} {per_sec}")?;
    let bar = ProgressBar::new(airports.len() as u64).with_style(style);
    for chunk in airports.chunks(CHUNK) {
        Airport::put_many(chunk).exec(db).await?;
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn by_code(db: &Database, codes: &[&str]) -> Result<(), Box<dyn Error>> {
    let found = Airport::get_many(codes.iter().copied()).exec(db).await?;
    let rows = codes.iter().zip(found).map(|(code, airport)| match airport {
        Some(airport) => row(&airport),
        None => [code.to_string(), "no such airport".into(), String::new(), String::new(), String::new()],
    });
    print("By their codes", rows);
    Ok(())
}

async fn in_city(db: &Database, city: &str) -> Result<(), Box<dyn Error>> {
    let found = Airport::find_by_city(city).filter(Airport::STATE.eq("TX")).all(db).await?;
    print(&format!("In {city}, Texas"), found.iter().map(row));
    Ok(())
}

async fn first_of_state(db: &Database, state: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let page = Airport::find_by_state(state).range("A"..).limit(count).exec(db).await?;
    print(&format!("The first {count} of {state} whose code begins with a letter"), page.items.iter().map(row));
    if let Some(next) = page.next {
        let page = Airport::find_by_state(state).range("A"..).limit(count).after(next).exec(db).await?;
        print(&format!("The next {count}"), page.items.iter().map(row));
    }
    Ok(())
}

async fn northernmost(db: &Database, states: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for state in states {
        let airports = Airport::find_by_state(state).all(db).await?;
        rows.extend(airports.iter().max_by(|a, b| a.latitude.total_cmp(&b.latitude)).map(row));
    }
    print("The northernmost of some states", rows);
    Ok(())
}

async fn abroad(db: &Database) -> Result<(), Box<dyn Error>> {
    // No index is declared for this, so it is a scan, and says so.
    let mut found = Airport::scan().filter(Airport::COUNTRY.ne("USA")).all(db).await?;
    found.sort_by(|a, b| a.iata.cmp(&b.iata));
    print("Outside the USA", found.iter().map(row));
    Ok(())
}

async fn states(db: &Database, states: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut table = table(&["state", "airports", "north of 45°"]);
    for state in states {
        let all = Airport::find_by_state(state).count(db).await?;
        let north = Airport::find_by_state(state).filter(Airport::LATITUDE.gt(45.0)).count(db).await?;
        table.add_row([state.to_string(), all.to_string(), north.to_string()]);
    }
    println!("\nHow many there are\n{table}");
    Ok(())
}

fn row(airport: &Airport) -> [String; 5] {
    let place = format!("{:.4}, {:.4}", airport.latitude, airport.longitude);
    [airport.iata.clone(), airport.name.clone(), airport.city.clone(), airport.state.clone(), place]
}

fn print(title: &str, rows: impl IntoIterator<Item = [String; 5]>) {
    let mut table = table(&["code", "name", "city", "state", "latitude, longitude"]);
    table.add_rows(rows);
    println!("\n{title}\n{table}");
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}
