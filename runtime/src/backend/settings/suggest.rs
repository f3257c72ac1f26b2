//! What a mistyped name was most likely meant to be.

/// How many letters may be wrong. A letter has four bytes at most.
const MOST_SLIPS: usize = 3;

/// The known word that a mistyped one most likely stands for.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // Words so different in length are no slips, and a word may be as long as a file.
    let alike = |known: &&&str| known.len().abs_diff(word.len()) <= 4 * MOST_SLIPS;
    let near = |known: &&'a str| (distance(&word.to_lowercase(), &known.to_lowercase()), *known);
    let (distance, best) = known.iter().filter(alike).map(near).min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may be wrong: of a name of one letter, none.
    (distance <= (best.len() / 3).min(MOST_SLIPS)).then_some(best)
}

/// What to add to a message about an unknown word.
#[cfg(feature = "config-file")]
fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// The message about an unknown name. The name may be the rest of a secret that was cut at a sign which is
/// not encoded: so it is shown only if it resembles a known one, and else its place is. `name` is `None` if
/// a secret stands before it.
pub(crate) fn describe_unknown(word: &str, place: &str, name: Option<&str>, known: &[&str], listed: &str) -> String {
    match name.and_then(|name| Some((name, nearest(name, known)?))) {
        Some((name, near)) => format!("unknown {word} `{name}`; did you mean `{near}`?"),
        None => format!("{place} is unknown; known are {listed}"),
    }
}

/// The message about a value that is none of the known words. It is shown only if it can be nothing but a word.
#[cfg(feature = "config-file")]
pub(crate) fn describe_word(word: &str, known: &[&str]) -> String {
    match word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => format!("`{word}`; {}", hint(word, known)),
        false => format!("that is none; known are {}", known.join(", ")),
    }
}

/// How many letters have to be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = ["timeout", "connect_timeout", "region", "endpoint"];
        assert_eq!(nearest("timeot", &known), Some("timeout"));
        assert_eq!(nearest("TimeOut", &known), Some("timeout"));
        assert_eq!(nearest("conect_timeout", &known), Some("connect_timeout"));
        assert_eq!(nearest("endpiont", &known), Some("endpoint"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("x", &[]), None);
        assert_eq!(nearest(&"timeout".repeat(1 << 20), &known), None, "and takes no time");
        assert_eq!(nearest("x", &["w"]), None, "a letter resembles no other");
    }
}
