//! Updates that change nothing, and removals of what is not there.

use std::collections::BTreeMap;

use reposit::{Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

cases!(
    an_update_without_changes_writes_nothing,
    an_update_without_changes_is_judged,
    an_update_without_changes_in_a_transaction,
    an_upsert_without_changes_leaves_what_is_there,
    removing_below_nothing_is_no_error,
    removing_below_nothing_beside_other_changes,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Page {
    #[hash_key]
    id: String,
    #[serde(default)]
    hits: u64,
    #[version]
    rev: u64,
    #[created_at]
    made: i64,
    #[updated_at]
    changed: i64,
}

fn page(id: &str) -> Page {
    Page { id: id.into(), hits: 0, rev: 0, made: 0, changed: 0 }
}

async fn an_update_without_changes_writes_nothing(t: Test) {
    let db = t.with::<Page>().await;
    assert_eq!(kind(Page::update("a").exec(db).await), ErrorKind::NotFound);
    let made = Page::create(&page("a")).exec_returning(db).await.unwrap();
    assert_eq!((made.rev, made.changed), (1, START));
    t.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(Page::update("a").exec(db).await.unwrap(), made);
    assert_eq!(Page::update("a").exec(db).await.unwrap(), made);
    assert_eq!(Page::get("a").exec(db).await.unwrap(), Some(made.clone()));
    let hit = Page::update("a").add(Page::HITS, 1).exec(db).await.unwrap();
    assert_eq!((hit.hits, hit.rev, hit.changed), (1, 2, START + 60));
}

async fn an_update_without_changes_is_judged(t: Test) {
    let db = t.with::<Page>().await;
    assert_eq!(kind(Page::update("a").only_if(Page::HITS.eq(0)).exec(db).await), ErrorKind::NotFound);
    let made = Page::create(&page("a")).exec_returning(db).await.unwrap();
    assert_eq!(Page::update("a").only_if(Page::HITS.eq(0)).exec(db).await.unwrap(), made);
    let error = Page::update("a").only_if(Page::HITS.gt(0)).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::ConditionFailed, Some("update")));
    assert_eq!(Page::get("a").exec(db).await.unwrap(), Some(made));
}

async fn an_update_without_changes_in_a_transaction(t: Test) {
    let db = t.with::<Page>().await;
    let made = Page::create(&page("a")).exec_returning(db).await.unwrap();
    let both = |limit| {
        let checked = Page::update("a").only_if(Page::HITS.lt(limit));
        db.transaction().add(checked).add(Page::upsert("b").add(Page::HITS, 1)).commit()
    };
    let refused = both(0).await.unwrap_err();
    assert_eq!((refused.kind(), refused.position()), (ErrorKind::ConditionFailed, Some(0)));
    both(1).await.unwrap();
    assert_eq!(Page::get("a").exec(db).await.unwrap(), Some(made));
    assert_eq!(Page::get("b").exec(db).await.unwrap().map(|page| page.hits), Some(1));
    let missing = db.transaction().add(Page::update("c")).add(Page::delete("b")).commit().await.unwrap_err();
    assert_eq!((missing.kind(), missing.position()), (ErrorKind::NotFound, Some(0)));
    assert!(Page::get("b").exec(db).await.unwrap().is_some());
}

async fn an_upsert_without_changes_leaves_what_is_there(t: Test) {
    let db = t.with::<Page>().await;
    let made = Page::upsert("a").exec(db).await.unwrap();
    assert_eq!((made.hits, made.rev, made.made, made.changed), (0, 1, START, START));
    t.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(Page::upsert("a").exec(db).await.unwrap(), made);
    assert_eq!(Page::get("a").exec(db).await.unwrap(), Some(made));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Phone {
    number: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Contact {
    street: Option<String>,
    phone: Option<Phone>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Person {
    #[hash_key]
    id: u32,
    name: String,
    contact: Option<Contact>,
    contacts: BTreeMap<String, Contact>,
    earlier: Vec<Contact>,
}

fn person(id: u32) -> Person {
    Person {
        id,
        name: "ada".into(),
        contact: None,
        contacts: BTreeMap::new(),
        earlier: vec![Contact { street: Some("x".into()), phone: None }],
    }
}

async fn removing_below_nothing_is_no_error(t: Test) {
    let db = t.with::<Person>().await;
    let ada = person(1);
    Person::create(&ada).exec(db).await.unwrap();
    let street = || Person::CONTACT.at(Contact::STREET);
    let number = || Person::CONTACT.at(Contact::PHONE).at(Phone::NUMBER);
    assert_eq!(Person::update(1).remove(street()).exec(db).await.unwrap(), ada);
    assert_eq!(Person::update(1).remove(number()).exec(db).await.unwrap(), ada);
    let entry = Person::CONTACTS.entry("home").at(Contact::STREET);
    assert_eq!(Person::update(1).remove(entry).exec(db).await.unwrap(), ada);
    // Beyond the end of a list there is nothing either.
    let earlier = |at| Person::EARLIER.nth(at).at(Contact::STREET);
    assert_eq!(Person::update(1).remove(earlier(7)).exec(db).await.unwrap(), ada);
    let moved = Person::update(1).remove(earlier(0)).exec(db).await.unwrap();
    assert_eq!(moved.earlier, [Contact { street: None, phone: None }]);
    assert_eq!(Person::get(1).exec(db).await.unwrap(), Some(moved));
    let contact = Contact { street: Some("s".into()), phone: Some(Phone { number: Some("1".into()) }) };
    Person::update(1).set(Person::CONTACT, &contact).exec(db).await.unwrap();
    let removed = Person::update(1).remove(street()).remove(number()).exec(db).await.unwrap();
    assert_eq!(removed.contact, Some(Contact { street: None, phone: Some(Phone { number: None }) }));
    assert_eq!(kind(Person::update(9).remove(street()).exec(db).await), ErrorKind::NotFound);
}

async fn removing_below_nothing_beside_other_changes(t: Test) {
    let db = t.with::<Person>().await;
    Person::create(&person(1)).exec(db).await.unwrap();
    let remove = || Person::update(1).remove(Person::CONTACT.at(Contact::PHONE).at(Phone::NUMBER));
    let named = remove().set(Person::NAME, "bob").only_if(Person::NAME.eq("ada")).exec(db).await.unwrap();
    assert_eq!(named, Person { name: "bob".into(), ..person(1) });
    assert_eq!(kind(remove().only_if(Person::NAME.eq("ada")).exec(db).await), ErrorKind::ConditionFailed);
    // Setting needs what it is set in.
    let set = remove().set(Person::CONTACT.at(Contact::STREET), "s").exec(db).await;
    assert_eq!(kind(set), ErrorKind::InvalidInput);
    db.transaction().add(remove().set(Person::NAME, "eve")).add(Person::create(&person(2))).commit().await.unwrap();
    assert_eq!(Person::get(1).exec(db).await.unwrap(), Some(Person { name: "eve".into(), ..person(1) }));
}
