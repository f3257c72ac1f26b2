#[derive(Projection)]
#[projection(of = User)]
struct Summary {
    id: String,
    age: u32,
}
