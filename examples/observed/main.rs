//! A database that is watched: its spans and events as lines, its metrics as a table, and what a use case costs.
//!
//! `cargo run -p reposit-examples --bin observed [URL]`
//!
//! With `--features otlp` it sends the same by OTLP (JSON over HTTP) to the collector that the environment variable
//! `OTEL_EXPORTER_OTLP_ENDPOINT` names, such as `http://localhost:4318`.

#[cfg(feature = "otlp")]
mod export;
mod recorder;

use std::time::Duration;

use reposit::layer::{Meter, Metrics, Trace};
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use recorder::Table;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "orders")]
struct Order {
    #[hash_key]
    id: String,
    #[index(range = "placed_at")]
    customer: String,
    placed_at: i64,
    total: u64,
}

fn order(id: &str, customer: &str, placed_at: i64) -> Order {
    Order { id: id.into(), customer: customer.into(), placed_at, total: 1999 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let lines = fmt::layer().with_span_events(FmtSpan::CLOSE).with_ansi(false).without_time();
    let watching = tracing_subscriber::registry().with(LevelFilter::DEBUG).with(lines);
    #[cfg(not(feature = "otlp"))]
    let table = {
        watching.try_init()?;
        Table::install(None)?
    };
    #[cfg(feature = "otlp")]
    let (table, export) = {
        let export = export::Export::from_env()?;
        watching
            .with(export.as_ref().map(|export| tracing_opentelemetry::layer().with_tracer(export.tracer())))
            .try_init()?;
        (Table::install(export.as_ref().map(|export| Box::new(export.recorder()) as _))?, export)
    };

    let meter = Meter::new();
    let bare = Database::open(&url).await?;
    bare.define::<Order>().await?;
    let db = bare.layer(meter.clone()).layer(Metrics::new()).layer(Trace::new().slow(Duration::from_millis(500)));

    println!("-- an order is placed, and found");
    Order::put(&order("o1", "ada", 1)).exec(&db).await?;
    Order::put(&order("o2", "ada", 2)).exec(&db).await?;
    let (page, cost) = meter.scope(Order::find_by_customer("ada").descending().limit(1).exec(&db)).await;
    println!("-- the last order of ada: {}", page?.items.first().map_or("none", |order| &order.id));

    println!("-- one that is there already is refused");
    if let Err(error) = Order::create(&order("o1", "grace", 3)).exec(&db).await {
        println!("-- {error}");
    }
    println!("-- all of them are read");
    println!("-- {} orders", Order::scan().all(&db).await?.len());

    println!("-- what the page cost");
    println!("{} read units, {} records read, {} given", cost.read_units, cost.records_read, cost.records_given);
    println!("-- the metrics");
    print!("{table}");
    println!("-- what each operation cost");
    for part in meter.total().parts() {
        let (index, cost) = (part.index.as_deref().unwrap_or("-"), &part.cost);
        println!(
            "{} {} {index}: {} requests, {} read and {} write units",
            part.operation, part.repository, cost.requests, cost.read_units, cost.write_units
        );
    }
    #[cfg(feature = "otlp")]
    if let Some(export) = export {
        export.finish()?;
    }
    Ok(())
}
