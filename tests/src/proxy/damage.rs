//! Answers that come, but not as the server sent them.

use super::http::Message;
use super::wire::Frame;
use super::{forge_bson, forge_json, forge_rows};
use fastrand::Rng;

/// What becomes of an answer on its way. What a seed decides is the same for the same seed and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Half of the body comes, and a length that says so; of Redis's answers half, after which the connection is closed.
    Cut,
    /// A byte of it is another: one in the middle where a checksum covers it, else one without which it is no answer.
    Changed,
    /// It has no body.
    Empty,
    /// It has a length that is none: of DynamoDB's and Redis's answers more bytes than come before the connection is closed,
    /// of MongoDB's messages fewer than the head of one.
    WrongLength,
    /// Something in it nests so many levels deep that it is no answer, or none that one may descend into.
    Deep(usize),
    /// Anything of which a reader can know that it is no answer: by its length, its checksum, its form.
    Noise(u64),
    /// Anything at all, also what has the form of an answer.
    Anything(u64),
}

impl Damage {
    /// What the next answer meets, where this one met `self`.
    pub(super) fn next(self) -> Self {
        let step = |seed: u64| seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match self {
            Self::Noise(seed) => Self::Noise(step(seed)),
            Self::Anything(seed) => Self::Anything(step(seed)),
            other => other,
        }
    }
}

/// What comes of the messages of an answer of PostgreSQL's: of the last but one, which says what was done, unless chance
/// decides otherwise.
pub(super) fn of_messages(mut messages: Vec<Vec<u8>>, damage: Damage) -> Vec<u8> {
    if let Damage::Deep(levels) = damage {
        return messages.iter().flat_map(|message| forge_rows::deep(message, levels)).collect();
    }
    let last = messages.len().saturating_sub(2);
    let mut rng = match damage {
        Damage::Noise(seed) | Damage::Anything(seed) => Rng::with_seed(seed),
        _ => Rng::with_seed(0),
    };
    let by_chance = matches!(damage, Damage::Noise(_) | Damage::Anything(_));
    let at = if by_chance { rng.usize(..messages.len().max(1)) } else { last };
    if let Some(message) = messages.get_mut(at) {
        damage_message(message, damage, &mut rng);
    }
    messages.concat()
}

/// Of a message its type is a byte, its length four.
fn damage_message(message: &mut Vec<u8>, damage: Damage, rng: &mut Rng) {
    const HEAD: usize = 5;
    let set_length = |message: &mut Vec<u8>, length: usize| {
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        message.splice(1..HEAD, length);
    };
    match damage {
        Damage::Cut => {
            message.truncate(HEAD + (message.len() - HEAD) / 2);
            let length = message.len() - 1;
            set_length(message, length);
        }
        Damage::Empty => {
            message.truncate(HEAD);
            set_length(message, 4);
        }
        Damage::WrongLength => set_length(message, 1),
        Damage::Changed | Damage::Deep(_) => message[0] = b'!',
        Damage::Noise(_) => {
            let kinds = [Damage::Changed, Damage::WrongLength];
            damage_message(message, kinds[rng.usize(..kinds.len())], rng);
        }
        Damage::Anything(_) => match rng.u8(..6) {
            0 => damage_message(message, Damage::Noise(0), rng),
            1 => damage_message(message, Damage::Cut, rng),
            2 => damage_message(message, Damage::Empty, rng),
            3 | 4 => *message = forge_rows::forged(message, rng),
            _ => {
                let at = rng.usize(..message.len());
                message[at] ^= 1 << rng.u8(..8);
            }
        },
    }
}

/// What comes of an answer of DynamoDB's: bytes, after which the connection is closed where it says so.
pub(super) fn of_http(answer: Message, damage: Damage) -> (Vec<u8>, bool) {
    let half = answer.body.len() / 2;
    match damage {
        Damage::Cut => {
            let body = answer.body[..half].to_vec();
            (answer.with_body(body).bytes(None), false)
        }
        Damage::Changed => (changed(answer, half, 0x20).bytes(None), false),
        Damage::Empty => (answer.with_body(Vec::new()).bytes(None), false),
        Damage::WrongLength => {
            let more = answer.body.len() + 7;
            (answer.bytes(Some(&more.to_string())), true)
        }
        Damage::Deep(levels) => {
            let body = forge_json::deep(&answer.body, levels);
            (answer.with_body(body).bytes(None), false)
        }
        Damage::Noise(seed) => http_noise(answer, &mut Rng::with_seed(seed)),
        Damage::Anything(seed) => {
            let mut rng = Rng::with_seed(seed);
            if rng.u8(..4) == 0 { http_noise(answer, &mut rng) } else { http_forged(answer, &mut rng) }
        }
    }
}

/// The same answer and checksum with one byte changed.
fn changed(mut answer: Message, at: usize, bits: u8) -> Message {
    let (at, bits) = if answer.header("x-amz-crc32").is_some() { (at, bits) } else { (0, 0x20) };
    match answer.body.get_mut(at) {
        Some(byte) => *byte ^= bits,
        None => answer.body.push(b'x'),
    }
    answer
}

fn http_noise(mut answer: Message, rng: &mut Rng) -> (Vec<u8>, bool) {
    let length = answer.body.len();
    match rng.u8(..9) {
        0 => of_http(answer, Damage::Cut),
        1 => {
            let at = rng.usize(..length.max(1));
            (changed(answer, at, 1 << rng.u8(..8)).bytes(None), false)
        }
        2 => of_http(answer, Damage::Empty),
        3 => of_http(answer, Damage::WrongLength),
        4 => {
            let other =
                ["204 No Content", "301 Moved", "304 Not Modified", "400 Bad", "404 Not Found", "500 Oops", "999 No"];
            // A refusal with another status of a refusal is the same refusal.
            let other = if answer.is_ok() { other[rng.usize(..other.len())] } else { "200 OK" };
            answer.set_status(other);
            (answer.bytes(None), true)
        }
        5 => {
            let doubled = answer.body.repeat(2);
            (answer.with_body(doubled).bytes(None), false)
        }
        6 => (std::iter::repeat_with(|| rng.u8(..)).take(300).collect(), true),
        7 => {
            let far = ["18446744073709551616", "-1", "9999999999999", "0x20", ""];
            (answer.bytes(Some(far[rng.usize(..far.len())])), true)
        }
        _ => {
            let tail = rng.usize(..length.max(1));
            let garbage: Vec<u8> =
                std::iter::repeat_with(|| rng.u8(0x80..)).take(length - tail.min(length) + 1).collect();
            let body = [&answer.body[..tail.min(length)], &garbage].concat();
            (answer.with_body(body).bytes(None), false)
        }
    }
}

fn http_forged(answer: Message, rng: &mut Rng) -> (Vec<u8>, bool) {
    let body = match rng.u8(..6) {
        0 => {
            let mut body = answer.body.clone();
            for _ in 0..rng.usize(1..8) {
                let at = rng.usize(..body.len().max(1));
                if let Some(byte) = body.get_mut(at) {
                    *byte = rng.u8(..);
                }
            }
            body
        }
        _ => forge_json::forged(&answer.body, rng),
    };
    (answer.with_body(body).bytes(None), false)
}

/// What comes of an answer of MongoDB's.
pub(super) fn of_frame(frame: &Frame, damage: Damage) -> Vec<u8> {
    let mut bytes = frame.bytes.clone();
    match damage {
        Damage::Cut => {
            bytes.truncate(Frame::BODY + (bytes.len() - Frame::BODY) / 2);
            sized(bytes)
        }
        Damage::Changed => {
            // The kind of the first element: none that BSON has.
            bytes[Frame::BODY + 5] = 0x7a;
            bytes
        }
        Damage::Empty => {
            bytes.truncate(Frame::BODY);
            sized(bytes)
        }
        Damage::WrongLength => {
            bytes[..4].copy_from_slice(&9_i32.to_le_bytes());
            bytes
        }
        Damage::Deep(levels) => {
            let body = forge_bson::deep(&frame.bytes[Frame::BODY + 1..], levels);
            sized([&frame.bytes[..=Frame::BODY], &body].concat())
        }
        Damage::Noise(seed) => frame_noise(frame, &mut Rng::with_seed(seed)),
        Damage::Anything(seed) => {
            let mut rng = Rng::with_seed(seed);
            if rng.u8(..4) == 0 { frame_noise(frame, &mut rng) } else { frame_forged(frame, &mut rng) }
        }
    }
}

/// A message that says its own length.
fn sized(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

const LENGTHS: [i32; 9] = [i32::MIN, -1, 0, 4, 15, 16, 17, 0x7000_0000, i32::MAX];

fn frame_noise(frame: &Frame, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = frame.bytes.clone();
    let length = LENGTHS[rng.usize(..LENGTHS.len())];
    match rng.u8(..7) {
        0 => return of_frame(frame, Damage::Cut),
        1 => return of_frame(frame, Damage::Changed),
        2 => return of_frame(frame, Damage::Empty),
        3 => bytes[..4].copy_from_slice(&length.to_le_bytes()),
        // Another kind of message.
        4 => bytes[12..16].copy_from_slice(&rng.i32(..).to_le_bytes()),
        // The document's own length.
        5 => bytes[Frame::BODY + 1..Frame::BODY + 5].copy_from_slice(&length.to_le_bytes()),
        _ => {
            // A second document after the first.
            let second = bytes[Frame::BODY..].to_vec();
            bytes.extend_from_slice(&second);
            bytes = sized(bytes);
        }
    }
    bytes
}

fn frame_forged(frame: &Frame, rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..4) == 0 {
        let mut bytes = frame.bytes.clone();
        for _ in 0..rng.usize(1..8) {
            let at = rng.usize(Frame::BODY..bytes.len());
            bytes[at] = rng.u8(..);
        }
        return bytes;
    }
    let body = forge_bson::forged(&frame.bytes[Frame::BODY + 1..], rng);
    sized([&frame.bytes[..=Frame::BODY], &body].concat())
}
