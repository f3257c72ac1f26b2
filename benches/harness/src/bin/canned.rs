//! The canned servers in a process of their own: prints their addresses, and serves until its input ends.

use std::io::Read as _;
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let addresses = bench_harness::server::start(Duration::from_millis(2))?;
    println!("export BENCH_DYNAMODB=http://{}", addresses.dynamodb);
    println!("export BENCH_MONGODB=mongodb://{}", addresses.mongodb);
    println!("export BENCH_DELAYED_DYNAMODB=http://{}", addresses.delayed_dynamodb);
    println!("export BENCH_DELAYED_MONGODB=mongodb://{}", addresses.delayed_mongodb);
    println!();
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
