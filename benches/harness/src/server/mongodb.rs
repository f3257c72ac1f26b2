//! MongoDB's protocol: BSON documents in OP_MSG messages, answered as a primary of version 6.0 does.

use std::collections::HashMap;
use std::io::{self, Read, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bson::{Bson, DateTime, Document, RawArrayBuf, RawDocumentBuf, Timestamp, doc, rawdoc};

use crate::user::{TEAM, id};

const OP_MSG: i32 = 2013;
const OP_QUERY: i32 = 2004;
const OP_REPLY: i32 = 1;

/// What was written last into each collection, and the team that a find of it returns.
#[derive(Clone, Default)]
pub(super) struct Collections(Arc<Mutex<HashMap<String, Collection>>>);

#[derive(Default)]
struct Collection {
    document: Document,
    team: Option<Arc<Vec<RawDocumentBuf>>>,
}

impl Collections {
    /// Answers the requests of one connection, until it is closed.
    pub(super) fn serve(&self, mut stream: TcpStream, delay: Duration) -> io::Result<()> {
        let address = stream.local_addr()?.to_string();
        loop {
            let mut head = [0; 16];
            if let Err(error) = stream.read_exact(&mut head) {
                return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(()) } else { Err(error) };
            }
            let [length, request, _, opcode] = [0, 4, 8, 12].map(|at| int(&head, at));
            let mut body = vec![0; usize::try_from(length).unwrap_or_default().saturating_sub(16)];
            stream.read_exact(&mut body)?;
            let command = if opcode == OP_QUERY { read_query(&body)? } else { read_message(&body)? };
            let answer = self.answer(&address, &command)?;
            if command.keys().next().is_some_and(|name| name == "find") {
                thread::sleep(delay);
            }
            stream.write_all(&message(request, opcode, &answer))?;
        }
    }

    fn answer(&self, address: &str, command: &Document) -> io::Result<RawDocumentBuf> {
        let (name, subject) = command.iter().next().ok_or(io::ErrorKind::InvalidData)?;
        let collection = subject.as_str().unwrap_or_default();
        match name.as_str() {
            "hello" | "isMaster" | "ismaster" => hello(address),
            "listCollections" => {
                let name = command.get_document("filter").and_then(|filter| filter.get_str("name")).unwrap_or_default();
                first_batch(
                    "$cmd.listCollections",
                    [rawdoc! { "name": name, "type": "collection", "options": {} }].iter(),
                )
            }
            "listIndexes" => {
                let primary = rawdoc! { "v": 2, "key": { "_id": 1 }, "name": "_id_" };
                let exists = rawdoc! { "team": { "$exists": true } };
                let key = rawdoc! { "team": 1, "_id": 1 };
                let team = rawdoc! { "v": 2, "key": key, "name": "by_team", "partialFilterExpression": exists };
                first_batch(collection, [primary, team].iter())
            }
            "find" if collection == "_reposit" => first_batch(collection, [schema()].iter()),
            "find" => self.find(collection, command),
            "insert" | "update" => {
                let documents = command.get_array("documents").or_else(|_| command.get_array("updates"));
                let written =
                    documents.ok().and_then(|all| all.first()).and_then(Bson::as_document).cloned().unwrap_or_default();
                let document = written.get_document("u").cloned().unwrap_or(written);
                let mut all = self.0.lock().expect("no thread panics under the lock");
                let stored = all.entry(collection.to_owned()).or_default();
                if name == "insert" {
                    *stored = Collection { document, team: None };
                }
                with_times(rawdoc! { "n": 1, "nModified": 1 })
            }
            _ => with_times(rawdoc! {}),
        }
    }

    fn find(&self, collection: &str, command: &Document) -> io::Result<RawDocumentBuf> {
        let mut all = self.0.lock().expect("no thread panics under the lock");
        let stored = all.entry(collection.to_owned()).or_default();
        let id = command.get_document("filter").ok().and_then(|filter| filter.get("_id"));
        let ids = match id {
            None => return first_batch(collection, stored.team().iter()),
            Some(Bson::Document(within)) => match (within.get("$eq"), within.get_array("$in")) {
                (Some(id), _) => vec![id.clone()],
                (None, Ok(ids)) => ids.clone(),
                (None, Err(_)) => Vec::new(),
            },
            Some(id) => vec![id.clone()],
        };
        let found: Vec<_> = ids.into_iter().map(|id| stored.with_id(id)).collect();
        first_batch(collection, found.iter())
    }
}

impl Collection {
    /// The document under another key.
    fn with_id(&self, id: Bson) -> RawDocumentBuf {
        let mut document = doc! { "_id": id };
        document.extend(
            self.document.iter().filter(|(name, _)| *name != "_id").map(|(name, value)| (name.clone(), value.clone())),
        );
        RawDocumentBuf::try_from(&document).unwrap_or_default()
    }

    fn team(&mut self) -> Arc<Vec<RawDocumentBuf>> {
        if let Some(team) = &self.team {
            return team.clone();
        }
        let team: Vec<_> = (0..TEAM).map(|n| self.with_id(id(n).into())).collect();
        self.team.insert(Arc::new(team)).clone()
    }
}

/// The keys that reposit has written down of the model.
fn schema() -> RawDocumentBuf {
    rawdoc! {
        "_id": "users",
        "hash": { "field": "id", "kind": "string" },
        "range": null,
        "parts": [{ "index": "by_team", "field": "team", "kind": "string" }],
    }
}

fn hello(address: &str) -> io::Result<RawDocumentBuf> {
    with_times(rawdoc! {
        "helloOk": true, "ismaster": true, "isWritablePrimary": true, "secondary": false,
        "setName": "rs0", "setVersion": 1, "hosts": [address], "primary": address, "me": address,
        "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
        "localTime": DateTime::now(), "logicalSessionTimeoutMinutes": 30, "connectionId": 1,
        "minWireVersion": 0, "maxWireVersion": 17, "readOnly": false,
    })
}

/// An answer with what each answer of a replica set has at its end.
fn with_times(mut answer: RawDocumentBuf) -> io::Result<RawDocumentBuf> {
    let time = Timestamp { time: 1_767_225_600, increment: 1 };
    let hash = bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![0; 20] };
    let ending = rawdoc! {
        "ok": 1.0,
        "$clusterTime": { "clusterTime": time, "signature": { "hash": hash, "keyId": 0_i64 } },
        "operationTime": time,
    };
    for entry in ending.iter() {
        let (name, value) = entry.map_err(io::Error::other)?;
        answer.append(name, bson::RawBson::from(value));
    }
    Ok(answer)
}

fn first_batch<'a>(
    collection: &str,
    documents: impl Iterator<Item = &'a RawDocumentBuf>,
) -> io::Result<RawDocumentBuf> {
    let batch: RawArrayBuf = documents.cloned().collect();
    with_times(rawdoc! { "cursor": { "firstBatch": batch, "id": 0_i64, "ns": format!("bench.{collection}") } })
}

/// The command in an OP_MSG, with the documents of its sequences.
fn read_message(body: &[u8]) -> io::Result<Document> {
    let mut command = Document::new();
    let mut rest = body.get(4..).unwrap_or_default();
    while let Some((kind, section)) = rest.split_first() {
        if section.len() < 5 {
            break;
        }
        let length = usize::try_from(int(section, 0)).unwrap_or_default();
        let bytes = section.get(..length).ok_or(io::ErrorKind::InvalidData)?;
        if *kind == 0 {
            command = read_document(bytes)?.into_iter().chain(command).collect();
        } else {
            let name = bytes.get(4..).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
            let documents = bytes.get(4 + name.len() + 1..).unwrap_or_default();
            command.insert(String::from_utf8_lossy(name), vec![Bson::from(read_document(documents)?)]);
        }
        rest = section.get(length..).unwrap_or_default();
    }
    Ok(command)
}

/// The command in an OP_QUERY, with which some drivers begin.
fn read_query(body: &[u8]) -> io::Result<Document> {
    let after_name = body.get(4..).unwrap_or_default().iter().position(|byte| *byte == 0).unwrap_or_default() + 5;
    read_document(body.get(after_name + 8..).unwrap_or_default())
}

fn read_document(mut bytes: &[u8]) -> io::Result<Document> {
    Document::from_reader(&mut bytes).map_err(io::Error::other)
}

fn message(request: i32, opcode: i32, answer: &RawDocumentBuf) -> Vec<u8> {
    let answer = answer.as_bytes();
    let (opcode, before) = match opcode {
        OP_QUERY => (OP_REPLY, [&8_i32.to_le_bytes()[..], &[0; 12], &1_i32.to_le_bytes()].concat()),
        _ => (OP_MSG, vec![0; 5]),
    };
    let length = i32::try_from(16 + before.len() + answer.len()).unwrap_or_default();
    let head = [length, 0, request, opcode].map(i32::to_le_bytes).concat();
    [&head[..], &before, answer].concat()
}

fn int(bytes: &[u8], at: usize) -> i32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(i32::from_le_bytes).unwrap_or_default()
}
