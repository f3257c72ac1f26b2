//! Changes of case: serde's rules for stored names, and the names that the derive makes up.

/// One of serde's `rename_all` rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum RenameRule {
    #[default]
    None,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    /// The rule of this name; `None` where serde knows none, and serde says so itself.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// What serde stores a field of this name under.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            // A field is written in snake_case already, so serde leaves it as it is.
            Self::None | Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => lower_first(&pascal(field)),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// What serde stores a variant of this name as.
    pub(crate) fn apply_to_variant(self, variant: &str) -> String {
        match self {
            Self::None | Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Camel => lower_first(variant),
            Self::Snake => parted(variant),
            Self::ScreamingSnake => parted(variant).to_ascii_uppercase(),
            Self::Kebab => parted(variant).replace('_', "-"),
            Self::ScreamingKebab => parted(variant).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut pascal = String::new();
    let mut start = true;
    for c in field.chars() {
        if c == '_' {
            start = true;
        } else if start {
            pascal.push(c.to_ascii_uppercase());
            start = false;
        } else {
            pascal.push(c);
        }
    }
    pascal
}

/// serde's snake_case, in which every capital begins a word.
fn parted(variant: &str) -> String {
    let mut parted = String::new();
    for (at, c) in variant.char_indices() {
        if at > 0 && c.is_uppercase() {
            parted.push('_');
        }
        parted.push(c.to_ascii_lowercase());
    }
    parted
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + chars.as_str(),
        None => String::new(),
    }
}

/// `HttpServer` and `HTTPServer` as `http_server`: the default name of a table.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_numeric());
        let before_lower = chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        let after_upper = i > 0 && chars[i - 1].is_uppercase();
        if c.is_uppercase() && (after_lower || (after_upper && before_lower)) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The name of a field's constant.
pub(crate) fn screaming(field: &str) -> String {
    field.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{RenameRule, snake};

    #[test]
    fn serde_rules_on_fields() {
        for (rule, outcome, very_tasty, a, z42) in [
            ("lowercase", "outcome", "very_tasty", "a", "z42"),
            ("snake_case", "outcome", "very_tasty", "a", "z42"),
            ("UPPERCASE", "OUTCOME", "VERY_TASTY", "A", "Z42"),
            ("PascalCase", "Outcome", "VeryTasty", "A", "Z42"),
            ("camelCase", "outcome", "veryTasty", "a", "z42"),
            ("SCREAMING_SNAKE_CASE", "OUTCOME", "VERY_TASTY", "A", "Z42"),
            ("kebab-case", "outcome", "very-tasty", "a", "z42"),
            ("SCREAMING-KEBAB-CASE", "OUTCOME", "VERY-TASTY", "A", "Z42"),
        ] {
            let rule = RenameRule::from_name(rule).unwrap();
            assert_eq!(rule.apply("outcome"), outcome);
            assert_eq!(rule.apply("very_tasty"), very_tasty);
            assert_eq!(rule.apply("a"), a);
            assert_eq!(rule.apply("z42"), z42);
        }
        assert_eq!(RenameRule::from_name("Camel"), None);
    }

    #[test]
    fn serde_rules_on_variants() {
        for (rule, outcome, very_tasty, a) in [
            ("lowercase", "outcome", "verytasty", "a"),
            ("UPPERCASE", "OUTCOME", "VERYTASTY", "A"),
            ("PascalCase", "Outcome", "VeryTasty", "A"),
            ("camelCase", "outcome", "veryTasty", "a"),
            ("snake_case", "outcome", "very_tasty", "a"),
            ("SCREAMING_SNAKE_CASE", "OUTCOME", "VERY_TASTY", "A"),
            ("kebab-case", "outcome", "very-tasty", "a"),
            ("SCREAMING-KEBAB-CASE", "OUTCOME", "VERY-TASTY", "A"),
        ] {
            let rule = RenameRule::from_name(rule).unwrap();
            assert_eq!(rule.apply_to_variant("Outcome"), outcome);
            assert_eq!(rule.apply_to_variant("VeryTasty"), very_tasty);
            assert_eq!(rule.apply_to_variant("A"), a);
        }
    }

    #[test]
    fn table_names() {
        assert_eq!(snake("User"), "user");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(snake("HttpServer"), "http_server");
        assert_eq!(snake("Part2Thing"), "part2_thing");
        assert_eq!(snake("ABC"), "abc");
    }
}
