//! A reader of JSON in one pass over the text, which copies nothing but strings with escapes.

use std::borrow::Cow;
use std::fmt;

use super::special::find_special;
use crate::value::as_text;

/// How deep values may nest. DynamoDB's own nest 32 levels, which are two of JSON each.
pub(crate) const DEEPEST: usize = 128;

/// Why a text is no JSON, or not the JSON that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

type Result<T> = std::result::Result<T, Malformed>;

/// The place in a JSON text up to which it was read.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The beginning of a text.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        Ok(Self { text: as_text(bytes).ok_or(Malformed("it is no UTF-8"))?, at: 0 })
    }

    /// How much was read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is no blank.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is not read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// What was read from a place on.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.text.as_bytes().get(start..self.at).unwrap_or_default()
    }

    /// The next bytes as they are, if there are as many.
    #[inline]
    pub(crate) fn ahead<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.rest().first_chunk()
    }

    /// Passes over bytes that were looked at.
    #[inline]
    pub(crate) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// Takes this byte, if it is the next.
    #[inline]
    pub(crate) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Takes this byte, which has to be the next.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<()> {
        if self.take(wanted) { Ok(()) } else { Err(Malformed("another character is due")) }
    }

    /// Takes the end of the text.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(Malformed("something follows its end")) }
    }

    /// The next name of an object, whose opening brace was taken; none at its end, which is taken.
    pub(crate) fn next_name(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>> {
        if !self.is_next(first, b'}')? {
            return Ok(None);
        }
        let name = self.string()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// Whether a list, whose opening bracket was taken, has another entry; if not, its end is taken.
    #[inline]
    pub(crate) fn next_entry(&mut self, first: &mut bool) -> Result<bool> {
        self.is_next(first, b']')
    }

    /// Whether a list or an object has another entry; if not, this end of it is taken.
    #[inline]
    pub(crate) fn is_next(&mut self, first: &mut bool, end: u8) -> Result<bool> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ if std::mem::take(first) => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(Malformed("another character is due")),
        }
    }

    /// A string.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>> {
        self.expect(b'"')?;
        self.opened_string()
    }

    /// A string whose opening quote was taken.
    #[inline]
    pub(crate) fn opened_string(&mut self) -> Result<Cow<'a, str>> {
        match self.plain_string() {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => self.escaped().map(Cow::Owned),
        }
    }

    /// A string whose opening quote was taken, if it is written as it is; else nothing is taken.
    #[inline]
    fn plain_string(&mut self) -> Option<&'a str> {
        self.plain_until(b"\"")
    }

    /// The same, if the object that it is in ends at once after it: the end is taken too.
    #[inline(always)]
    pub(crate) fn plain_last_string(&mut self) -> Option<&'a str> {
        self.plain_until(b"\"}")
    }

    #[inline(always)]
    fn plain_until<const N: usize>(&mut self, end: &[u8; N]) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let (plain, after) = rest.split_at_checked(find_special(rest.as_bytes())?)?;
        if after.as_bytes().first_chunk() != Some(end) {
            return None;
        }
        self.at += plain.len() + N;
        Some(plain)
    }

    /// Goes to the next quote or backslash.
    fn find_special(&mut self) -> Result<u8> {
        self.at += find_special(self.rest()).ok_or(Malformed("a string has no end"))?;
        match self.byte() {
            Some(byte @ (b'"' | b'\\')) => Ok(byte),
            _ => Err(Malformed("a control character stands in a string")),
        }
    }

    /// A string that has escapes, whose opening quote was taken.
    #[inline(never)]
    pub(crate) fn escaped(&mut self) -> Result<String> {
        let mut whole = String::new();
        let mut plain = self.at;
        loop {
            let special = self.find_special()?;
            whole.push_str(self.text.get(plain..self.at).ok_or(Malformed("a character is cut"))?);
            self.at += 1;
            if special == b'"' {
                return Ok(whole);
            }
            whole.push(self.escape()?);
            plain = self.at;
        }
    }

    /// The character of an escape, whose backslash was taken.
    fn escape(&mut self) -> Result<char> {
        let byte = self.byte().ok_or(Malformed("a string has no end"))?;
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let code = match unit {
                    0xd800..=0xdbff => {
                        let low = if self.ahead() == Some(br"\u") { self.low_surrogate()? } else { 0 };
                        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400);
                        let low = low.ok_or(Malformed("half of a surrogate pair stands alone"))?;
                        0x10000 + ((unit - 0xd800) << 10) + low
                    }
                    unit => unit,
                };
                char::from_u32(code).ok_or(Malformed("half of a surrogate pair stands alone"))?
            }
            _ => return Err(Malformed("an escape is none")),
        })
    }

    fn low_surrogate(&mut self) -> Result<u32> {
        self.at += 2;
        self.unit()
    }

    /// Four hex digits.
    fn unit(&mut self) -> Result<u32> {
        let digits = self.ahead::<4>().ok_or(Malformed("a string has no end"))?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Malformed("an escape is none"))?;
            Ok(unit << 4 | digit)
        })
    }

    /// A truth value.
    pub(crate) fn bool(&mut self) -> Result<bool> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| true),
            _ => self.word("false").map(|()| false),
        }
    }

    /// A null, if one is next.
    pub(crate) fn null(&mut self) -> Result<bool> {
        if self.peek() == Some(b'n') { self.word("null").map(|()| true) } else { Ok(false) }
    }

    fn word(&mut self, word: &str) -> Result<()> {
        if !self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(Malformed("another value is due"));
        }
        self.at += word.len();
        Ok(())
    }

    /// A number that is not negative and whole.
    pub(crate) fn count(&mut self) -> Result<u64> {
        self.peek();
        let start = self.at;
        self.number()?;
        let text = self.text.get(start..self.at).unwrap_or_default();
        text.parse().map_err(|_| Malformed("a count is no whole number"))
    }

    fn number(&mut self) -> Result<()> {
        self.at += usize::from(self.byte() == Some(b'-'));
        let leading_zero = self.byte() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Malformed("a number is none"));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(Malformed("a number is none"));
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err(Malformed("a number is none"));
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    /// Passes over a value, of which `depth` levels are open around it.
    pub(crate) fn skip(&mut self, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(Malformed("it nests too deep"));
        }
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => {
                self.at += 1;
                let mut first = true;
                while self.next_name(&mut first)?.is_some() {
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.at += 1;
                let mut first = true;
                while self.next_entry(&mut first)? {
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
            Some(b't' | b'f') => self.bool().map(drop),
            Some(b'n') => self.null().map(drop),
            Some(_) => self.number(),
            None => Err(Malformed("it ends too early")),
        }
    }
}

#[cfg(test)]
mod tests;
