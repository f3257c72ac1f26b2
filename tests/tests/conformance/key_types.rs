//! ObjectIds as keys of every kind.

use ::mongodb::bson::oid::ObjectId;
use reposit::{Key, Repository};
use reposit_conformance::Test;
use serde::{Deserialize, Serialize};

reposit_conformance::cases!(object_ids, newtypes_over_object_ids);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct AccountId(ObjectId);

reposit_conformance::key_everywhere! {
    object_ids OfObjectId ObjectId, [[0; 12], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], [9, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x10; 12], [0xa0; 12], [255; 12]].map(ObjectId::from_bytes).to_vec();
    newtypes_over_object_ids OfAccountId AccountId, [[1; 12], [0x9f; 12], [0xa0; 12]].map(|id| AccountId(id.into())).to_vec();
}
