#[derive(Repository)]
#[repository(nmae = "users", read_capacity = 0)]
struct User {
    id: String,
    #[index(rnage = "joined_at", unique = true)]
    team: String,
    #[ttl(86400)]
    joined: i64,
}
