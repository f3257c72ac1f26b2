//! The value of a property, wherever it was read: an option of a URL is text, a property of a file may be more.

use std::collections::BTreeMap;

/// A value of a URL's option or of a file's property.
#[derive(Clone, PartialEq)]
#[cfg_attr(not(feature = "config-file"), allow(dead_code, reason = "a URL has text alone"))]
pub(crate) enum Property {
    /// Nothing: as if the property were not there.
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Property>),
    Map(Properties),
}

/// The values of a map by their names.
type Properties = BTreeMap<String, Property>;

impl Property {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    #[cfg(feature = "config-file")]
    pub(crate) fn as_map(&self) -> Option<&Properties> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value as a URL would write it.
    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::Bool(value) => Some(value.to_string()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

#[cfg(feature = "config-file")]
mod de {
    //! Reads a property from whatever serde reads: JSON and TOML.

    use std::fmt;

    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

    use super::{Properties, Property};

    impl<'de> Deserialize<'de> for Property {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(PropertyVisitor)
        }
    }

    struct PropertyVisitor;

    impl<'de> Visitor<'de> for PropertyVisitor {
        type Value = Property;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a property")
        }

        fn visit_unit<E>(self) -> Result<Property, E> {
            Ok(Property::Null)
        }

        fn visit_none<E>(self) -> Result<Property, E> {
            Ok(Property::Null)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Property, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Property, E> {
            Ok(Property::Bool(value))
        }

        fn visit_i64<E>(self, n: i64) -> Result<Property, E> {
            Ok(Property::Number(n.to_string()))
        }

        fn visit_u64<E>(self, n: u64) -> Result<Property, E> {
            Ok(Property::Number(n.to_string()))
        }

        fn visit_f64<E>(self, n: f64) -> Result<Property, E> {
            // TOML has infinities, which no property has a use for.
            Ok(if n.is_finite() { Property::Number(format!("{n:?}")) } else { Property::Null })
        }

        fn visit_str<E>(self, text: &str) -> Result<Property, E> {
            Ok(Property::Text(text.to_owned()))
        }

        fn visit_string<E>(self, text: String) -> Result<Property, E> {
            Ok(Property::Text(text))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Property, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(Property::List(list))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Property, A::Error> {
            let mut map = Properties::new();
            while let Some((name, value)) = entries.next_entry()? {
                map.insert(name, value);
            }
            Ok(Property::Map(map))
        }
    }
}
