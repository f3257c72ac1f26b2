//! What is set on a collection beside its indexes, and is left alone.

use mongodb::bson::{Bson, Document};

use crate::backend::Plan;

/// Adds to a plan what is set on the collection, by the options that the server lists it with. What would change how
/// the model's records compare or stay is a mismatch and not here.
pub(super) fn compare(collection: &Document, plan: &mut Plan) {
    for (name, value) in collection.get_document("options").into_iter().flatten() {
        if let Some(words) = describe(name, value) {
            plan.add_left_alone(words);
        }
    }
}

/// An option in words; nothing for what is told elsewhere, or is as it would be without it.
fn describe(name: &str, value: &Bson) -> Option<String> {
    Some(match name {
        "capped" | "collation" | "size" | "max" | "uuid" | "autoIndexId" | "validationLevel" | "validationAction" => {
            return None;
        }
        "validator" => "a validator, by which the server refuses or warns of writes of this model too".to_owned(),
        "changeStreamPreAndPostImages"
            if value.as_document().is_some_and(|is| is.get_bool("enabled").is_ok_and(|on| !on)) =>
        {
            return None;
        }
        "changeStreamPreAndPostImages" => "images for change streams, before and after each write".to_owned(),
        "expireAfterSeconds" => "a time to live of the whole collection, by its clustered index".to_owned(),
        "clusteredIndex" => "records that are stored in the order of _id (a clustered collection)".to_owned(),
        "encryptedFields" => "encrypted fields, which are read as the bytes that are stored".to_owned(),
        other => format!("the collection's option {other}"),
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn what_is_set_is_told_in_words() {
        let options = doc! {
            "validator": { "$jsonSchema": {} }, "validationLevel": "strict", "capped": true, "size": 5,
            "changeStreamPreAndPostImages": { "enabled": false }, "storageEngine": {},
        };
        let mut plan = Plan::new("users");
        compare(&doc! { "name": "users", "options": options }, &mut plan);
        let told = [
            "a validator, by which the server refuses or warns of writes of this model too",
            "the collection's option storageEngine",
        ];
        assert_eq!(plan.left_alone(), told);
        let mut plain = Plan::new("users");
        compare(&doc! { "name": "users", "options": {} }, &mut plain);
        assert!(plain.left_alone().is_empty());
    }
}
