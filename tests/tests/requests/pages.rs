//! What listings send: a page at a time, and no request beyond the last record.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use reposit::Page;
use reposit_tests::models::{Account, Event, account, event};
use reposit_tests::proxy::{Fault, Names, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::counted::{Counted, sends};

/// What a query and a scan send.
pub(crate) fn listings(target: Target) -> (&'static str, &'static str) {
    let names = Names::of(target);
    (names.query, names.scan)
}

/// A stream asks for the next page while the one at hand is used up, and for no more than that.
pub(crate) async fn a_stream_is_one_page_ahead(target: Target) {
    let (request, _) = listings(target);
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Event>().await.unwrap();
    let events: Vec<_> = (0..450).map(|n| event("s", n, 0)).collect();
    Event::put_many(&events).exec(&db).await.unwrap();
    c.taken();
    let mut stream = Event::query("s").stream(&db);
    let mut requests = 0;
    for (n, event) in events.iter().enumerate() {
        assert_eq!(stream.next().await.unwrap().unwrap(), *event);
        // Who consumes does something with each: time enough for one that runs too far ahead.
        tokio::time::sleep(Duration::from_millis(2)).await;
        requests += c.taken().get(request).copied().unwrap_or(0);
        let ahead = (n / 100 + 2).min(5);
        assert!(requests <= ahead, "{requests} requests after {n} records");
        if n % 100 == 90 {
            assert_eq!(requests, ahead, "after {n} records");
        }
    }
    assert!(stream.next().await.is_none());
    report::ran("requests::a_stream_is_one_page_ahead", &label);
}

/// The records of a page, and whether more follow.
fn of<M>(page: Page<M>) -> (Vec<M>, bool) {
    (page.items, page.next.is_some())
}

/// A listing ends with the last record: nothing is asked for beyond it.
pub(crate) async fn a_listing_costs_no_request_at_its_end(target: Target) {
    let (query, scan) = listings(target);
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Event>().await.unwrap();
    Event::put_many(&(0..20).map(|n| event("s", n, 0)).collect::<Vec<_>>()).exec(&db).await.unwrap();
    let page = |after: Option<reposit::Cursor>| Event::query("s").limit(10).after(after);
    let first = page(None).exec(&db).await.unwrap();
    sends!(c, "the last page, which is full", page(first.next.clone()).exec(&db), [(query, 1)]);
    assert_eq!(page(first.next.clone()).exec(&db).await.unwrap().next, None);
    sends!(c, "all", Event::query("s").all(&db), [(query, 1)]);
    sends!(c, "as many as there are", Event::query("s").limit(20).all(&db), [(query, 1)]);
    sends!(c, "all that is left", page(first.next.clone()).all(&db), [(query, 1)]);
    sends!(c, "a stream", Event::query("s").stream(&db).try_collect::<Vec<_>>(), [(query, 1)]);
    sends!(c, "the first", Event::query("s").descending().first(&db), [(query, 1)]);
    sends!(c, "a scan", Event::scan().limit(20).exec(&db), [(scan, 1)]);
    sends!(c, "what no record can be in", Event::query("s").range(5..5).exec(&db), []);
    report::ran("requests::a_listing_costs_no_request_at_its_end", &label);
}

/// DynamoDB may answer with less than it could, or with nothing, and say where to go on.
pub(crate) async fn short_and_empty_answers_are_read_past(target: Target) {
    let (c, label) = Counted::on(target).await;
    let proxy = &c.proxy;
    let db = c.db.clone();
    db.define::<Event>().await.unwrap();
    db.define::<Account>().await.unwrap();
    let events: Vec<_> = (0..12).map(|n| event("s", n, (n % 2) as i32)).collect();
    Event::put_many(&events).exec(&db).await.unwrap();
    Account::create(&account("a")).exec(&db).await.unwrap();
    let odd: Vec<_> = events.iter().filter(|event| event.severity == 1).cloned().collect();
    let (query, filtered) = (|| Event::query("s").limit(4), || Event::query("s").filter(Event::SEVERITY.eq(1)));
    macro_rules! hindered {
        ($operation:expr, $expected:expr) => {{
            for faults in [
                &[Fault::EmptyPage, Fault::EmptyPage][..],
                &[Fault::ShortPage(1), Fault::EmptyPage, Fault::ShortPage(2)],
            ] {
                proxy.clear_faults();
                faults.iter().for_each(|fault| drop(proxy.fault(Rule::any(fault.clone()))));
                assert_eq!($operation.await.unwrap(), $expected, "{} with {faults:?}", stringify!($operation));
            }
        }};
    }
    let page = async || query().exec(&db).await.map(of);
    hindered!(page(), (events[..4].to_vec(), true));
    let page = async || filtered().limit(5).exec(&db).await.map(of);
    hindered!(page(), (odd[..5].to_vec(), true));
    let page = async || {
        Event::find_by_severity("s").range(1..).descending().limit(6).exec(&db).await.map(|page| page.items.len())
    };
    hindered!(page(), 6);
    hindered!(query().first(&db), Some(events[0].clone()));
    hindered!(filtered().descending().first(&db), Some(odd[5].clone()));
    hindered!(Event::query("s").all(&db), events);
    hindered!(filtered().all(&db), odd);
    hindered!(Event::query("s").count(&db), 12);
    hindered!(filtered().limit(5).count(&db), 5);
    hindered!(Event::query("s").limit(7).count(&db), 7);
    hindered!(Event::query("s").stream(&db).try_collect::<Vec<_>>(), events);
    hindered!(Event::scan().segments(2).count(&db), 12);
    hindered!(Account::find_by_login("login-a").exec(&db), Some(account("a")));
    proxy.clear_faults();
    report::ran("requests::short_and_empty_answers_are_read_past", &label);
}

/// DynamoDB ends an answer at 1 MB of what it reads, whatever the limit.
pub(crate) async fn large_records_fill_pages(target: Target) {
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Event>().await.unwrap();
    let large = |seq: u64| Event { text: "x".repeat(190_000), ..event("s", seq, (seq % 2) as i32) };
    for seq in 0..9 {
        Event::create(&large(seq)).exec(&db).await.unwrap();
    }
    let seqs = |events: &[Event]| events.iter().map(|event| event.seq).collect::<Vec<_>>();
    let page = Event::query("s").limit(7).exec(&db).await.unwrap();
    assert_eq!((seqs(&page.items), page.next.is_some()), ((0..7).collect(), true));
    let page = Event::query("s").limit(7).after(page.next.unwrap()).exec(&db).await.unwrap();
    assert_eq!((seqs(&page.items), page.next), (vec![7, 8], None));
    let odd = || Event::query("s").filter(Event::SEVERITY.eq(1));
    assert_eq!(seqs(&odd().limit(3).exec(&db).await.unwrap().items), [1, 3, 5]);
    assert_eq!(odd().count(&db).await.unwrap(), 4);
    let keys = (0..60).map(|n| ("s", n % 10));
    let many = Event::get_many(keys).exec(&db).await.unwrap();
    assert!(many.iter().enumerate().all(|(n, event)| event.is_some() == (n % 10 != 9)));
    c.taken();
    Event::query("s").descending().first(&db).await.unwrap().unwrap();
    assert_eq!(c.taken().get("Query"), Some(&1));
    report::ran("requests::large_records_fill_pages", &label);
}
