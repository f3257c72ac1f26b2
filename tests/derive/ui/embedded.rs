use reposit::Embedded;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Pair(String, u32);

#[derive(Clone, Serialize, Deserialize, Embedded)]
enum Shape {
    Point,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
#[serde(transparent)]
struct One {
    id: String,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Address {
    #[serde(rename = "a.b")]
    city: String,
    #[serde(rename(serialize = "x"))]
    zip: String,
}

fn main() {
    let _ = Address::CITY;
    let _ = Address::ZIP;
}
