//! SQLite files: killed writers, full disks, several processes, files of others and of old, and what a person sees in them.

mod child;
mod expiry;
mod full_disk;
mod golden;
mod groups;
mod kills;
mod opening;
mod processes;
mod readable;
mod upkeep;
