#[derive(Key)]
struct UserId(String);
