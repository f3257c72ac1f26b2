//! Operations that are done while something goes wrong: what is there before, what is asked for, what may come of it, and whether
//! what was told is so.

pub mod fixture;
pub mod models;
pub mod operations;
pub mod resent;
mod run;
pub mod state;
mod surroundings;
mod told;
pub mod unstamped;
pub mod verdict;
