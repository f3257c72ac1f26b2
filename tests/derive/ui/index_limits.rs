use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Wide {
    #[hash_key]
    id: String,
    #[range_key]
    at: u64,
    #[index]
    g00: u32,
    #[index]
    g01: u32,
    #[index]
    g02: u32,
    #[index]
    g03: u32,
    #[index]
    g04: u32,
    #[index]
    g05: u32,
    #[index]
    g06: u32,
    #[index]
    g07: u32,
    #[index]
    g08: u32,
    #[index]
    g09: u32,
    #[index]
    g10: u32,
    #[index]
    g11: u32,
    #[index]
    g12: u32,
    #[index]
    g13: u32,
    #[index]
    g14: u32,
    #[index]
    g15: u32,
    #[index]
    g16: u32,
    #[index]
    g17: u32,
    #[index]
    g18: u32,
    #[index]
    g19: u32,
    #[index]
    g20: u32,
    #[index(local)]
    l0: u32,
    #[index(local)]
    l1: u32,
    #[index(local)]
    l2: u32,
    #[index(local)]
    l3: u32,
    #[index(local)]
    l4: u32,
    #[index(local)]
    l5: u32,
}

fn main() {}
