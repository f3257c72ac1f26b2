//! Answers of Redis's that come, but not as the server sent them.

use super::damage::Damage;
use super::resp::Resp;
use fastrand::Rng;

/// How deep what is put into an answer nests; what is deeper is a matter of its own test.
const DEEP: usize = 60;

/// What comes of an answer: bytes, after which the connection is closed where it says so.
pub(super) fn of_resp(answer: &Resp, damage: Damage) -> (Vec<u8>, bool) {
    let bytes = answer.bytes();
    match damage {
        Damage::Cut => (bytes[..bytes.len() / 2].to_vec(), true),
        Damage::Changed => {
            // The kind of the value: none that the protocol has.
            let mut bytes = bytes;
            bytes[0] = b'z';
            (bytes, false)
        }
        Damage::Empty => (b"\r\n".to_vec(), false),
        Damage::WrongLength => {
            let mut longer = format!("${}\r\n", bytes.len() + 7).into_bytes();
            longer.extend_from_slice(&bytes);
            (longer, true)
        }
        Damage::Deep(levels) => {
            let mut deep = b"*1\r\n".repeat(levels);
            deep.extend_from_slice(&bytes);
            (deep, false)
        }
        Damage::Noise(seed) => noise(answer, &mut Rng::with_seed(seed)),
        Damage::Anything(seed) => {
            let mut rng = Rng::with_seed(seed);
            if rng.u8(..4) == 0 { noise(answer, &mut rng) } else { (forged(answer, &mut rng).bytes(), false) }
        }
    }
}

/// What is no value of the protocol, whoever reads it.
fn noise(answer: &Resp, rng: &mut Rng) -> (Vec<u8>, bool) {
    let bytes = answer.bytes();
    match rng.u8(..8) {
        0 => of_resp(answer, Damage::Cut),
        1 => of_resp(answer, Damage::Changed),
        2 => of_resp(answer, Damage::Empty),
        3 => of_resp(answer, Damage::WrongLength),
        4 => {
            let lengths = ["18446744073709551616", "-9223372036854775809", "0x20", "5 ", "", "?", "1.5"];
            let length = lengths[rng.usize(..lengths.len())];
            let kind = char::from([b'$', b'*', b':'][rng.usize(..3)]);
            let mut wrong = format!("{kind}{length}x\r\n").into_bytes();
            wrong.extend_from_slice(&bytes);
            (wrong, true)
        }
        5 => {
            // As of a server that speaks another protocol.
            (b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(), true)
        }
        6 => (std::iter::repeat_with(|| rng.u8(0x80..)).take(300).collect(), true),
        _ => (Vec::new(), true),
    }
}

fn hostile(rng: &mut Rng) -> Resp {
    let line = |text: &str| Resp::Line(text.as_bytes().to_vec());
    match rng.u8(..14) {
        0 => line("$-1"),
        1 => line("*-1"),
        2 => Resp::Line(format!(":{}", rng.i64(..)).into_bytes()),
        3 => line(":0"),
        4 => line("+OK"),
        5 => line("+done"),
        6 => line("-ERR a fault of the proxy"),
        7 => line("_"),
        8 => line("#t"),
        9 => Resp::Bulk(b'$', Vec::new()),
        10 => {
            let length = rng.usize(..300);
            Resp::Bulk(b'$', std::iter::repeat_with(|| rng.u8(..)).take(length).collect())
        }
        11 => Resp::Many(b'*', Vec::new()),
        12 => Resp::Many(b'*', vec![line(":1"), Resp::Bulk(b'$', b"done".to_vec())]),
        _ => (0..DEEP).fold(line(":1"), |inner, _| Resp::Many(b'*', vec![inner])),
    }
}

/// The same answer with one thing in it that is not as it was.
fn forged(answer: &Resp, rng: &mut Rng) -> Resp {
    let mut answer = answer.clone();
    change(&mut answer, rng);
    answer
}

fn change(value: &mut Resp, rng: &mut Rng) {
    match value {
        Resp::Many(_, values) if !values.is_empty() => {
            let at = rng.usize(..values.len());
            match rng.u8(..8) {
                0 => drop(values.remove(at)),
                1 => values.push(hostile(rng)),
                2 => {
                    let other = rng.usize(..values.len());
                    values.swap(at, other);
                }
                3 => values[at] = hostile(rng),
                _ => change(&mut values[at], rng),
            }
        }
        Resp::Bulk(_, bytes) if !bytes.is_empty() && rng.u8(..3) > 0 => match rng.u8(..3) {
            0 => bytes.truncate(rng.usize(..bytes.len())),
            1 => bytes.push(rng.u8(..)),
            _ => {
                for _ in 0..rng.usize(1..8) {
                    let at = rng.usize(..bytes.len());
                    bytes[at] = rng.u8(..);
                }
            }
        },
        value => *value = hostile(rng),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_damages_the_same_way() {
        let answer = Resp::Many(b'*', vec![Resp::Bulk(b'$', b"done".to_vec()), Resp::Line(b":1".to_vec())]);
        let mut changed = 0;
        for seed in 0..200 {
            let damaged = of_resp(&answer, Damage::Anything(seed));
            assert_eq!(damaged, of_resp(&answer, Damage::Anything(seed)));
            changed += usize::from(damaged.0 != answer.bytes());
            assert_ne!(of_resp(&answer, Damage::Noise(seed)).0, answer.bytes());
        }
        assert!(changed > 150, "{changed}");
    }
}
