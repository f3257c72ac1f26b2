use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(
    index(name = "by_place", hash = ["country", "city"]),
    index(name = "by_country", hash = ["country"]),
    index(name = "by_all", hash = ["country", "city", "street"], range = "street"),
    index(name = "by_nothing", hash = []),
    index(name = "by_numbers", hash = [1, 2])
)]
struct Shop {
    #[hash_key]
    id: String,
    country: String,
    city: String,
    street: String,
}

fn main() {
    let _ = Shop::find_by_place("Austria");
}
