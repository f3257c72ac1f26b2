//! The proxy in front of a DynamoDB server.

use super::core::{Core, End, Request, Tap};
use super::http::Message;
use super::rule::Fault;
use super::{answers, clock, damage, pages};
use serde_json::Value;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A proxy in front of a DynamoDB server; it ends when it is dropped.
#[derive(Debug)]
pub struct Dynamo(Tap);

#[derive(Debug)]
struct Shared {
    upstream: String,
    core: Arc<Core>,
    /// Where empty pages said to go on, and where the server is really to go on from.
    empty_pages: Mutex<Vec<(Value, Option<Value>)>>,
}

impl Dynamo {
    /// Starts in front of `upstream`, a `host:port`.
    pub async fn start(upstream: &str) -> Self {
        let core = Arc::new(Core::default());
        let shared = Shared { upstream: upstream.to_owned(), core: core.clone(), empty_pages: Mutex::default() };
        let shared = Arc::new(shared);
        let serve = move |stream| {
            let shared = shared.clone();
            async move { shared.serve(stream).await }
        };
        Self(Tap::start(core, |_| true, serve).await)
    }

    /// Its own endpoint: `http://host:port`.
    pub fn url_endpoint(&self) -> String {
        format!("http://{}", self.address())
    }
}

impl Deref for Dynamo {
    type Target = Tap;

    fn deref(&self) -> &Tap {
        &self.0
    }
}

/// One request on its way.
struct Passing<'a> {
    client: &'a mut BufReader<TcpStream>,
    upstream: &'a mut BufReader<TcpStream>,
    message: Message,
    operation: &'a str,
    body: Value,
}

/// Whether the connection lives on after a request.
type Step = io::Result<Option<End>>;

impl Shared {
    async fn serve(&self, client: TcpStream) {
        let mut client = BufReader::new(client);
        if let Ok(End::Reset) = self.pass_all(&mut client).await {
            let _ = client.get_ref().set_zero_linger();
        }
    }

    async fn pass_all(&self, client: &mut BufReader<TcpStream>) -> io::Result<End> {
        let upstream = TcpStream::connect(&self.upstream).await?;
        upstream.set_nodelay(true)?;
        let mut upstream = BufReader::new(upstream);
        while let Some(message) = Message::read(client).await? {
            let target = message.header("x-amz-target").unwrap_or_default().to_owned();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let body = serde_json::from_slice(&message.body).unwrap_or(Value::Null);
            let is_last = message.is_last();
            let request = Request { operation: operation.to_owned(), body: Value::clone(&body) };
            let fault = self.core.note(request, &message.body, |fault| fault.fits_dynamo(operation));
            let mut passing = Passing { client, upstream: &mut upstream, message, operation, body };
            self.resume_after_empty_page(&mut passing);
            match self.pass(passing, fault).await? {
                Some(end) => return Ok(end),
                None if is_last => break,
                None => {}
            }
        }
        Ok(End::Close)
    }

    async fn pass(&self, mut passing: Passing<'_>, fault: Option<Fault>) -> Step {
        match fault {
            None => passing.forward().await,
            Some(Fault::DropBefore) => Ok(Some(End::Close)),
            Some(Fault::ResetBefore) => Ok(Some(End::Reset)),
            Some(Fault::DropAfter) => passing.ask().await.map(|_| Some(End::Close)),
            Some(Fault::ResetAfter) => passing.ask().await.map(|_| Some(End::Reset)),
            Some(Fault::DelayBefore(time)) => {
                sleep(time).await;
                passing.forward().await
            }
            Some(Fault::DelayAfter(time)) => {
                let answer = passing.ask().await?;
                sleep(time).await;
                passing.answer(&answer).await
            }
            Some(Fault::Together(count)) => {
                self.core.meet(count).await;
                passing.forward().await
            }
            Some(Fault::ClockAhead(seconds)) => match clock::refusal(&passing.message, seconds) {
                Some(refusal) => passing.answer(&refusal).await,
                None => passing.forward().await,
            },
            Some(Fault::Unprocessed(count)) => passing.leave_unprocessed(count).await,
            Some(Fault::ShortPage(limit)) => {
                passing.set_body(pages::limited(&passing.body, limit));
                passing.forward().await
            }
            Some(Fault::EmptyPage) => self.empty_page(passing).await,
            Some(Fault::StuckPage) => passing.stuck_page().await,
            Some(Fault::Garble(damage)) => {
                let answer = passing.ask().await?;
                let is_last = answer.is_last();
                let (bytes, ends) = damage::of_http(answer, damage);
                passing.client.get_mut().write_all(&bytes).await?;
                Ok((ends || is_last).then_some(End::Close))
            }
            Some(fault) => {
                if fault == Fault::ServerErrorAfter {
                    passing.ask().await?;
                }
                match answers::error(&fault, &passing.body) {
                    Some(answer) => passing.answer(&answer).await,
                    None => passing.forward().await,
                }
            }
        }
    }

    /// Asks the server for the first item only, and answers without it: the key to go on from is then a true one, of the right
    /// shape. The request that goes on from it starts where this one did, so that nothing is lost.
    async fn empty_page(&self, mut passing: Passing<'_>) -> Step {
        let original = passing.message.clone();
        passing.set_body(pages::limited(&passing.body, 1));
        let answer = passing.ask().await?;
        let page: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let resume = page["LastEvaluatedKey"].clone();
        if !answer.is_ok() || resume.is_null() {
            passing.message = original;
            return passing.forward().await;
        }
        let started = passing.body.get("ExclusiveStartKey").cloned();
        self.empty_pages.lock().unwrap_or_else(PoisonError::into_inner).push((resume, started));
        let page = pages::emptied(page).to_string().into_bytes();
        passing.answer(&answer.with_body(page)).await
    }

    fn resume_after_empty_page(&self, passing: &mut Passing<'_>) {
        let Some(start) = passing.body.get("ExclusiveStartKey") else {
            return;
        };
        let mut pages = self.empty_pages.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = pages.iter().position(|(resume, _)| resume == start) else {
            return;
        };
        let (_, started) = pages.swap_remove(at);
        let mut body = passing.body.clone();
        match (started, body.as_object_mut()) {
            (Some(started), Some(body)) => drop(body.insert("ExclusiveStartKey".to_owned(), started)),
            (None, Some(body)) => drop(body.remove("ExclusiveStartKey")),
            (_, None) => {}
        }
        passing.set_body(body);
    }
}

impl Passing<'_> {
    /// The server's answer; it has applied the request when this returns.
    async fn ask(&mut self) -> io::Result<Message> {
        self.message.write(self.upstream).await?;
        Message::read(self.upstream).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    async fn answer(&mut self, answer: &Message) -> Step {
        answer.write(self.client).await?;
        Ok(answer.is_last().then_some(End::Close))
    }

    async fn forward(&mut self) -> Step {
        let answer = self.ask().await?;
        self.answer(&answer).await
    }

    /// Answers that there is more, from where the request started.
    async fn stuck_page(&mut self) -> Step {
        let started = self.body.get("ExclusiveStartKey").cloned();
        self.set_body(pages::limited(&self.body, 1));
        let answer = self.ask().await?;
        let mut page: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if let (true, Some(started)) = (page.is_object(), started) {
            page["LastEvaluatedKey"] = started;
        }
        self.answer(&answer.with_body(page.to_string().into_bytes())).await
    }

    fn set_body(&mut self, body: Value) {
        let bytes = body.to_string().into_bytes();
        self.message = self.message.clone().with_body(bytes);
        self.body = body;
    }

    async fn leave_unprocessed(&mut self, count: usize) -> Step {
        let (rest, taken) = pages::split_batch(self.body.clone(), count);
        let Some(rest) = rest else {
            let body = pages::nothing_done(self.operation, taken).to_string().into_bytes();
            return self.answer(&Message::answer("200 OK", body)).await;
        };
        self.set_body(rest);
        let answer = self.ask().await?;
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if !answer.is_ok() || !body.is_object() {
            return self.answer(&answer).await;
        }
        pages::add_unprocessed(&mut body, self.operation, taken);
        self.answer(&answer.with_body(body.to_string().into_bytes())).await
    }
}
