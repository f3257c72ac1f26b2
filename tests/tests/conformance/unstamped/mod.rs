//! Models of which nothing but their own attributes is written.

mod operations;
mod stored;
