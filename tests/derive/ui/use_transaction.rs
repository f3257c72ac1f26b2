use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    age: u32,
}

fn wrong(db: &Database, users: &[User]) {
    let _ = db.transaction().add(User::get("u1"));
    let _ = db.transaction().add(User::scan().filter(User::AGE.lt(5))).add(User::delete("u1"));
    let _ = db.transaction().add(User::put_many(users));
    let _ = db.transaction().add(User::AGE.lt(5));
    let _ = db.snapshot(User::scan());
    let _ = db.snapshot((User::get("u1"), User::delete("u1")));
}

fn main() {
    let _ = wrong;
}
