//! Answers of Redis's that come, but not as the server sent them.

use super::damage::Damage;
use super::resp::Message;
use fastrand::Rng;

/// What comes of an answer: bytes, and whether the connection is closed after them. Its protocol numbers no answers: where
/// one ends too early or too late, the next would be another request's.
pub(super) fn of_message(message: &Message, damage: Damage) -> (Vec<u8>, bool) {
    let bytes = &message.bytes;
    match damage {
        Damage::Cut => (bytes[..bytes.len() / 2].to_vec(), true),
        // No value begins so.
        Damage::Changed => ([b"z", &bytes[1..]].concat(), false),
        Damage::Empty => (b"\r\n".to_vec(), false),
        Damage::WrongLength => ([format!("${}\r\n", bytes.len() + 7).as_bytes(), bytes].concat(), true),
        Damage::Deep(levels) => ([b"*1\r\n".repeat(levels).as_slice(), bytes].concat(), false),
        Damage::Noise(seed) => noise(message, &mut Rng::with_seed(seed)),
        Damage::Anything(seed) => {
            let mut rng = Rng::with_seed(seed);
            if rng.u8(..4) == 0 { noise(message, &mut rng) } else { (forged(bytes, &mut rng), true) }
        }
    }
}

fn noise(message: &Message, rng: &mut Rng) -> (Vec<u8>, bool) {
    let length = message.bytes.len();
    match rng.u8(..6) {
        0 => (message.bytes[..rng.usize(..length)].to_vec(), true),
        1 => of_message(message, Damage::Changed),
        2 => of_message(message, Damage::Empty),
        3 => of_message(message, Damage::WrongLength),
        4 => {
            let far = ["18446744073709551616", "-7", "9999999999999", "0x20", ""];
            let kind = ["$", "*", "%", "=", "!"][rng.usize(..5)];
            (format!("{kind}{}\r\n", far[rng.usize(..far.len())]).into_bytes(), true)
        }
        _ => (std::iter::repeat_with(|| rng.u8(0x80..)).take(300).collect(), true),
    }
}

fn forged(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.usize(1..8) {
        let at = rng.usize(..bytes.len());
        bytes[at] = rng.u8(..);
    }
    bytes
}
