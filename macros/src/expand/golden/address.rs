#[derive(Embedded)]
pub(crate) struct Address {
    #[serde(rename = "town")]
    city: String,
    zip: Option<String>,
}
