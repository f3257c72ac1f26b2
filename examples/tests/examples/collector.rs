//! A collector that keeps what is sent to it by OTLP, as JSON over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value;

/// A collector on a port of its own.
pub(crate) struct Collector {
    pub(crate) endpoint: String,
    taken: Receiver<(String, Value)>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, taken) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, sender) = (connection.expect("a connection"), sender.clone());
                thread::spawn(move || serve(connection, &sender));
            }
        });
        Self { endpoint: format!("http://{address}"), taken }
    }

    /// What was sent to a path so far: the bodies of its requests.
    pub(crate) fn taken(&self) -> (Vec<Value>, Vec<Value>) {
        let (mut traces, mut metrics) = (Vec::new(), Vec::new());
        for (path, body) in self.taken.try_iter() {
            match &*path {
                "/v1/traces" => traces.push(body),
                "/v1/metrics" => metrics.push(body),
                other => panic!("nothing is sent to {other}"),
            }
        }
        (traces, metrics)
    }
}

/// Takes the requests of a connection, and answers each.
fn serve(connection: TcpStream, taken: &Sender<(String, Value)>) {
    let mut answers = connection.try_clone().expect("the other way");
    let mut requests = BufReader::new(connection);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if requests.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).expect("a path").to_owned();
        loop {
            let mut header = String::new();
            requests.read_line(&mut header).expect("a header");
            match header.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().expect("a length");
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).expect("a body");
        taken.send((path, serde_json::from_slice(&body).expect("JSON"))).expect("the test waits");
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        answers.write_all(answer.as_bytes()).expect("it is answered");
    }
}

/// The objects of all lists of a name, wherever they stand.
pub(crate) fn all<'a>(name: &str, within: impl IntoIterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for value in within {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::Array(list) if key == name => found.extend(list),
                        _ => found.extend(all(name, [value])),
                    }
                }
            }
            Value::Array(list) => found.extend(all(name, list)),
            _ => {}
        }
    }
    found
}

/// The attributes of a span, an event or a point, as text, in the order of their names.
pub(crate) fn attributes(of: &Value) -> Vec<(&str, String)> {
    let text = |value: &Value| match value.as_object().and_then(|kinds| kinds.values().next()) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let list = of["attributes"].as_array().into_iter().flatten();
    let mut named: Vec<_> = list.filter_map(|one| Some((one["key"].as_str()?, text(&one["value"])))).collect();
    named.sort();
    named
}
