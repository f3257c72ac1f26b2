//! The cost of each kind of operation, on the embedded backend as on DynamoDB Local.

use reposit::layer::{Cost, Meter};
use reposit::{Database, Repository};
use reposit_tests::harness::{START, Test};
use reposit_tests::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

/// Indexes that do not hold all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "parcels")]
struct Parcel {
    #[hash_key]
    id: String,
    #[index(projection = "keys_only")]
    state: String,
    #[index(range = "weight", projection = ["note"])]
    town: Option<String>,
    weight: u32,
    note: String,
    text: String,
}

fn parcel(id: &str, state: &str, town: Option<&str>) -> Parcel {
    Parcel {
        id: id.into(),
        state: state.into(),
        town: town.map(Into::into),
        weight: 7,
        note: "fragile".into(),
        text: "x".repeat(1500),
    }
}

/// What each step cost.
pub(crate) struct Costs<'a> {
    meter: &'a Meter,
    steps: Vec<(&'static str, Cost)>,
}

impl Costs<'_> {
    pub(crate) async fn step<T>(
        &mut self,
        name: &'static str,
        operation: impl Future<Output = reposit::Result<T>>,
    ) -> T {
        let (result, cost) = self.meter.scope(operation).await;
        self.steps.push((name, cost));
        result.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A step that is refused.
    async fn refused<T>(&mut self, name: &'static str, operation: impl Future<Output = reposit::Result<T>>) {
        let (result, cost) = self.meter.scope(operation).await;
        self.steps.push((name, cost));
        assert!(result.is_err(), "{name}");
    }
}

fn long(id: &str, bytes: usize) -> Note {
    Note { title: "x".repeat(bytes), ..note(id) }
}

async fn writes(db: &Database, costs: &mut Costs<'_>) {
    let n = note("n");
    costs.step("create", Note::create(&n).exec(db)).await;
    costs.refused("create again", Note::create(&n).exec(db)).await;
    costs.step("put a larger one", Note::put(&long("n", 3000)).exec(db)).await;
    costs.step("put a smaller one", Note::put(&n).exec(db)).await;
    costs.step("put a new one", Note::put(&long("m", 5000)).exec(db)).await;
    costs.step("replace", Note::replace(&long("m", 2000)).exec(db)).await;
    costs.refused("replace none", Note::replace(&note("none")).exec(db)).await;
    costs.step("update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(db)).await;
    costs.step("update a float", Note::update("n").add(Note::RATIO, 0.5).exec(db)).await;
    costs.refused("update if", Note::update("n").set(Note::TITLE, "y").only_if(Note::COUNT.eq(99)).exec(db)).await;
    costs.refused("update none", Note::update("none").set(Note::TITLE, "y").exec(db)).await;
    costs.step("update nothing", Note::update("n").exec(db)).await;
    costs.step("upsert", Token::upsert("t").set(Token::USER_ID, "u").set(Token::CREATED_AT, START).exec(db)).await;
    costs.step("create with ttl", Token::create(&token("t2", START)).exec(db)).await;
    costs.step("delete", Note::delete("m").exec(db)).await;
    costs.step("delete none", Note::delete("none").exec(db)).await;
    costs.step("delete one with ttl", Token::delete("t2").exec(db)).await;
    let events: Vec<_> = (0..60).map(|seq| event("s", seq, seq as i32 % 3)).collect();
    costs.step("put_many", Event::put_many(&events).exec(db)).await;
    costs.step("put_many again", Event::put_many(&events[..30]).exec(db)).await;
    costs.step("delete_many", Event::delete_many((50..60).map(|seq| ("s", seq))).exec(db)).await;
    costs.step("update a range key's", Event::update("s", 1).set(Event::TEXT, "y").exec(db)).await;
    costs.step("update a local index's", Event::update("s", 1).set(Event::SEVERITY, 9).exec(db)).await;
}

async fn unique_writes(db: &Database, costs: &mut Costs<'_>) {
    for n in 0..12 {
        let new = user(&format!("u{n}"), if n < 8 { "core" } else { "other" }, n);
        costs.step("create with a unique value", User::create(&new).exec(db)).await;
    }
    costs.step("create with three", Account::create(&account("a")).exec(db)).await;
    costs.step("update no unique value", User::update("u1").set(User::AGE, 9).exec(db)).await;
    costs.step("update the index's hash", User::update("u1").set(User::TEAM, "other").exec(db)).await;
    costs.step("move a unique value", User::update("u1").set(User::EMAIL, "new@example.com").exec(db)).await;
    let mut one = User::get("u1").exec(db).await.unwrap().unwrap();
    costs.step("save", User::save(&mut one).exec(db)).await;
    costs.step("put with three", Account::put(&account("a")).exec(db)).await;
    let moved = account("a").clone_with_login("another");
    costs.step("put that moves one", Account::put(&moved).exec(db)).await;
    costs.step("delete with a unique value", User::delete("u11").exec(db)).await;
    costs.step("delete none with unique values", User::delete("none").exec(db)).await;
    let n = note("in a transaction");
    let together = db.transaction().add(Note::put(&n)).add(Note::update("n").add(Note::COUNT, 1));
    costs.step("a transaction", together.commit()).await;
    let new = user("u20", "core", 1);
    let together = db.transaction().add(User::create(&new)).add(Note::delete("in a transaction"));
    costs.step("a transaction over two", together.commit()).await;
}

async fn transactions(db: &Database, costs: &mut Costs<'_>) {
    let [small, large, other] = [note("small"), long("large", 1500), long("other", 600)];
    costs.step("small, large", db.transaction().add(Note::put(&small)).add(Note::put(&large)).commit()).await;
    costs.step("large, small", db.transaction().add(Note::put(&large)).add(Note::put(&small)).commit()).await;
    let more = long("more", 600);
    let three = db.transaction().add(Note::put(&other)).add(Note::put(&more)).add(Note::put(&small));
    costs.step("three", three.commit()).await;
    let deleted = db.transaction().add(Note::delete("large")).add(Note::delete("more")).add(Note::delete("none"));
    costs.step("deletes", deleted.commit()).await;
    let checked = db.transaction().add(Note::check("other").only_if(Note::COUNT.eq(0))).add(Note::put(&small));
    costs.step("a check", checked.commit()).await;
    let checked = db.transaction().add(Note::check("small").only_if(Note::COUNT.eq(0)));
    costs.step("a check alone", checked.commit()).await;
    let [one, two] = [user("v1", "core", 1), user("v2", "core", 2)];
    let created = db.transaction().add(User::create(&one)).add(User::create(&two));
    costs.step("two with unique values", created.commit()).await;
    let told = {
        let mut told = db.transaction();
        let _ = told.add_returning(User::update("v1").add(User::AGE, 1));
        let _ = told.add_returning(Note::delete("small"));
        told
    };
    costs.step("told", told.commit()).await;
    let taken = User { email: one.email.clone(), ..user("v3", "core", 3) };
    costs.refused("taken", User::create(&taken).exec(db)).await;
    costs.refused("there", User::create(&user("v1", "core", 3)).exec(db)).await;
    costs.refused("taken by an update", User::update("v2").set(User::EMAIL, &one.email).exec(db)).await;
    let refused = db.transaction().add(Note::put(&small)).add(User::update("none").set(User::AGE, 1));
    costs.refused("a refused transaction", refused.commit()).await;
    let many = [user("w1", "core", 1), user("w2", "core", 2)];
    costs.step("many with unique values", User::create_many(&many).exec(db)).await;
    costs.step("delete many with unique values", User::delete_many(["w1", "w2", "none"]).any_version().exec(db)).await;
}

async fn projected_writes(db: &Database, costs: &mut Costs<'_>) {
    costs.step("create in two indexes", Parcel::create(&parcel("p", "new", Some("Ulm"))).exec(db)).await;
    costs.step("create in one index", Parcel::create(&parcel("q", "new", None)).exec(db)).await;
    costs.step("update what no index has", Parcel::update("p").set(Parcel::TEXT, "y").exec(db)).await;
    costs.step("update what one has", Parcel::update("p").set(Parcel::NOTE, "y").exec(db)).await;
    costs.step("update a part of one", Parcel::update("p").set(Parcel::WEIGHT, 8).exec(db)).await;
    costs.step("leave an index", Parcel::update("p").remove(Parcel::TOWN).exec(db)).await;
    costs.step("enter an index", Parcel::update("p").set(Parcel::TOWN, "Bonn").exec(db)).await;
    costs.step("delete from two", Parcel::delete("p").exec(db)).await;
}

async fn reads(db: &Database, costs: &mut Costs<'_>) {
    Note::put(&long("long", 9000)).exec(db).await.unwrap();
    costs.step("get", Note::get("n").exec(db)).await;
    costs.step("get consistently", Note::get("n").consistent().exec(db)).await;
    costs.step("get a long one", Note::get("long").exec(db)).await;
    costs.step("get a long one consistently", Note::get("long").consistent().exec(db)).await;
    costs.step("get none", Note::get("none").exec(db)).await;
    costs.step("get_many", Note::get_many(["n", "long", "none", "n"]).exec(db)).await;
    costs.step("get_many of one", Note::get_many(["n"]).exec(db)).await;
    costs.step("get_many of 150", Event::get_many((0..150).map(|seq| ("s", seq))).exec(db)).await;
    costs.step("find by a unique value", User::find_by_email("u2@example.com").exec(db)).await;
    costs.step("and consistently", User::find_by_email("u2@example.com").consistent().exec(db)).await;
    costs.step("find none", User::find_by_email("none").exec(db)).await;
    costs.step("find none consistently", User::find_by_email("none").consistent().exec(db)).await;
    costs.step("a page", User::find_by_team("core").limit(3).exec(db)).await;
    costs.step("all of a team", User::find_by_team("core").exec(db)).await;
    costs.step("none of a team", User::find_by_team("none").exec(db)).await;
    costs.step("first", User::find_by_team("core").first(db)).await;
    costs.step("count", User::find_by_team("core").count(db)).await;
    costs.step("a filter", User::find_by_team("core").filter(User::AGE.eq(9)).limit(3).exec(db)).await;
    costs.step("a primary key", Event::query("s").limit(10).exec(db)).await;
    costs.step("a range of it, consistently", Event::query("s").range(5..20).consistent().exec(db)).await;
    costs.step("a local index", Event::find_by_severity("s").range(1..).exec(db)).await;
    costs.step("scan", Event::scan().limit(20).exec(db)).await;
    costs.step("scan with a filter", Event::scan().filter(Event::SEVERITY.eq(2)).limit(5).exec(db)).await;
    costs.step("count a scan", Event::scan().count(db)).await;
    let both = db.snapshot((Note::get("n"), User::get("u2"), Note::get("none")));
    costs.step("a snapshot", both).await;
}

async fn costs_on(target: Target) -> (Vec<(&'static str, Cost)>, String) {
    let (test, label) = Test::on(target).await;
    let meter = Meter::new();
    let db = test.db.layer(meter.clone());
    db.define::<(Note, Token, Event)>().await.unwrap();
    db.define::<(User, Account, Parcel)>().await.unwrap();
    let mut costs = Costs { meter: &meter, steps: Vec::new() };
    writes(&db, &mut costs).await;
    unique_writes(&db, &mut costs).await;
    transactions(&db, &mut costs).await;
    projected_writes(&db, &mut costs).await;
    reads(&db, &mut costs).await;
    crate::bare_costs::of_marks(&db, &mut costs).await;
    (costs.steps, label)
}

/// Steps that change several items of a table in one transaction. DynamoDB Local adds up which units the items took and not
/// how many took as many, so three items of one unit are one. The other server counts each item, as DynamoDB does, but
/// an index once.
const TOGETHER: &[&str] = &[
    "create with three",
    "move a unique value",
    "put that moves one",
    "a transaction",
    "three",
    "deletes",
    "a check",
    "two with unique values",
];

/// The figures of a cost and of each part, sorted; the write units of indexes so often.
fn figures(cost: &Cost, indexes: f64) -> Vec<String> {
    let line = |cost: &Cost, units: f64| {
        format!(
            "{} requests, {} + {units} units, {} read, {} given, {} bytes",
            cost.requests, cost.read_units, cost.records_read, cost.records_given, cost.bytes
        )
    };
    let (mut parts, mut units) = (Vec::new(), 0.0);
    for part in cost.parts() {
        let times = if part.index.is_some() { indexes } else { 1.0 };
        units += times * part.cost.write_units;
        let index = part.index.as_deref().unwrap_or("-");
        parts.push(format!("  {}/{index}: {}", part.repository, line(&part.cost, times * part.cost.write_units)));
    }
    parts.sort();
    parts.insert(0, line(cost, units));
    parts
}

#[tokio::test]
async fn the_embedded_backend_costs_what_dynamodb_reports() {
    let (here, memory) = costs_on(Target::Memory).await;
    let (local, label) = costs_on(Target::DynamodbLocal).await;
    let (other, _) = costs_on(Target::Dynoxide).await;
    let mut differ = String::new();
    for ((name, here), ((_, local), (_, other))) in here.iter().zip(local.iter().zip(&other)) {
        let there = if TOGETHER.contains(name) { figures(other, 2.0) } else { figures(local, 1.0) };
        let here = figures(here, 1.0);
        if here != there {
            differ += &format!("{name}\n here\n{}\n there\n{}\n", here.join("\n"), there.join("\n"));
        }
    }
    assert!(differ.is_empty(), "\n{differ}");
    report::ran("layers::costs_are_those_of_dynamodb", &memory);
    report::ran("layers::costs_are_those_of_dynamodb", &label);
}
