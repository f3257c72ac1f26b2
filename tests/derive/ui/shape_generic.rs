use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Wrapper<T> {
    #[hash_key]
    id: String,
    inner: T,
}

#[derive(Serialize, Deserialize, Repository)]
struct Borrowed<'a> {
    #[hash_key]
    id: &'a str,
}

#[derive(Serialize, Deserialize, Repository)]
struct Sized<const N: usize> {
    #[hash_key]
    id: String,
}

fn main() {}
