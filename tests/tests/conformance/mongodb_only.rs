//! What MongoDB alone does: texts of errors that are cut within a character, names that are stored twice, validators,
//! documents as deep as it takes them.

use std::time::{Duration, Instant};

use mongodb::Database as Raw;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Document, RawDocumentBuf, doc, rawdoc};
use reposit::{Config, Embedded, Error, ErrorKind, Repository};
use reposit_conformance::Trial;
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{START, Test, kind};
use reposit_tests::models::{Seat, seat};

/// Its tests.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new("mongodb_only::a_taken_value_is_told_of_every_length", a_taken_value_is_told_of_every_length),
        Trial::new("mongodb_only::a_taken_value_is_told_of_every_write", a_taken_value_is_told_of_every_write),
        Trial::new(
            "mongodb_only::an_expired_holder_makes_way_whatever_the_length",
            an_expired_holder_makes_way_whatever_the_length,
        ),
        Trial::new(
            "mongodb_only::a_condition_that_is_judged_otherwise_is_told_at_once",
            a_condition_that_is_judged_otherwise_is_told_at_once,
        ),
        Trial::new(
            "mongodb_only::a_refusal_that_the_record_does_not_explain_is_told_at_once",
            a_refusal_that_the_record_does_not_explain_is_told_at_once,
        ),
        Trial::new("mongodb_only::documents_as_deep_as_the_server_takes_them", || async {
            on_workers(documents_as_deep_as_the_server_takes_them).await
        }),
        Trial::new(
            "mongodb_only::a_duplicate_of_no_index_that_is_told_is_looked_for",
            a_duplicate_of_no_index_that_is_told_is_looked_for,
        ),
    ]
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "signs")]
struct Sign {
    #[hash_key]
    id: u64,
    #[index(unique)]
    text: String,
}

/// So many bytes of text, of characters of so many bytes each.
fn text(bytes: usize, width: usize) -> String {
    let character = ["x", "\u{e9}", "\u{20ac}", "\u{1F980}"][width - 1];
    format!("{}{}", "a".repeat(bytes % width), character.repeat(bytes / width))
}

/// Texts of every length from 1 to 500 bytes, of characters of every width.
fn texts() -> Vec<String> {
    (1..=4).flat_map(|width| (width..=500).map(move |bytes| text(bytes, width))).collect()
}

fn is_taken(error: &Error) -> bool {
    (error.kind(), error.index()) == (ErrorKind::UniqueViolation, Some("by_text"))
}

async fn a_taken_value_is_told_of_every_length() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Sign>().await;
    let texts = texts();
    let signs = (0..).zip(&texts).map(|(id, text)| Sign { id, text: text.clone() });
    Sign::put_many(&signs.collect::<Vec<_>>()).exec(db).await.unwrap();
    // Every second one of these is taken.
    let both = (10_000..)
        .zip(&texts)
        .flat_map(|(id, text)| [Sign { id, text: text.clone() }, Sign { id: id + 10_000, text: format!("free {id}") }]);
    let refused = Sign::put_many(&both.collect::<Vec<_>>()).exec(db).await.unwrap_err();
    let taken: Vec<_> = refused.failures().iter().map(|failure| failure.position).collect();
    assert_eq!(taken, (0..texts.len()).map(|at| at * 2).collect::<Vec<_>>());
    assert!(refused.failures().iter().all(|failure| is_taken(&failure.error)), "{refused}");
    assert_eq!(Sign::scan().count(db).await.unwrap(), 2 * u64::try_from(texts.len()).unwrap());
    report::ran("mongodb_only::a_taken_value_is_told_of_every_length", &label);
}

async fn a_taken_value_is_told_of_every_write() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Sign>().await;
    Sign::create(&Sign { id: 1, text: "mine".into() }).exec(db).await.unwrap();
    // Where the server cuts, and around it.
    let lengths = [1, 60, 150, 500].into_iter().chain(66..76).chain(156..166);
    for (id, (width, bytes)) in (10..).zip(lengths.flat_map(|bytes| (1..=4).map(move |width| (width, bytes)))) {
        let text = format!("{id}{}", text(bytes, width));
        Sign::create(&Sign { id, text: text.clone() }).exec(db).await.unwrap();
        let new = Sign { id: 2, text: text.clone() };
        let began = Instant::now();
        let refused = [
            Sign::create(&new).exec(db).await.unwrap_err(),
            Sign::put(&new).exec(db).await.unwrap_err(),
            Sign::update(1).set(Sign::TEXT, &text).exec(db).await.unwrap_err(),
            Sign::upsert(1).set(Sign::TEXT, &text).exec(db).await.unwrap_err(),
            Sign::upsert(2).set(Sign::TEXT, &text).exec(db).await.unwrap_err(),
            db.transaction().add(Sign::create(&new)).commit().await.unwrap_err(),
            db.transaction().add(Sign::delete(9)).add(Sign::put(&new)).commit().await.unwrap_err(),
            db.transaction().add(Sign::update(1).set(Sign::TEXT, &text)).commit().await.unwrap_err(),
            db.transaction().add(Sign::upsert(2).set(Sign::TEXT, &text)).commit().await.unwrap_err(),
        ];
        for error in refused {
            assert!(is_taken(&error), "{bytes} bytes of {width}: {error}");
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{bytes} bytes of {width}: {:?}", began.elapsed());
    }
    assert_eq!(Sign::get(1).exec(db).await.unwrap().map(|sign| sign.text).as_deref(), Some("mine"));
    assert_eq!(Sign::get(2).exec(db).await.unwrap(), None);
    report::ran("mongodb_only::a_taken_value_is_told_of_every_write", &label);
}

/// The same where records expire, so that the holder has to be looked at.
async fn an_expired_holder_makes_way_whatever_the_length() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Seat>().await;
    let lengths = (64..80).flat_map(|bytes| (1..=4).map(move |width| text(bytes, width)));
    for (id, place) in (0..).step_by(10).zip(lengths) {
        let (live, gone) = (format!("l{place}"), format!("g{place}"));
        Seat::create(&seat(id, &live, START + 1000)).exec(db).await.unwrap();
        assert_eq!(
            kind(Seat::upsert(id + 1).set(Seat::PLACE, &live).set(Seat::UNTIL, START + 1000).exec(db).await),
            ErrorKind::UniqueViolation
        );
        Seat::create(&seat(id + 2, &gone, START - 10)).exec(db).await.unwrap();
        Seat::update(id).set(Seat::PLACE, &gone).exec(db).await.unwrap();
        assert_eq!(Seat::find_by_place(&gone).exec(db).await.unwrap().map(|seat| seat.id), Some(id));
    }
    report::ran("mongodb_only::an_expired_holder_makes_way_whatever_the_length", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Place {
    city: String,
    number: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "parcels")]
struct Parcel {
    #[hash_key]
    id: u64,
    to: Place,
    weight: u32,
}

/// Another program stored one name twice: the last is read, and the server compares the first.
async fn a_condition_that_is_judged_otherwise_is_told_at_once() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Parcel>().await;
    let parcels = db.raw::<Raw>().unwrap().collection::<RawDocumentBuf>("parcels");
    let mut stored = rawdoc! { "_id": 1_i64, "to": { "city": "Oslo", "number": 7 }, "weight": 5 };
    stored.append(cstr!("weight"), 6);
    parcels.insert_one(&stored).await.unwrap();
    assert_eq!(Parcel::get(1).exec(db).await.unwrap().map(|parcel| parcel.weight), Some(6));
    let is_read = || Parcel::WEIGHT.eq(6);
    let to = Place { city: "Bergen".into(), number: 8 };
    let began = Instant::now();
    let refused = [
        Parcel::update(1).set(Parcel::TO, &to).only_if(is_read()).exec(db).await.unwrap_err(),
        Parcel::delete(1).only_if(is_read()).exec(db).await.unwrap_err(),
        db.transaction().add(Parcel::update(1).set(Parcel::TO, &to).only_if(is_read())).commit().await.unwrap_err(),
        db.transaction().add(Parcel::check(1).only_if(is_read())).add(Parcel::delete(2)).commit().await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!((error.kind(), error.repository()), (ErrorKind::Codec, Some("parcels")), "{error}");
        assert!(error.message().contains(": weight is stored in a form"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(parcels.find_one(doc! {}).await.unwrap(), Some(stored));
    report::ran("mongodb_only::a_condition_that_is_judged_otherwise_is_told_at_once", &label);
}

/// A validator of another's refuses what the record allows.
async fn a_refusal_that_the_record_does_not_explain_is_told_at_once() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let raw = t.db.raw::<Raw>().unwrap();
    raw.create_collection("parcels").validator(doc! { "weight": { "$lt": 100 } }).await.unwrap();
    let db = t.with::<Parcel>().await;
    let parcel = Parcel { id: 1, to: Place { city: "Oslo".into(), number: 7 }, weight: 90 };
    Parcel::create(&parcel).exec(db).await.unwrap();
    let began = Instant::now();
    let refused = [
        Parcel::update(1).add(Parcel::WEIGHT, 10).exec(db).await.unwrap_err(),
        Parcel::upsert(1).add(Parcel::WEIGHT, 10).default(Parcel::TO, &parcel.to).exec(db).await.unwrap_err(),
        db.transaction().add(Parcel::update(1).add(Parcel::WEIGHT, 10)).commit().await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
        assert!(error.message().contains("failed validation"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(Parcel::get(1).exec(db).await.unwrap(), Some(parcel));
    report::ran("mongodb_only::a_refusal_that_the_record_does_not_explain_is_told_at_once", &label);
}

/// A model that reads whatever is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "parcels")]
struct Anything {
    #[hash_key]
    id: u64,
    more: serde_json::Value,
}

/// A document of so many levels.
fn deep(levels: usize) -> Document {
    (1..levels).fold(doc! { "end": 1 }, |below, _| doc! { "d": below })
}

/// On threads as small as a server's are, and in a build as wide as a debug build is.
async fn documents_as_deep_as_the_server_takes_them() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let raw = t.db.raw::<Raw>().unwrap().clone();
    for levels in [95, 170] {
        let catalogue = raw.collection::<Document>("_reposit");
        let written = doc! { "_id": format!("other {levels}"), "hash": deep(levels), "parts": [deep(levels)] };
        catalogue.insert_one(written).await.unwrap();
    }
    let validator = doc! { "$or": [{ "weight": { "$exists": true } }, { "x": { "$eq": deep(90) } }] };
    raw.create_collection("parcels").validator(validator).await.unwrap();
    let parcels = raw.collection::<Document>("parcels");
    let stored = doc! { "_id": 1_i64, "to": { "number": 7, "city": "Oslo" }, "weight": 5, "more": deep(170) };
    parcels.insert_one(stored).await.unwrap();
    raw.collection::<Document>("_reposit")
        .insert_one(doc! { "_id": "signs", "hash": deep(170), "range": deep(170), "parts": [deep(170)] })
        .await
        .unwrap();
    let on_a_worker = tokio::spawn(async move {
        let db = &t.db;
        let refused = db.define::<Sign>().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SchemaMismatch, "{refused}");
        db.define::<Parcel>().await.unwrap();
        assert_eq!(db.plan::<Parcel>().await.unwrap()[0].creations(), []);
        let parcel = Parcel::get(1).exec(db).await.unwrap().unwrap();
        assert_eq!((parcel.weight, Parcel::scan().all(db).await.unwrap()), (5, vec![parcel]));
        let mut anything = &Anything::get(1).exec(db).await.unwrap().unwrap().more;
        let mut levels = 1;
        while let Some(below) = anything.get("d") {
            (anything, levels) = (below, levels + 1);
        }
        assert_eq!(levels, 170);
        assert_eq!(Parcel::update(1).add(Parcel::WEIGHT, 1).exec(db).await.unwrap().weight, 6);
        assert!(Parcel::delete(1).exec(db).await.unwrap());
    });
    on_a_worker.await.unwrap();
    report::ran("mongodb_only::documents_as_deep_as_the_server_takes_them", &label);
}

/// Refuses the next command of these that comes from the client of this name as a duplicate, and tells no index.
async fn refuse_next(raw: &Raw, client: &str) {
    let commands = ["insert", "update", "findAndModify"];
    let mut data = doc! { "failCommands": commands.as_slice(), "errorCode": 11000, "appName": client };
    data.insert("errorExtraInfo", doc! { "keyPattern": {}, "keyValue": {} });
    let point = doc! { "configureFailPoint": "failCommand", "mode": { "times": 1 }, "data": data };
    raw.client().database("admin").run_command(point).await.unwrap();
}

async fn a_duplicate_of_no_index_that_is_told_is_looked_for() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let raw = t.db.raw::<Raw>().unwrap();
    let config = Config::from_url(&format!("{}&appName={}", t.url, raw.name())).unwrap();
    let db = &config.clock(t.clock.clone()).open().await.unwrap();
    db.define::<Seat>().await.unwrap();
    db.define::<Sign>().await.unwrap();
    let later = START + 1000;
    Seat::create(&seat(0, "front", later)).exec(db).await.unwrap();
    Seat::create(&seat(1, "mine", later)).exec(db).await.unwrap();
    Sign::create(&Sign { id: 0, text: "front".into() }).exec(db).await.unwrap();
    for (at, way) in (1..).zip(["create", "put", "update", "upsert", "transaction"]) {
        let (gone, place) = (at * 100, format!("of {way}"));
        Seat::create(&seat(gone, &place, START - 10)).exec(db).await.unwrap();
        for (id, wanted) in [(gone + 1, "front"), (gone + 2, &place), (gone + 3, &format!("free for {way}"))] {
            let new = seat(id, wanted, later);
            refuse_next(raw, raw.name()).await;
            let asked = match way {
                "create" => Seat::create(&new).exec(db).await,
                "put" => Seat::put(&new).exec(db).await,
                "update" => Seat::update(1).set(Seat::PLACE, wanted).exec(db).await.map(drop),
                "upsert" => Seat::upsert(1).set(Seat::PLACE, wanted).set(Seat::UNTIL, later).exec(db).await.map(drop),
                _ => db.transaction().add(Seat::delete(99)).add(Seat::put(&new)).commit().await.map(drop),
            };
            let told = asked.map_err(|error| error.kind());
            let expected = if wanted == "front" { Err(ErrorKind::UniqueViolation) } else { Ok(()) };
            assert_eq!(told, expected, "{way}: {wanted}");
        }
    }
    // Where nothing expires, and of the key.
    let told = |text: &str, id| Sign { id, text: text.into() };
    for (sign, expected) in [
        (told("front", 1), Err(ErrorKind::UniqueViolation)),
        (told("back", 0), Err(ErrorKind::AlreadyExists)),
        (told("back", 1), Ok(())),
    ] {
        refuse_next(raw, raw.name()).await;
        assert_eq!(Sign::create(&sign).exec(db).await.map_err(|error| error.kind()), expected, "{sign:?}");
    }
    report::ran("mongodb_only::a_duplicate_of_no_index_that_is_told_is_looked_for", &label);
}

/// Runs a test in a runtime of two workers.
async fn on_workers<F: Future<Output = ()>>(test: fn() -> F) {
    let workers = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test());
    };
    std::thread::scope(|threads| threads.spawn(workers).join()).unwrap();
}
