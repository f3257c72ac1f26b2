//! The proxy in front of DynamoDB: each fault is seen by the client, and does to the server what it says.

use reposit_tests::proxy::{Damage, Dynamo, Fault, Rule};
use reposit_tests::raw::{create_table, dynamo, try_dynamo};
use reposit_tests::servers::{self, Server, fresh_name};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A proxy with a table behind it.
struct Bench {
    proxy: Dynamo,
    direct: String,
    key: String,
}

impl Bench {
    async fn new(server: &Server) -> Self {
        let key = fresh_name();
        let direct = server.address(&key);
        create_table(&direct, &key, "users").await;
        let proxy = Dynamo::start(&direct).await;
        assert!(server.url_via(&key, proxy.address()).ends_with(&format!("?endpoint={}", proxy.url_endpoint())));
        Self { proxy, direct, key }
    }

    /// Both servers: they frame their answers differently.
    async fn both() -> [Self; 2] {
        [Self::new(&servers::dynoxide().await).await, Self::new(&servers::dynamodb_local().await).await]
    }

    async fn send(&self, operation: &str, body: Value) -> std::io::Result<(u16, Value)> {
        try_dynamo(self.proxy.address(), &self.key, operation, &body).await
    }

    async fn put(&self, id: &str) -> std::io::Result<(u16, Value)> {
        self.send("PutItem", put(id)).await
    }

    async fn has(&self, id: &str) -> bool {
        let get = json!({ "TableName": "users", "Key": { "id": { "S": id } }, "ConsistentRead": true });
        dynamo(&self.direct, &self.key, "GetItem", &get).await.get("Item").is_some()
    }
}

fn put(id: &str) -> Value {
    json!({ "TableName": "users", "Item": { "id": { "S": id } } })
}

#[tokio::test]
async fn requests_pass_and_are_counted() {
    for bench in Bench::both().await {
        assert_eq!(bench.put("a").await.expect("an answer").0, 200);
        assert_eq!(bench.put("b").await.expect("an answer").0, 200);
        let (_, scan) = bench.send("Scan", json!({ "TableName": "users" })).await.expect("an answer");
        assert_eq!(scan["Count"], 2);
        let counts: Vec<(String, usize)> = bench.proxy.counts().into_iter().collect();
        assert_eq!(counts, [("PutItem".to_owned(), 2), ("Scan".to_owned(), 1)]);
        assert_eq!(bench.proxy.requests()[1].body, put("b"));
        bench.proxy.reset_counts();
        assert!(bench.proxy.counts().is_empty());
    }
}

#[tokio::test]
async fn an_answer_is_lost_before_or_after_the_write() {
    for bench in Bench::both().await {
        let faults = [
            (Fault::DropBefore, false),
            (Fault::DropAfter, true),
            (Fault::ResetBefore, false),
            (Fault::ResetAfter, true),
        ];
        for (fault, applied) in faults {
            let id = format!("{fault:?}");
            let fired = bench.proxy.fault(Rule::on("PutItem", fault.clone()).containing(&id));
            assert_eq!(bench.put("other").await.expect("an answer").0, 200);
            assert_eq!(fired.count(), 0);
            let error = bench.put(&id).await.expect_err("no answer");
            let reset = matches!(fault, Fault::ResetBefore | Fault::ResetAfter);
            assert_eq!(error.kind() == std::io::ErrorKind::ConnectionReset, reset, "{fault:?}: {error}");
            assert_eq!(fired.count(), 1);
            assert_eq!(bench.has(&id).await, applied, "{fault:?}");
            assert_eq!(bench.put(&id).await.expect("the fault is over").0, 200);
        }
    }
}

#[tokio::test]
async fn a_late_request_arrives_although_its_client_has_gone() {
    for bench in Bench::both().await {
        bench.proxy.fault(Rule::any(Fault::DelayBefore(Duration::from_millis(2500))));
        let given_up = tokio::time::timeout(Duration::from_millis(500), bench.put("late")).await;
        assert!(given_up.is_err());
        assert!(!bench.has("late").await);
        eventually(async || bench.has("late").await).await;
    }
}

#[tokio::test]
async fn a_late_answer_is_of_a_write_that_is_done() {
    for bench in Bench::both().await {
        bench.proxy.fault(Rule::any(Fault::DelayAfter(Duration::from_secs(60))));
        let given_up = tokio::time::timeout(Duration::from_millis(1000), bench.put("done")).await;
        assert!(given_up.is_err());
        eventually(async || bench.has("done").await).await;
    }
}

#[tokio::test]
async fn an_answer_comes_but_not_as_it_was_sent() {
    for bench in Bench::both().await {
        for damage in [Damage::Cut, Damage::Changed, Damage::Empty] {
            let id = format!("{damage:?}");
            let fired = bench.proxy.fault(Rule::on("PutItem", Fault::Garble(damage)));
            // What is no JSON is read as a null here.
            assert_eq!(bench.put(&id).await.expect("an answer"), (200, Value::Null), "{id}");
            assert_eq!(fired.count(), 1);
            assert!(bench.has(&id).await, "{id}");
            assert_eq!(bench.put(&id).await.expect("the fault is over"), (200, json!({})));
        }
        let whole = bench.put("a").await.expect("an answer");
        for seed in 0..40 {
            bench.proxy.fault(Rule::on("PutItem", Fault::Garble(Damage::Noise(seed))));
            let answer = bench.put("a").await.ok();
            // The status, the form, or the length that this reader does not look at.
            bench.proxy.clear_faults();
            assert_eq!(bench.put("a").await.expect("the fault is over"), whole, "{seed}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_page_goes_on_from_where_it_began() {
    for bench in Bench::both().await {
        for id in ["a", "b", "c"] {
            bench.put(id).await.expect("an answer");
        }
        bench.proxy.fault(Rule::on("Scan", Fault::StuckPage).always());
        let first = bench.send("Scan", json!({ "TableName": "users" })).await.expect("an answer").1;
        let start = first["LastEvaluatedKey"].clone();
        assert_eq!((first["Count"].as_u64(), start.is_object()), (Some(1), true));
        let scan = json!({ "TableName": "users", "ExclusiveStartKey": start });
        assert_eq!(bench.send("Scan", scan).await.expect("an answer").1["LastEvaluatedKey"], start);
    }
}

#[tokio::test]
async fn errors_are_answered_in_the_servers_words() {
    for bench in Bench::both().await {
        let faults = [
            (Fault::ServerError, 500, "InternalServerError", false),
            (Fault::ServerErrorAfter, 500, "InternalServerError", true),
            (Fault::Throttled, 400, "ProvisionedThroughputExceededException", false),
            (Fault::Throttling, 400, "ThrottlingException", false),
            (Fault::Conflict, 400, "TransactionConflictException", false),
        ];
        for (fault, status, kind, applied) in faults {
            bench.proxy.fault(Rule::on("PutItem", fault));
            let id = format!("{kind}{applied}");
            let (found, answer) = bench.put(&id).await.expect("an answer");
            assert_eq!(found, status);
            assert!(answer["__type"].as_str().is_some_and(|found| found.ends_with(&format!("#{kind}"))), "{answer}");
            assert_eq!(bench.has(&id).await, applied);
        }
        bench.proxy.fault(Rule::on("TransactWriteItems", Fault::Conflict));
        let transaction = json!({ "TransactItems": [{ "Put": put("x") }, { "Put": put("y") }] });
        let (_, answer) = bench.send("TransactWriteItems", transaction).await.expect("an answer");
        assert_eq!(answer["CancellationReasons"][0]["Code"], "TransactionConflict");
        assert_eq!(answer["CancellationReasons"][1]["Code"], "None");
        assert!(!bench.has("x").await);
    }
}

#[tokio::test]
async fn a_rule_waits_for_its_turn_and_ends() {
    let bench = Bench::new(&servers::dynoxide().await).await;
    let fired = bench.proxy.fault(Rule::on("PutItem", Fault::ServerError).after(1).times(2));
    let mut statuses = Vec::new();
    for id in ["a", "b", "c", "d"] {
        statuses.push(bench.put(id).await.expect("an answer").0);
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    assert_eq!(fired.count(), 2);
    bench.proxy.fault(Rule::any(Fault::ServerError).always());
    assert_eq!(bench.put("e").await.expect("an answer").0, 500);
    bench.proxy.clear_faults();
    assert_eq!(bench.put("e").await.expect("an answer").0, 200);
}

#[tokio::test]
async fn part_of_a_batch_is_left_undone() {
    for bench in Bench::both().await {
        let writes: Vec<Value> =
            ["a", "b", "c"].map(|id| json!({ "PutRequest": { "Item": { "id": { "S": id } } } })).to_vec();
        let batch = json!({ "RequestItems": { "users": writes } });
        bench.proxy.fault(Rule::any(Fault::Unprocessed(2)));
        let (_, answer) = bench.send("BatchWriteItem", batch.clone()).await.expect("an answer");
        assert_eq!(answer["UnprocessedItems"]["users"], json!(writes[1..]));
        assert!(bench.has("a").await && !bench.has("b").await && !bench.has("c").await);

        bench.proxy.fault(Rule::any(Fault::Unprocessed(9)));
        let (_, answer) = bench.send("BatchWriteItem", batch.clone()).await.expect("an answer");
        assert_eq!(answer["UnprocessedItems"]["users"], json!(writes));
        dynamo(bench.proxy.address(), &bench.key, "BatchWriteItem", &batch).await;

        let keys: Vec<Value> = ["a", "b", "c"].map(|id| json!({ "id": { "S": id } })).to_vec();
        let batch = json!({ "RequestItems": { "users": { "Keys": keys, "ConsistentRead": true } } });
        bench.proxy.fault(Rule::any(Fault::Unprocessed(1)));
        let (_, answer) = bench.send("BatchGetItem", batch).await.expect("an answer");
        assert_eq!(answer["Responses"]["users"].as_array().map(Vec::len), Some(2));
        assert_eq!(answer["UnprocessedKeys"]["users"], json!({ "Keys": keys[2..], "ConsistentRead": true }));
    }
}

#[tokio::test]
async fn empty_and_short_pages_lose_nothing() {
    for bench in Bench::both().await {
        for id in ["a", "b", "c", "d", "e"] {
            bench.put(id).await.expect("an answer");
        }
        bench.proxy.fault(Rule::any(Fault::EmptyPage).times(2));
        bench.proxy.fault(Rule::any(Fault::ShortPage(2)));
        bench.proxy.fault(Rule::any(Fault::EmptyPage));
        let mut sizes = Vec::new();
        let mut ids = Vec::new();
        let mut scan = json!({ "TableName": "users" });
        loop {
            let page = dynamo(bench.proxy.address(), &bench.key, "Scan", &scan).await;
            let items = page["Items"].as_array().expect("items").clone();
            sizes.push(items.len());
            ids.extend(items.into_iter().map(|item| item["id"]["S"].to_string()));
            let Some(start) = page.get("LastEvaluatedKey") else {
                break;
            };
            scan["ExclusiveStartKey"] = start.clone();
        }
        ids.sort();
        assert_eq!(ids, [r#""a""#, r#""b""#, r#""c""#, r#""d""#, r#""e""#]);
        assert_eq!(sizes, [0, 0, 2, 0, 3]);
    }
}

/// Waits until it is so, for much longer than it should take.
async fn eventually(holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
