use std::net::IpAddr;

use reposit::{FieldType, Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Machine {
    #[hash_key]
    address: IpAddr,
    name: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Visit {
    #[hash_key]
    id: String,
    #[index]
    from: IpAddr,
    to: IpAddr,
    hops: Vec<IpAddr>,
}

#[derive(Clone, Serialize, Deserialize, Key)]
struct Address(IpAddr);

#[derive(Clone, Serialize, Deserialize, FieldType)]
struct Wrapped(IpAddr);

#[derive(Serialize, Deserialize, Repository)]
struct Probe {
    #[hash_key]
    from: Wrapped,
    to: Wrapped,
}

fn look(to: &IpAddr, wrapped: &Wrapped) {
    let _ = Visit::TO.eq(to);
    let _ = Visit::update("v1").set(Visit::TO, to);
    let _ = Visit::HOPS.contains(to);
    let _ = Probe::TO.eq(wrapped);
}

fn main() {
    let _ = look;
}
