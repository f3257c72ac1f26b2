#[derive(Repository)]
#[repository(name = "users", read_capacity = 5, write_capacity = 5)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    age: u32,
    tags: Vec<String>,
    nickname: Option<String>,
    #[version]
    revision: u64,
}
