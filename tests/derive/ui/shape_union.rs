use reposit::Repository;

#[derive(Clone, Copy, Repository)]
union Bits {
    whole: u32,
    bytes: [u8; 4],
}

fn main() {}
