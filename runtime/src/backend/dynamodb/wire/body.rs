//! The body of a request: an object that is written name by name.

use bytes::Bytes;

use super::write::{write_digits, write_string};

/// An object under way.
#[derive(Debug)]
pub(crate) struct Body {
    json: Vec<u8>,
}

impl Body {
    /// An object that will have about so many bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        let mut json = Vec::with_capacity(capacity);
        json.push(b'{');
        Self { json }
    }

    fn add_name(&mut self, name: &str) -> &mut Vec<u8> {
        if self.json.last().is_some_and(|last| *last != b'{' && *last != b'[') {
            self.json.push(b',');
        }
        write_string(name, &mut self.json);
        self.json.push(b':');
        &mut self.json
    }

    /// Adds text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        write_string(text, self.add_name(name));
    }

    /// Adds text, if there is any.
    pub(crate) fn text_if(&mut self, name: &str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    /// Adds a truth value.
    pub(crate) fn flag(&mut self, name: &str, flag: bool) {
        self.add_name(name).extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// Adds a number, if there is one.
    pub(crate) fn number_if(&mut self, name: &str, number: Option<impl Into<i64>>) {
        if let Some(number) = number {
            write_digits(number.into(), self.add_name(name));
        }
    }

    /// Adds what is JSON already.
    pub(crate) fn json(&mut self, name: &str, json: &[u8]) {
        self.add_name(name).extend_from_slice(json);
    }

    /// Adds an object whose names are added next, up to [`close`](Self::close).
    pub(crate) fn open(&mut self, name: &str) {
        self.add_name(name).push(b'{');
    }

    /// Adds a list, up to [`close_list`](Self::close_list).
    pub(crate) fn open_list(&mut self, name: &str) {
        self.add_name(name).push(b'[');
    }

    /// Adds an entry of a list: an object, up to [`close`](Self::close).
    pub(crate) fn open_entry(&mut self) {
        self.separate();
        self.json.push(b'{');
    }

    /// Adds an entry of a list that is JSON already.
    pub(crate) fn entry(&mut self, json: &[u8]) {
        self.separate();
        self.json.extend_from_slice(json);
    }

    fn separate(&mut self) {
        if self.json.last() != Some(&b'[') {
            self.json.push(b',');
        }
    }

    /// Ends an object.
    pub(crate) fn close(&mut self) {
        self.json.push(b'}');
    }

    /// Ends a list.
    pub(crate) fn close_list(&mut self) {
        self.json.push(b']');
    }

    /// The whole of it.
    pub(crate) fn finish(mut self) -> Bytes {
        self.close();
        self.json.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_name_by_name() {
        let mut body = Body::new(0);
        body.text("a", "x\"");
        body.text_if("none", None);
        body.flag("b", true);
        body.number_if("c", Some(7_i32));
        body.number_if("none", None::<i32>);
        body.open("d");
        body.json("e", br#"{"S":"{"}"#);
        body.open("f");
        body.close();
        body.flag("g", false);
        body.close();
        body.open_list("h");
        body.open_entry();
        body.text("i", "");
        body.close();
        body.entry(b"1");
        body.close_list();
        let wanted = r#"{"a":"x\"","b":true,"c":7,"d":{"e":{"S":"{"},"f":{},"g":false},"h":[{"i":""},1]}"#;
        assert_eq!(body.finish(), wanted);
    }
}
