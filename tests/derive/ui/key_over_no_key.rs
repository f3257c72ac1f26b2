use reposit::Key;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Key)]
struct Ratio(f64);

#[derive(Clone, Serialize, Deserialize, Key)]
struct Maybe(Option<String>);

fn main() {}
