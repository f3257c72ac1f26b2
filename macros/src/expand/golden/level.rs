#[derive(Key)]
enum Level {
    Low,
    High,
}
