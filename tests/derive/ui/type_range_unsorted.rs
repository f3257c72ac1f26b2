use std::net::{IpAddr, Ipv4Addr};

use reposit::{Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Visit {
    #[hash_key]
    from: IpAddr,
    #[range_key]
    to: IpAddr,
    #[index(range = "gateway")]
    name: String,
    gateway: Host,
    #[index(local)]
    next: Option<Ipv4Addr>,
}

#[derive(Clone, Serialize, Deserialize, Key)]
struct Host(Ipv4Addr);

fn main() {}
