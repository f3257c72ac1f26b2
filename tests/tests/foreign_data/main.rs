//! What other programs store in the databases: it is read and found by its value, or is said to be no value of the field.

mod cloud_formation;
mod dynamodb_items;
mod dynamodb_ranges;
mod java_mapper;
mod mongodb_documents;
mod mongoose;
mod names;
mod object_ids;
mod told_writes;
