//! A part: a kind, a length and as many bytes.

/// The bytes of a part before its content.
const HEAD: usize = 5;

/// Appends a part.
pub(crate) fn append_part(out: &mut Vec<u8>, kind: u8, content: &[u8]) {
    out.reserve(HEAD + content.len());
    out.push(kind);
    out.extend_from_slice(&as_length(content.len()));
    out.extend_from_slice(content);
}

/// Appends a part whose content `write` appends.
pub(super) fn append_parts(out: &mut Vec<u8>, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0, 0, 0, 0]);
    write(out);
    let length = as_length(out.len().saturating_sub(start + HEAD));
    // The length is known only now; its place was kept free above.
    if let Some(place) = out.get_mut(start + 1..start + HEAD) {
        place.copy_from_slice(&length);
    }
}

fn as_length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

/// Takes the first part off: its kind and its content. Returns nothing if no whole part is there.
pub(super) fn read_part<'a>(input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (kind, rest) = input.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (content, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *input = rest;
    Some((*kind, content))
}
