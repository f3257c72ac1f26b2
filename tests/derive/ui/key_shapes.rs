use reposit::Key;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Key)]
struct Two(String, u32);

#[derive(Clone, Serialize, Deserialize, Key)]
struct Named {
    id: String,
}

#[derive(Clone, Serialize, Deserialize, Key)]
struct Nothing;

#[derive(Clone, Serialize, Deserialize, Key)]
enum Shape {
    Point,
    Circle(u32),
    Square { side: u32 },
}

#[derive(Clone, Serialize, Deserialize, Key)]
struct Id<T>(T);

#[derive(Clone, Serialize, Deserialize, Key)]
#[serde(untagged)]
enum Untagged {
    One,
}

#[derive(Clone, Serialize, Deserialize, Key)]
#[repository(name = "x")]
struct Word(String);

fn main() {}
