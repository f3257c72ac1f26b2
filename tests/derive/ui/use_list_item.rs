use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Shelf {
    #[hash_key]
    id: String,
    grades: Vec<Option<u32>>,
    bytes: Vec<u8>,
    units: Vec<()>,
    paths: Vec<std::path::PathBuf>,
    rows: Vec<Vec<Option<u32>>>,
    age: u32,
}

fn main() {
    let _ = Shelf::update("s").append(Shelf::GRADES, [1]);
    let _ = Shelf::GRADES.contains(1);
    let _ = Shelf::GRADES.nth(0);
    let _ = Shelf::update("s").append(Shelf::BYTES, [1]);
    let _ = Shelf::BYTES.contains(1);
    let _ = Shelf::UNITS.eq(&[()]);
    let _ = Shelf::PATHS.contains(std::path::Path::new("a"));
    let _ = Shelf::ROWS.contains(&[Some(1)]);
    let _ = Shelf::AGE.nth(0);
    let _ = Shelf::AGE.entry("a");
    let _ = Shelf::AGE.size();
    let _ = Shelf::AGE.contains(1);
    let _ = Shelf::AGE.begins_with("1");
}
