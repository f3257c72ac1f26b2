//! The same histories over a network that loses answers, on purpose and at random.

use std::time::Duration;

use reposit::{Config, Database};
use reposit_tests::proxy::{Dynamo, Fault, Mongo, Rule};
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

enum Proxy {
    Dynamo(Dynamo),
    Mongo(Mongo),
}

impl Proxy {
    fn break_something(&self) {
        let fault = match fastrand::u8(..7) {
            0 => Fault::DropBefore,
            1 | 2 => Fault::DropAfter,
            3 => Fault::ResetAfter,
            4 => Fault::ServerErrorAfter,
            5 => Fault::DelayAfter(TIMEOUT * 3 / 4),
            // mongod tries a write conflict outside of a transaction again by itself: no client ever sees it.
            _ if matches!(self, Self::Mongo(_)) => Fault::ServerError,
            _ => Fault::Conflict,
        };
        let later = fastrand::usize(..12);
        match self {
            Self::Dynamo(proxy) => {
                drop(proxy.fault(Rule::on(DYNAMO[fastrand::usize(..DYNAMO.len())], fault).after(later)));
            }
            Self::Mongo(proxy) => {
                drop(proxy.fault(Rule::on(MONGO[fastrand::usize(..MONGO.len())], fault).after(later)));
            }
        }
    }

    fn mend(&self) {
        match self {
            Self::Dynamo(proxy) => proxy.clear_faults(),
            Self::Mongo(proxy) => proxy.clear_faults(),
        }
    }
}

/// Histories with lost answers in them are as linearizable as any, with unknown outcomes told as such.
pub(crate) async fn histories_with_lost_answers(target: Target) {
    let server = target.server().await.expect("a server");
    let name = fresh_name();
    let upstream = server.address(&name);
    let (proxy, address) = if target == Target::Mongodb {
        let proxy = Mongo::start(&upstream).await;
        let address = proxy.address().to_owned();
        (Proxy::Mongo(proxy), address)
    } else {
        let proxy = Dynamo::start(&upstream).await;
        let address = proxy.address().to_owned();
        (Proxy::Dynamo(proxy), address)
    };
    let url = server.url_via(&name, &address);
    let open = || async { Config::from_url(&url)?.timeout(TIMEOUT).connect_timeout(PATIENCE).open().await };
    let clients = [open().await.expect("the server answers"), open().await.expect("the server answers")];
    // Nothing is in the way of this, and nothing hurries it.
    let direct = crate::arena::open(&server.url_via(&name, &upstream)).await;
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
            proxy.break_something();
        }
        let clients: Vec<_> = (0..CLIENTS).map(|n| clients[n % clients.len()].clone()).collect();
        one_round(clients, &mut tally).await?;
        proxy.mend();
    }
    tally.is_worth_something()
}
