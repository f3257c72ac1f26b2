//! A checksum that finds accidents: FNV-1a of 128 bits. It keeps nobody from making another.

/// FNV's offset basis and prime for 128 bits.
const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The checksum of the bytes so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checksum(u128);

impl Checksum {
    pub(crate) const LENGTH: usize = 16;

    pub(crate) const fn new() -> Self {
        Self(BASIS)
    }

    /// The checksum with more bytes.
    pub(crate) fn update(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |sum, byte| (sum ^ u128::from(*byte)).wrapping_mul(PRIME)))
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::LENGTH] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_fnv() {
        // From the test vectors of the algorithm's authors.
        let sum = |text: &str| u128::from_be_bytes(Checksum::new().update(text.as_bytes()).to_bytes());
        assert_eq!(sum(""), 0x6c62272e07bb014262b821756295c58d);
        assert_eq!(sum("a"), 0xd228cb696f1a8caf78912b704e4a8964);
        assert_eq!(sum("foobar"), 0x343e1662793c64bf6f0d3597ba446f18);
    }
}
