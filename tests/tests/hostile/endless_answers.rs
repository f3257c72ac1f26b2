//! Answers larger than a server may send: no more of them is read than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reposit::{Config, ErrorKind};
use reposit_tests::report;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use reposit_tests::workload::models::{Thing, thing};

/// An item has 400 KB, of which each byte is written in ten at most; the rest is in the buffers of the
/// connection.
const MOST_OF_AN_ITEM: usize = 4 * 1024 * 1024 + 20 * 1024 * 1024;

/// How the answer without an end begins.
#[derive(Clone, Copy)]
enum Head {
    /// It says how long it will be.
    Length,
    /// It comes piece by piece.
    Chunks,
}

/// Reads one request, and says whether it is one for the tables there are.
async fn request(stream: &mut TcpStream) -> Option<bool> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(head.contains("listtables"));
        }
    }
}

/// A server that answers what opens a database, and then without an end; gives what one answer had at most.
async fn serve(listener: TcpListener, head: Head, most: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let most = most.clone();
        tokio::spawn(async move {
            while let Some(opens) = request(&mut stream).await {
                if opens {
                    let tables = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"TableNames\":[]}";
                    if stream.write_all(tables.as_bytes()).await.is_err() {
                        return;
                    }
                    continue;
                }
                let start = match head {
                    Head::Length => "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n",
                    Head::Chunks => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                };
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                let mut sent = stream.write_all(start.as_bytes()).await.map_or(usize::MAX, |()| 0);
                while sent < usize::MAX / 2 && stream.write_all(chunk.as_bytes()).await.is_ok() {
                    sent += chunk.len();
                    most.fetch_max(sent, Ordering::SeqCst);
                }
                return;
            }
        });
    }
}

async fn no_more_is_read_than_there_can_be(head: Head) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let most = Arc::new(AtomicUsize::new(0));
    let serving = tokio::spawn(serve(listener, head, most.clone()));
    let url = format!("dynamodb://us-east-1?access_key=a&secret_key=s&endpoint=http://{address}");
    let db = Config::from_url(&url).expect("a URL").timeout(Duration::from_secs(2)).open().await.expect("an answer");
    let error = Thing::get("a").consistent().exec(&db).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.message().contains("longer than"), "{error}");
    let error = Thing::put(&thing("a")).exec(&db).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(most.load(Ordering::SeqCst) < MOST_OF_AN_ITEM, "{} bytes", most.load(Ordering::SeqCst));
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_says_it_is_too_long() {
    no_more_is_read_than_there_can_be(Head::Length).await;
    report::ran("hostile::an_answer_that_says_it_is_too_long", report::MADE_UP);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_has_no_end() {
    no_more_is_read_than_there_can_be(Head::Chunks).await;
    report::ran("hostile::an_answer_that_has_no_end", report::MADE_UP);
}
