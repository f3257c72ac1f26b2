//! A query that writes the bytes of a record as JSON, with nothing but what every SQLite has. `docs/record-format.md` draws
//! the bytes.
//!
//! It walks through the bytes. Each row is a step, and has the place where it stands, what it has read, the JSON so far,
//! and the lists and maps that are open: for each a letter, and in ten digits where it ends.
//!
//! | step | stands at |
//! |---|---|
//! | 0 | an item, a name, or the end of a list or map |
//! | 1 | the kind of a value |
//! | 2 | its content: `n` bytes, or what is the value `n` |
//! | 3 | the end of the record |

use std::fmt::Write as _;

/// The kind that a float has once `n` is the number itself.
const READ_FLOAT: u32 = 80;

/// The query, over a column with an entry of the store. Its one row is the JSON.
pub(super) fn json_of(column: &str) -> String {
    let bytes: String = (0..=255_u8).map(|byte| format!("{byte:02x}")).collect();
    let walk = [
        ("step", next_step()),
        ("at", next_place(column)),
        ("kind", format!("CASE step WHEN 1 THEN {} WHEN 2 THEN {READ_FLOAT} END", byte(column, "at"))),
        ("n", format!("CASE step WHEN 1 THEN {} WHEN 2 THEN {} END", read(column), float("n"))),
        (
            "json",
            format!("json || CASE step WHEN 0 THEN {} WHEN 2 THEN {} ELSE '' END", between(column), shown(column)),
        ),
        ("open", next_open()),
    ];
    let columns: Vec<_> = walk.iter().map(|(name, _)| *name).collect();
    let step: Vec<_> = walk.iter().map(|(_, next)| next.as_str()).collect();
    let powers = powers(&bytes);
    format!(
        "WITH RECURSIVE {powers}, walk({}) AS (\
         SELECT 0, 3, 0, 0, '{{', printf('m%010d', length({column}) + 1) \
         UNION ALL SELECT {} FROM walk, p9 WHERE step < 3) SELECT json FROM walk WHERE step = 3",
        columns.join(", "),
        step.join(", "),
    )
}

/// The innermost list or map that is open ends here.
const ENDS: &str = "at = CAST(substr(open, -10) AS INTEGER)";
const IN_MAP: &str = "substr(open, -11, 1) = 'm'";

/// All bytes in a row, in which each stands at its own number; and the powers 2 to the 2 to the 5 and so on.
fn powers(bytes: &str) -> String {
    let mut text = format!("p5(bytes, e5) AS (VALUES (x'{bytes}', 4294967296.0))");
    for n in 6..=9 {
        // Writing to a text cannot fail.
        let _ = write!(text, ", p{n} AS (SELECT *, e{before} * e{before} AS e{n} FROM p{before})", before = n - 1);
    }
    text
}

/// The byte at a place.
fn byte(column: &str, at: &str) -> String {
    format!("(instr(bytes, substr({column}, {at}, 1)) - 1)")
}

/// A number of so many bytes, the lowest first.
fn number(column: &str, at: &str, bytes: u32) -> String {
    let part = |n: u32| format!("({} << {})", byte(column, &format!("{at} + {n}")), n * 8);
    format!("({})", (0..bytes).map(part).collect::<Vec<_>>().join(" | "))
}

/// The same with a sign.
fn signed(column: &str, at: &str, bytes: u32) -> String {
    let half = 1_u64 << (bytes * 8 - 1);
    format!("(({} + {half}) % {} - {half})", number(column, at, bytes), half * 2)
}

fn next_step() -> String {
    format!(
        "CASE step WHEN 0 THEN CASE WHEN NOT {ENDS} THEN 1 WHEN length(open) = 11 THEN 3 ELSE 0 END \
         WHEN 1 THEN 2 ELSE CASE kind WHEN 8 THEN 2 ELSE 0 END END"
    )
}

fn next_place(column: &str) -> String {
    let (short, long) = (byte(column, "at"), number(column, "at + 1", 4));
    let after_name = format!("CASE {short} WHEN 255 THEN at + 5 + {long} ELSE at + 1 + {short} END");
    // How many bytes stand before the content of a value.
    let head = format!(
        "CASE WHEN {short} IN (10, 12, 16) THEN 2 WHEN {short} IN (11, 13) THEN 5 WHEN {short} IN (14, 15, 17) THEN 9 \
         WHEN {short} = 3 THEN 2 WHEN {short} = 4 THEN 3 WHEN {short} = 5 THEN 5 WHEN {short} IN (6, 8, 9) THEN 9 \
         WHEN {short} = 7 THEN 17 ELSE 1 END"
    );
    format!(
        "CASE step WHEN 0 THEN CASE WHEN NOT {ENDS} AND {IN_MAP} THEN {after_name} ELSE at END \
         WHEN 1 THEN at + {head} ELSE CASE WHEN kind IN (10, 11, 12, 13, 16, 18) THEN at + n ELSE at END END"
    )
}

/// The value of a number, or the length of another value.
fn read(column: &str) -> String {
    let (kind, short, long) = (byte(column, "at"), byte(column, "at + 1"), number(column, "at + 1", 4));
    let [one, two, four] = [1, 2, 4].map(|bytes| signed(column, "at + 1", bytes));
    let eight = number(column, "at + 1", 8);
    format!(
        "CASE WHEN {kind} IN (10, 12, 16) THEN {short} WHEN {kind} IN (11, 13, 14, 15, 17) THEN {long} \
         WHEN {kind} = 18 THEN 12 WHEN {kind} = 3 THEN {one} WHEN {kind} = 4 THEN {two} WHEN {kind} = 5 THEN {four} \
         WHEN {kind} IN (6, 7, 8, 9) THEN {eight} END"
    )
}

/// What stands in JSON before a value, or after the last.
fn between(column: &str) -> String {
    let (short, long) = (byte(column, "at"), number(column, "at + 1", 4));
    let name = format!(
        "CAST(CASE {short} WHEN 255 THEN substr({column}, at + 5, {long}) ELSE substr({column}, at + 1, {short}) END AS TEXT)"
    );
    let comma = "CASE WHEN substr(json, -1) IN ('{', '[') THEN '' ELSE ',' END";
    format!(
        "CASE WHEN {ENDS} THEN CASE WHEN {IN_MAP} THEN '}}' ELSE ']' END \
         WHEN {IN_MAP} THEN {comma} || json_quote({name}) || ':' ELSE {comma} END"
    )
}

/// A value, or how a list or map begins.
fn shown(column: &str) -> String {
    let content = format!("substr({column}, at, n)");
    // Milliseconds since the epoch may be before it.
    let millis = "((n % 1000 + 1000) % 1000)";
    let instant =
        format!("strftime('%Y-%m-%dT%H:%M:%S', (n - {millis}) / 1000, 'unixepoch') || printf('.%03dZ', {millis})");
    let number =
        "CASE WHEN CAST(printf('%!.15g', n) AS REAL) = n THEN printf('%!.15g', n) ELSE printf('%!.17g', n) END";
    format!(
        "CASE WHEN kind = 0 THEN 'null' WHEN kind = 1 THEN 'false' WHEN kind = 2 THEN 'true' WHEN kind IN (14, 17) THEN '[' \
         WHEN kind = 15 THEN '{{' WHEN kind IN (10, 11, 16) THEN json_quote(CAST({content} AS TEXT)) \
         WHEN kind IN (12, 13, 18) THEN json_quote(lower(hex({content}))) WHEN kind = 9 THEN json_quote({instant}) \
         WHEN kind = 8 THEN '' WHEN kind = {READ_FLOAT} THEN {number} WHEN kind = 7 THEN printf('%llu', n) \
         ELSE CAST(n AS TEXT) END"
    )
}

fn next_open() -> String {
    format!(
        "CASE WHEN step = 0 AND {ENDS} THEN substr(open, 1, length(open) - 11) \
         WHEN step = 2 AND kind IN (14, 15, 17) \
         THEN open || CASE kind WHEN 15 THEN 'm' ELSE 'l' END || printf('%010d', at + n) ELSE open END"
    )
}

/// The number whose IEEE 754 bits are in a column. Each factor is a power of two, so that nothing is rounded.
fn float(bits: &str) -> String {
    let biased = format!("(({bits} >> 52) & 2047)");
    let exponent = format!("(max({biased}, 1) - 1075)");
    let whole = format!("(CASE {biased} WHEN 0 THEN 0 ELSE 4503599627370496 END + ({bits} & 4503599627370495))");
    let powers = ["2.0", "4.0", "16.0", "256.0", "65536.0", "e5", "e6", "e7", "e8", "e9", "e9"];
    let times = |operator: &str, exponent: &str| {
        let mut factors = format!("{whole} * 1.0");
        for (bit, power) in powers.iter().enumerate() {
            let factor = format!(" {operator} (CASE WHEN ({exponent}) & {} THEN {power} ELSE 1.0 END)", 1_u32 << bit);
            // The highest power is more than a float can be, and is two factors.
            factors.push_str(&factor.repeat(if bit == 10 { 2 } else { 1 }));
        }
        factors
    };
    let (up, down) = (times("*", &exponent), times("/", &format!("-{exponent}")));
    format!("CASE WHEN {bits} < 0 THEN -1.0 ELSE 1.0 END * CASE WHEN {exponent} < 0 THEN {down} ELSE {up} END")
}
