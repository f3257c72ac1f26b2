//! A layer that forwards everything changes nothing, and each call enters it once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reposit::backend::{Backend, Call, Forward, Get, Layer, Reply, Request, Verify};
use reposit::{Database, ErrorKind, Record, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    age: u32,
}

fn user(id: &str) -> User {
    User { id: id.into(), email: format!("{id}@example.com"), age: 36 }
}

/// Counts the calls by their operation.
#[derive(Debug, Clone, Default)]
struct Counter(Arc<Mutex<BTreeMap<&'static str, u32>>>);

impl Counter {
    /// What was counted since it was asked last.
    fn take(&self) -> Vec<(&'static str, u32)> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().collect()
    }
}

#[derive(Debug)]
struct Counted(Arc<dyn Backend>, Counter);

impl Layer for Counter {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Counted(inner, self))
    }
}

impl Forward for Counted {
    fn inner(&self) -> &dyn Backend {
        &*self.0
    }

    fn enter(&self, call: Call) -> Call {
        *self.1.0.lock().unwrap().entry(call.operation).or_default() += 1;
        call
    }
}

/// Answers by itself what a backend need not answer.
struct Answers;

#[derive(Debug)]
struct Answering(Arc<dyn Backend>);

impl Layer for Answers {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Answering(inner))
    }
}

impl Forward for Answering {
    fn inner(&self) -> &dyn Backend {
        &*self.0
    }

    fn name(&self) -> &'static str {
        "answering"
    }

    fn verify(&self, _: Call, _: Verify) -> Reply<'_, Vec<String>> {
        Reply::now(Ok(vec!["found".into()]))
    }

    fn explain(&self, _: Call, _: Request<'_>) -> Result<String> {
        Ok("explained".into())
    }
}

#[tokio::test]
async fn every_operation_enters_once_and_answers_as_without() {
    let counter = Counter::default();
    let bare = Database::open("memory:").await.unwrap();
    let db = bare.layer(counter.clone());
    db.define::<User>().await.unwrap();
    assert_eq!(db.plan::<User>().await.unwrap().len(), 1);
    db.ping().await.unwrap();
    assert_eq!(counter.take(), [("define", 1), ("ping", 1), ("plan", 1)]);

    User::create(&user("a")).exec(&db).await.unwrap();
    assert_eq!(User::create(&user("a")).exec(&db).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(User::update("a").add(User::AGE, 1).exec(&db).await.unwrap().age, 37);
    User::put_many(&[user("b"), user("c")]).exec(&db).await.unwrap();
    db.transaction().add(User::delete("c")).add(User::create(&user("d"))).commit().await.unwrap();
    let written = counter.take();
    assert_eq!(written, [("create", 2), ("put_many", 1), ("transaction", 1), ("update", 1)]);

    assert_eq!(User::get("b").exec(&db).await.unwrap(), Some(user("b")));
    let many = User::get_many(["d", "c"]).exec(&db).await.unwrap();
    assert_eq!(many, [Some(user("d")), None]);
    assert_eq!(User::find_by_email("d@example.com").exec(&db).await.unwrap(), Some(user("d")));
    assert_eq!(User::scan().all(&db).await.unwrap().len(), 3);
    assert_eq!(User::scan().count(&db).await.unwrap(), 3);
    let (a, c) = db.snapshot((User::get("b"), User::get("c"))).await.unwrap();
    assert_eq!((a, c), (Some(user("b")), None));
    assert!(db.verify::<User>().await.unwrap().is_empty());
    assert_eq!(db.repositories().await.unwrap(), ["user"]);
    assert_eq!(User::get("a").explain(&db).unwrap(), User::get("a").explain(&bare).unwrap());
    let read = counter.take();
    let operations: Vec<_> = read.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(
        operations,
        ["count", "explain", "find", "get", "get_many", "repositories", "scan", "snapshot", "verify"],
        "{read:?}"
    );
}

/// Writes down the repositories that are read from, by the names in their definitions.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

#[derive(Debug)]
struct Naming(Arc<dyn Backend>, Names);

impl Layer for Names {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Naming(inner, self))
    }
}

impl Forward for Naming {
    fn inner(&self) -> &dyn Backend {
        &*self.0
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.1.0.lock().unwrap().push(get.definition.name());
        self.inner().get(call, get)
    }
}

#[tokio::test]
async fn a_layer_is_in_front_of_the_table_prefix_and_a_backend_behind_it() {
    let (layer, backend) = (Names::default(), Names::default());
    let memory = Arc::new(reposit::backend::memory::Memory::new(&Default::default()));
    let db = Database::builder().backend(backend.clone().layer(memory)).table_prefix("a-").layer(layer.clone());
    let db = db.open().await.unwrap();
    db.define::<User>().await.unwrap();
    assert_eq!(User::get("x").exec(&db).await.unwrap(), None);
    assert_eq!((&layer.0.lock().unwrap()[..], &backend.0.lock().unwrap()[..]), (&["user"][..], &["a-user"][..]));
}

#[tokio::test]
async fn what_a_backend_need_not_answer_is_forwarded_too() {
    let db = Database::open("memory:").await.unwrap();
    let db = db.layer(Answers).layer(Counter::default());
    db.define::<User>().await.unwrap();
    assert_eq!(db.backend_name(), "answering");
    assert_eq!(db.verify::<User>().await.unwrap(), ["found"]);
    assert_eq!(User::get("a").explain(&db).unwrap(), "explained");
}
