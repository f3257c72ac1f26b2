use std::net::SocketAddr;

use reposit::{FieldType, Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Machine {
    #[hash_key]
    address: SocketAddr,
    name: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Visit {
    #[hash_key]
    id: String,
    #[index]
    from: SocketAddr,
    to: SocketAddr,
    hops: Vec<SocketAddr>,
}

#[derive(Clone, Serialize, Deserialize, Key)]
struct Address(SocketAddr);

#[derive(Clone, Serialize, Deserialize, FieldType)]
struct Wrapped(SocketAddr);

#[derive(Serialize, Deserialize, Repository)]
struct Probe {
    #[hash_key]
    from: Wrapped,
    to: Wrapped,
}

fn look(to: &SocketAddr, wrapped: &Wrapped) {
    let _ = Visit::TO.eq(to);
    let _ = Visit::update("v1").set(Visit::TO, to);
    let _ = Visit::HOPS.contains(to);
    let _ = Probe::TO.eq(wrapped);
}

fn main() {
    let _ = look;
}
