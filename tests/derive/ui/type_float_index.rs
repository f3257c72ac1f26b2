use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Player {
    #[hash_key]
    id: String,
    #[index]
    rating: f64,
    #[index(range = "score")]
    team: String,
    score: f32,
}

fn main() {
    let _ = Player::find_by_rating(1.0);
    let _ = Player::find_by_team("core");
}
