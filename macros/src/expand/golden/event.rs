/// Everything that a model can have.
#[derive(Repository)]
#[serde(rename_all = "camelCase")]
#[repository(
    crate = "crate::orm",
    stamp = false,
    index(name = "by_kind_and_at", hash = "type", range = ["at", "level"], projection = ["level", "note"])
)]
pub struct HttpEvent {
    #[hash_key(auto)]
    #[serde(rename = "_h")]
    stream: Uuid,
    #[range_key]
    at: SystemTime,
    #[index(local, projection = "keys_only")]
    level: u8,
    #[index(name = "per_user")]
    user_id: Option<u64>,
    r#type: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex")]
    note: Option<Vec<u8>>,
    #[index]
    #[serde(default = "nobody")]
    owner: Option<String>,
    #[serde(flatten)]
    rest: Extra,
    #[serde(skip)]
    cache: Cache,
    #[ttl]
    until: Option<SystemTime>,
    #[created_at]
    #[stored(as = "rfc3339")]
    made: SystemTime,
    #[updated_at]
    #[stored(as = "date")]
    changed: SystemTime,
}
