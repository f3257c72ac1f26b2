use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Shape {
    Round { radius: u32 },
    Flat,
}

#[derive(Serialize, Deserialize, Repository)]
struct Thing {
    #[hash_key]
    id: String,
    shape: Shape,
}

fn main() {
    let _ = Thing::SHAPE.eq(&Shape::Flat);
    let _ = Thing::update("t1").set(Thing::SHAPE, &Shape::Round { radius: 1 });
}
