pub mod library {
    use reposit::{Key, Repository};
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Serialize, Deserialize, Key)]
    struct Isbn(String);

    #[derive(Serialize, Deserialize, Repository)]
    pub struct Book {
        #[hash_key]
        isbn: Isbn,
        #[index]
        next: Isbn,
    }
}

fn main() {}
