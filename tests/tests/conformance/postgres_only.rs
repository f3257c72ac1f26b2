//! What PostgreSQL alone does: rows that other programs read and write, indexes that are lost, connections that are few or
//! keep no statements.

use futures_util::future::join_all;
use reposit::deadpool_postgres::{Object, Pool};
use reposit::{Config, Database, DropForGood, ErrorKind, Repository};
use reposit_conformance::Trial;
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{Test, kind};
use reposit_tests::models::{Event, Note, User, note, user};

/// Its tests.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(
            "postgres_only::a_record_is_a_row_that_sql_reads_and_writes",
            a_record_is_a_row_that_sql_reads_and_writes,
        ),
        Trial::new(
            "postgres_only::a_row_whose_key_is_not_its_records_is_told",
            a_row_whose_key_is_not_its_records_is_told,
        ),
        Trial::new("postgres_only::a_table_of_others_is_refused", a_table_of_others_is_refused),
        Trial::new(
            "postgres_only::an_index_that_is_gone_or_half_made_is_made_again",
            an_index_that_is_gone_or_half_made_is_made_again,
        ),
        Trial::new("postgres_only::nothing_needs_prepared_statements", nothing_needs_prepared_statements),
        Trial::new("postgres_only::many_calls_wait_for_one_connection", many_calls_wait_for_one_connection),
        Trial::new("postgres_only::long_names_are_shortened", long_names_are_shortened),
        Trial::new(
            "postgres_only::every_table_that_is_made_begins_with_the_prefix",
            every_table_that_is_made_begins_with_the_prefix,
        ),
    ]
}

async fn client(db: &Database) -> Object {
    db.raw::<Pool>().expect("the pool").get().await.expect("a connection")
}

/// The schema of a case, quoted.
fn schema(t: &Test) -> String {
    let (_, rest) = t.url.split_once("schema=").expect("a schema");
    format!("\"{}\"", rest.split('&').next().unwrap_or(rest))
}

/// The same database, with other options.
async fn open_with(t: &Test, options: &str) -> Database {
    let config = Config::from_url(&format!("{}&{options}", t.url)).expect("a URL");
    config.clock(t.clock.clone()).open().await.expect("the server answers")
}

async fn a_record_is_a_row_that_sql_reads_and_writes() {
    let (t, label) = Test::on(Target::Postgres).await;
    let (db, schema) = (t.with::<Note>().await, schema(&t));
    Note::create(&Note { title: "it's".into(), data: vec![0, 255], ..note("n") }).exec(db).await.unwrap();
    let client = client(db).await;
    let sql = format!("SELECT doc->>'title', doc->'data'->>'$bytes', doc->>'id' = h FROM {schema}.note WHERE h = 'n'");
    let row = client.query_one(&sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(2)), ("it's", true));
    let change = format!("UPDATE {schema}.note SET doc = jsonb_set(doc, '{{title}}', '\"by hand\"')");
    client.batch_execute(&change).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap().unwrap().title, "by hand");
    let copy =
        format!("INSERT INTO {schema}.note (h, doc) SELECT 'm', jsonb_set(doc, '{{id}}', '\"m\"') FROM {schema}.note");
    client.batch_execute(&copy).await.unwrap();
    assert_eq!(Note::scan().all(db).await.unwrap().len(), 2);
    Note::update("m").add(Note::COUNT, 1).exec(db).await.unwrap();
    // The stamp is a column, and the record holds nothing of the library's.
    let names =
        format!("SELECT count(*) FROM {schema}.note, jsonb_object_keys(doc) AS name WHERE name LIKE '\\_reposit%'");
    assert_eq!(client.query_one(&names, &[]).await.unwrap().get::<_, i64>(0), 0);
    report::ran("postgres_only::a_record_is_a_row_that_sql_reads_and_writes", &label);
}

async fn a_row_whose_key_is_not_its_records_is_told() {
    let (t, label) = Test::on(Target::Postgres).await;
    let (db, schema) = (t.with::<Note>().await, schema(&t));
    Note::create(&note("n")).exec(db).await.unwrap();
    client(db).await.batch_execute(&format!("UPDATE {schema}.note SET h = 'other'")).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
    assert_eq!(kind(Note::get("other").exec(db).await), ErrorKind::Codec);
    report::ran("postgres_only::a_row_whose_key_is_not_its_records_is_told", &label);
}

async fn a_table_of_others_is_refused() {
    let (t, label) = Test::on(Target::Postgres).await;
    let schema = schema(&t);
    let theirs = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.note (id int PRIMARY KEY)");
    client(&t.db).await.batch_execute(&theirs).await.unwrap();
    let error = t.db.define::<Note>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert!(error.message().contains("has not made"), "{error}");
    assert_eq!(kind(Note::get("n").exec(&t.db).await), ErrorKind::SchemaMismatch);
    // Nor is it dropped, whether something else is defined beside it or not.
    let count = format!("SELECT count(*) FROM {schema}.note");
    for _ in 0..2 {
        t.db.drop_repository::<Note>(DropForGood).await.unwrap();
        assert_eq!(client(&t.db).await.query_one(&count, &[]).await.unwrap().get::<_, i64>(0), 0);
        t.db.define::<User>().await.unwrap();
    }
    report::ran("postgres_only::a_table_of_others_is_refused", &label);
}

async fn an_index_that_is_gone_or_half_made_is_made_again() {
    let (t, label) = Test::on(Target::Postgres).await;
    let (db, schema) = (t.with::<User>().await, schema(&t));
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    for lose in [
        format!("DROP INDEX {schema}.\"users:by_team\""),
        format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{schema}.\"users:by_team\"'::regclass"),
    ] {
        client(db).await.batch_execute(&lose).await.unwrap();
        let other = open_with(&t, "pool=2").await;
        let error = User::get("u1").exec(&other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        assert!(error.message().contains("by_team"), "{error}");
        assert_eq!(db.plan::<User>().await.unwrap()[0].creations().len(), 1);
        other.define::<User>().await.unwrap();
        assert_eq!(User::find_by_team("core").count(&other).await.unwrap(), 1);
        assert!(db.plan::<User>().await.unwrap()[0].is_empty());
    }
    report::ran("postgres_only::an_index_that_is_gone_or_half_made_is_made_again", &label);
}

async fn nothing_needs_prepared_statements() {
    let (t, label) = Test::on(Target::Postgres).await;
    t.with::<Note>().await;
    t.with::<Event>().await;
    t.with::<User>().await;
    let db = &open_with(&t, "prepare=false").await;
    Note::create(&note("n")).exec(db).await.unwrap();
    Note::put_many(&[note("a"), note("b")]).exec(db).await.unwrap();
    assert_eq!(Note::update("n").add(Note::COUNT, 2).exec(db).await.unwrap().count, note("n").count + 2);
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let both = db.transaction().add(Note::delete("a")).add(User::update("u1").set(User::TEAM, "x"));
    both.commit().await.unwrap();
    assert_eq!(User::find_by_team("x").all(db).await.unwrap().len(), 1);
    assert_eq!(Note::get_many(["n", "a", "b"]).exec(db).await.unwrap().iter().flatten().count(), 2);
    let kept = "SELECT count(*) FROM pg_prepared_statements";
    assert_eq!(client(db).await.query_one(kept, &[]).await.unwrap().get::<_, i64>(0), 1, "only this one");
    report::ran("postgres_only::nothing_needs_prepared_statements", &label);
}

async fn many_calls_wait_for_one_connection() {
    let (t, label) = Test::on(Target::Postgres).await;
    t.with::<Note>().await;
    let db = &open_with(&t, "pool=1").await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let before = note("n").count;
    let done = join_all((0..20).map(|_| Note::update("n").add(Note::COUNT, 1).exec(db))).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(Note::get("n").exec(db).await.unwrap().unwrap().count, before + 20);
    report::ran("postgres_only::many_calls_wait_for_one_connection", &label);
}

/// Its name and that of its index are longer than PostgreSQL keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "a_repository_whose_name_is_much_longer_than_sixty_three_bytes_of_ascii")]
struct Long {
    #[hash_key]
    id: u64,
    #[index(unique, name = "an_index_whose_name_is_much_longer_than_sixty_three_bytes_of_ascii")]
    text: String,
}

async fn long_names_are_shortened() {
    let (t, label) = Test::on(Target::Postgres).await;
    let db = t.with::<Long>().await;
    db.define::<Long>().await.unwrap();
    Long::create(&Long { id: 1, text: "a".into() }).exec(db).await.unwrap();
    let error = Long::create(&Long { id: 2, text: "a".into() }).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(error.index().is_some_and(|index| index.starts_with("an_index") && index.ends_with("ascii")));
    assert_eq!(db.repositories().await.unwrap(), [Long::definition().name()]);
    report::ran("postgres_only::long_names_are_shortened", &label);
}

async fn every_table_that_is_made_begins_with_the_prefix() {
    let (t, label) = Test::on_under(Target::Postgres, "blue-").await;
    let schema = schema(&t);
    t.db.define::<(Note, User)>().await.unwrap();
    t.db.define_locks().await.unwrap();
    let find = "SELECT relname::text FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'i') \
                ORDER BY relname";
    let found = client(&t.db).await.query(find, &[&schema]).await.unwrap();
    let names: Vec<String> = found.iter().map(|row| row.get(0)).collect();
    assert!(names.iter().all(|name| name.starts_with("blue-")), "{names:?}");
    for made in ["blue-_reposit", "blue-note", "blue-users", "blue-users:by_email", "blue-reposit_locks"] {
        assert!(names.iter().any(|name| name == made), "{made} is not in {names:?}");
    }
    report::ran("postgres_only::every_table_that_is_made_begins_with_the_prefix", &label);
}
