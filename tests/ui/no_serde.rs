use reposit::Repository;

#[derive(Repository)]
struct User {
    #[hash_key]
    id: String,
    age: u32,
}

fn main() {
    let _ = User::get("u1");
}
