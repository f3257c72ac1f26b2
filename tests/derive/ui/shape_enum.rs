use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
enum Shape {
    Circle { radius: u32 },
    Square { side: u32 },
}

fn main() {
    let _ = <Shape as Repository>::definition();
}
