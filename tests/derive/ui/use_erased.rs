use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Order {
    #[hash_key]
    id: String,
    #[index(range = "at")]
    shop: String,
    at: i64,
}

#[derive(Deserialize, Projection)]
#[projection(of = Order)]
struct OrderId {
    id: String,
}

fn main() {
    let _ = Order::find_by_shop("s").erased().range(7..);
    let _ = Order::find_by_shop("s").erased().then(7);
    let _ = Order::find_by_shop("s").erased().begins_with("7");
    let _ = Order::find_by_shop("s").erased().consistent();
    let _ = Order::find_by_shop("s").erased().select::<OrderId>().limit(OrderId { id: String::new() }.id.len());
    let _ = Order::condition("at", "=", 7);
}
