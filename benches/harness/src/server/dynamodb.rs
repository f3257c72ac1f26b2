//! DynamoDB's protocol: JSON in POST requests, each with its sum in the header `x-amz-crc32`.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::user::{TEAM, id};

/// What was put last into each table, and the rendered answer of a query of it.
#[derive(Clone, Default)]
pub(super) struct Tables(Arc<Mutex<HashMap<String, Table>>>);

#[derive(Default)]
struct Table {
    item: Map<String, Value>,
    queried: Option<Arc<str>>,
}

impl Tables {
    /// Answers the requests of one connection, until it is closed.
    pub(super) fn serve(&self, stream: TcpStream, delay: Duration) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let Some((target, body)) = read_request(&mut reader)? else { return Ok(()) };
            let answer = self.answer(&target, &body);
            thread::sleep(delay);
            let head = format!(
                "HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nConnection: keep-alive\r\n\
                 x-amzn-RequestId: QV4F0M1T1J0N5A5VJ0K2V1A8MBVV4KQNSO5AEMVJF66Q9ASUAAJG\r\nx-amz-crc32: {}\r\n\
                 Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n",
                answer.len(),
                crc32fast::hash(answer.as_bytes())
            );
            let mut message = head.into_bytes();
            message.extend_from_slice(answer.as_bytes());
            reader.get_mut().write_all(&message)?;
        }
    }

    fn answer(&self, target: &str, body: &[u8]) -> Arc<str> {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut tables = self.0.lock().expect("no thread panics under the lock");
        match target {
            "PutItem" => {
                let table = tables.entry(name(&request["TableName"])).or_default();
                let item = request["Item"].as_object().cloned().unwrap_or_default();
                *table = Table { item, queried: None };
                "{}".into()
            }
            "GetItem" => {
                let table = tables.entry(name(&request["TableName"])).or_default();
                json!({ "Item": table.with_key(&request["Key"]) }).to_string().into()
            }
            "Query" => {
                let table = tables.entry(name(&request["TableName"])).or_default();
                table.query(request["Limit"].as_u64())
            }
            "BatchGetItem" => {
                let asked = request["RequestItems"].as_object().cloned().unwrap_or_default();
                let found = asked.iter().map(|(name, asked)| {
                    let table = tables.entry(name.clone()).or_default();
                    let keys = asked["Keys"].as_array().map(Vec::as_slice).unwrap_or_default();
                    (name.clone(), keys.iter().map(|key| table.with_key(key)).collect::<Vec<_>>().into())
                });
                let found: Map<String, Value> = found.collect();
                json!({ "Responses": found, "UnprocessedKeys": {} }).to_string().into()
            }
            "BatchWriteItem" => "{\"UnprocessedItems\":{}}".into(),
            "ListTables" => "{\"TableNames\":[]}".into(),
            _ => "{}".into(),
        }
    }
}

fn name(table: &Value) -> String {
    table.as_str().unwrap_or_default().to_owned()
}

impl Table {
    /// The item under another key.
    fn with_key(&self, key: &Value) -> Value {
        let mut item = self.item.clone();
        item.extend(key.as_object().cloned().unwrap_or_default());
        Value::Object(item)
    }

    /// The records of a team.
    fn query(&mut self, limit: Option<u64>) -> Arc<str> {
        let count = limit.map_or(TEAM, |limit| TEAM.min(usize::try_from(limit).unwrap_or(TEAM)));
        if let Some(answer) = self.queried.as_ref().filter(|_| count == TEAM) {
            return answer.clone();
        }
        let items: Vec<Value> = (0..count).map(|n| self.with_key(&json!({ "id": { "S": id(n) } }))).collect();
        let answer: Arc<str> = json!({ "Count": count, "Items": items, "ScannedCount": count }).to_string().into();
        self.queried = (count == TEAM).then(|| answer.clone());
        answer
    }
}

/// The operation and the body of the next request; nothing at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut target, mut length, mut line) = (String::new(), 0, String::new());
    for first in std::iter::once(true).chain(std::iter::repeat(false)) {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return if first { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let Some((header, value)) = line.trim_end().split_once(": ").filter(|_| !first) else {
            if line.trim_end().is_empty() {
                break;
            } else {
                continue;
            };
        };
        match header.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or_default(),
            "x-amz-target" => target = value.rsplit('.').next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((target, body)))
}
