use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    stream: String,
    #[range_key]
    seq: u64,
}

fn main() {
    let _ = Event::query("s").after(5);
    let _ = Event::scan().after(Some(5));
    let _ = Event::query("s").after(("s", 5));
}
