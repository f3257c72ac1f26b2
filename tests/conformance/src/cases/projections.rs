use futures_util::TryStreamExt;
use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::test::Test;

cases!(a_projection_has_its_fields_only, an_index_that_holds_the_fields_serves_alone, a_filter_may_name_other_fields);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "articles",
    index(name = "by_author", hash = "author", range = "year", projection = ["title"]),
    index(name = "by_topic", hash = "topic", range = "year", projection = "keys_only")
)]
struct Article {
    #[hash_key]
    id: String,
    #[range_key]
    part: u32,
    author: String,
    topic: String,
    year: u16,
    title: String,
    #[serde(rename = "fullText")]
    text: String,
    at: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Projection)]
#[projection(of = Article)]
struct Heading {
    title: String,
    year: u16,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Projection)]
#[projection(of = Article)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "fullText")]
    text: String,
    at: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Projection)]
#[projection(of = Article)]
struct Place {
    id: String,
    part: u32,
    topic: String,
}

fn article(part: u32) -> Article {
    Article {
        id: "a".into(),
        part,
        author: "ada".into(),
        topic: "engines".into(),
        year: 1840 + part as u16,
        title: format!("Part {part}"),
        text: format!("text of {part}"),
        at: chrono::DateTime::from_timestamp(i64::from(part), 0).unwrap(),
    }
}

fn heading(part: u32) -> Heading {
    Heading { title: format!("Part {part}"), year: 1840 + part as u16 }
}

async fn filled(t: &Test) -> &reposit::Database {
    let db = t.with::<Article>().await;
    for part in 0..5 {
        Article::create(&article(part)).exec(db).await.unwrap();
    }
    db
}

async fn a_projection_has_its_fields_only(t: Test) {
    let db = filled(&t).await;
    let page = Article::query("a").select::<Heading>().limit(2).exec(db).await.unwrap();
    assert_eq!(page.items, [heading(0), heading(1)]);
    let rest = Article::query("a").select::<Heading>().limit(9).after(page.next.unwrap()).exec(db).await.unwrap();
    assert_eq!(rest.items, [heading(2), heading(3), heading(4)]);
    let bodies = Article::query("a").descending().select::<Body>().all(db).await.unwrap();
    assert_eq!(bodies[0], Body { text: "text of 4".into(), at: article(4).at });
    let streamed: Vec<Body> = Article::query("a").select::<Body>().stream(db).try_collect().await.unwrap();
    assert_eq!(streamed.len(), 5);
    let mut scanned = Article::scan().select::<Heading>().all(db).await.unwrap();
    scanned.sort_by_key(|h| h.year);
    assert_eq!(scanned[4], heading(4));
}

async fn an_index_that_holds_the_fields_serves_alone(t: Test) {
    let db = filled(&t).await;
    let found = Article::find_by_author("ada").range(1842..).select::<Heading>().all(db).await.unwrap();
    assert_eq!(found, [heading(2), heading(3), heading(4)]);
    let first = Article::find_by_topic("engines").select::<Place>().first(db).await.unwrap();
    assert_eq!(first, Some(Place { id: "a".into(), part: 0, topic: "engines".into() }));
    assert_eq!(Article::find_by_topic("engines").descending().first(db).await.unwrap(), Some(article(4)));
}

async fn a_filter_may_name_other_fields(t: Test) {
    let db = filled(&t).await;
    let filter = || Article::TEXT.eq("text of 3") & Article::PART.gt(1);
    let found = Article::query("a").filter(filter()).select::<Heading>().all(db).await.unwrap();
    assert_eq!(found, [heading(3)]);
    let found = Article::find_by_author("ada").filter(filter()).select::<Heading>().all(db).await.unwrap();
    assert_eq!(found, [heading(3)]);
    assert_eq!(Article::find_by_topic("engines").filter(filter()).select::<Place>().count(db).await.unwrap(), 1);
}
