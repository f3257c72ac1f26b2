use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(hash = ["tenant", "state"], range = ["city", "opened"]))]
struct Shop {
    #[hash_key]
    id: String,
    tenant: String,
    state: String,
    city: String,
    opened: i64,
    #[index]
    owner: String,
}

fn main() {
    let _ = Shop::find_by_tenant_and_state("t");
    let _ = Shop::find_by_tenant_and_state("t", "CA").then(7);
    let _ = Shop::find_by_tenant_and_state("t", "CA").then("Fresno").then("1999");
    let _ = Shop::find_by_tenant_and_state("t", "CA").then("Fresno").range("a"..);
    let _ = Shop::find_by_tenant_and_state("t", "CA").then("Fresno").begins_with("a");
    let _ = Shop::find_by_tenant_and_state("t", "CA").then("Fresno").then(7).then(8);
    let _ = Shop::find_by_tenant_and_state("t", "CA").then("Fresno").then(7).range(8..);
    let _ = Shop::find_by_owner("ada").then("b");
}
