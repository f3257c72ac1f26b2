use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(
    index(name = "by_nothing", hash = []),
    index(name = "by_numbers", hash = [1, 2]),
    index(name = "by_five", hash = ["country", "state", "city", "street", "door"]),
    index(name = "by_one_twice", hash = ["country", "country"]),
    index(name = "by_range_too", hash = ["country", "city"], range = ["street", "city"]),
    index(name = "by_range_too_and_unique", hash = ["country", "city"], range = ["city", "door", "door"], unique),
    index(name = "by_unknown", hash = ["country", "town"]),
    index(name = "by_two_lists", hash = ["country"], hash = ["city"]),
    index(hash = ["country", "city"]),
    index(hash = ["country", "city"], range = "street")
)]
struct Shop {
    #[hash_key]
    id: String,
    country: String,
    state: String,
    #[index(hash = ["city", "street"])]
    city: String,
    street: String,
    door: String,
}

fn main() {
    let _ = Shop::find_by_country_and_city("Austria");
}
