//! The same histories over a network that loses answers, on purpose and at random.

use std::time::Duration;

use reposit::{Config, Database};
use reposit_tests::proxy::{Fault, Proxy, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Target, fresh_name};

use crate::arena::{Found, PATIENCE, SPAN};
use crate::histories::{Cell, Tally, one_round};

/// How many things go wrong in a round. More would leave too much unknown to be searched.
const FAULTS: usize = 6;
const CLIENTS: usize = 6;
const TIMEOUT: Duration = Duration::from_secs(4);

const DYNAMO: [&str; 3] = ["PutItem", "UpdateItem", "DeleteItem"];
const MONGO: [&str; 4] = ["insert", "update", "findAndModify", "delete"];
const REDIS: [&str; 1] = ["EVALSHA write"];
const POSTGRES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "COMMIT"];

/// Something goes wrong with one of the next writes.
fn break_something(proxy: &Proxy) {
    let fault = match fastrand::u8(..7) {
        0 => Fault::DropBefore,
        1 | 2 => Fault::DropAfter,
        3 => Fault::ResetAfter,
        4 => Fault::ServerErrorAfter,
        5 => Fault::DelayAfter(TIMEOUT * 3 / 4),
        // mongod tries a write conflict outside of a transaction again by itself: no client ever sees it.
        _ if matches!(proxy, Proxy::Mongo(_)) => Fault::ServerError,
        _ => Fault::Conflict,
    };
    let later = fastrand::usize(..12);
    let writes = match proxy {
        Proxy::Dynamo(_) => &DYNAMO[..],
        Proxy::Mongo(_) => &MONGO[..],
        Proxy::Postgres(_) => &POSTGRES[..],
        Proxy::Redis(_) => &REDIS[..],
    };
    drop(proxy.fault(Rule::on(writes[fastrand::usize(..writes.len())], fault).after(later)));
}

/// Histories with lost answers in them are as linearizable as any, with unknown outcomes told as such.
pub(crate) async fn histories_with_lost_answers(target: Target) {
    let server = target.server().await.expect("a server");
    let name = fresh_name();
    let (proxy, url) = Proxy::before(target, &server, &name).await;
    let open = || async { Config::from_url(&url)?.timeout(TIMEOUT).connect_timeout(PATIENCE).open().await };
    let clients = [open().await.expect("the server answers"), open().await.expect("the server answers")];
    // Nothing is in the way of this, and nothing hurries it.
    let direct = crate::arena::open(&server.url(&name)).await;
    direct.define::<Cell>().await.expect("an empty database takes any model");
    rounds(&clients, &proxy).await.unwrap_or_else(|found| panic!("on {}: {found}", server.label()));
    // Nothing is left broken by what was cut short.
    assert_eq!(direct.verify::<Cell>().await.expect("a check"), [""; 0]);
    report::ran("concurrency::histories_with_lost_answers", &server.label());
}

async fn rounds(clients: &[Database], proxy: &Proxy) -> Found {
    let until = crate::arena::end(SPAN * 3);
    let mut tally = Tally::default();
    while tally.rounds == 0 || std::time::Instant::now() < until {
        for _ in 0..FAULTS {
            break_something(proxy);
        }
        let clients: Vec<_> = (0..CLIENTS).map(|n| clients[n % clients.len()].clone()).collect();
        one_round(clients, &mut tally).await?;
        proxy.clear_faults();
    }
    tally.is_worth_something()
}
