//! The truth: all that an operation can have touched, read where no fault is.

use std::collections::BTreeMap;
use std::fmt::Debug;

use reposit::{Database, Result};

use super::models::{BATCH, Entry, Letter, Page, Person, Post, StoredLock, Thing, item, new_email, old_email};
use super::operations::Operation;

/// Every record and every find by a unique value, as text under a name.
pub type State = BTreeMap<String, String>;

/// Reads all that the operation can have touched.
pub async fn state(db: &Database, operation: Operation, id: &str) -> Result<State> {
    let mut state = State::new();
    let keys: Vec<String> = std::iter::once(id.to_owned()).chain((0..BATCH).map(|n| item(id, n))).collect();
    let things = Thing::get_many(&keys).consistent().exec(db).await?;
    let people = Person::get_many(&keys).consistent().exec(db).await?;
    for ((key, thing), person) in keys.iter().zip(things).zip(people) {
        note(&mut state, format!("thing {key}"), thing);
        note(&mut state, format!("person {key}"), person);
    }
    let pages = Page::get_many(&keys).consistent().exec(db).await?;
    keys.iter().zip(pages).for_each(|(key, page)| note(&mut state, format!("page {key}"), page));
    if matches!(operation, Operation::CreateAuto | Operation::PutManyAuto) {
        let mut counts = BTreeMap::<String, usize>::new();
        for post in Post::query(id).consistent().all(db).await? {
            *counts.entry(post.text).or_default() += 1;
        }
        // How often each is there, whatever its keys are.
        counts.into_iter().for_each(|(text, count)| note(&mut state, format!("post {text}"), Some(count)));
    }
    if operation == Operation::CreateObjectId {
        let letters = Letter::scan().filter(Letter::TO.eq(id)).consistent().count(db).await?;
        note(&mut state, format!("letters {id}"), (letters > 0).then_some(letters));
    }
    let lock = StoredLock::get(id).consistent().exec(db).await?;
    note(&mut state, format!("lock {id}"), lock.map(|lock| lock.holder.is_some()));
    if operation.is_bulk() {
        let keys: Vec<_> = (0..BATCH as u64).map(|n| (id.to_owned(), n)).collect();
        let entries = Entry::get_many(&keys).consistent().exec(db).await?;
        (0..).zip(entries).for_each(|(n, entry)| note(&mut state, format!("entry {}", item(id, n)), entry));
    }
    let mut emails = vec![old_email(id), new_email(id)];
    if matches!(operation, Operation::PutManyUnique | Operation::CreateManyUnique | Operation::DeleteManyUnique) {
        emails.extend((0..BATCH).map(|n| format!("{n}.{}", new_email(id))));
    }
    for email in emails {
        let found = Person::find_by_email(&email).consistent().exec(db).await?;
        note(&mut state, format!("email {email}"), found.map(|person| person.id));
    }
    Ok(state)
}

fn note<T: Debug>(state: &mut State, name: String, found: Option<T>) {
    if let Some(found) = found {
        state.insert(name, format!("{found:?}"));
    }
}

/// The part of a state that is about one item of a batch.
pub fn of_item(state: &State, id: &str, n: usize) -> State {
    let key = item(id, n);
    let is_of = |(name, found): &(&String, &String)| {
        name.ends_with(&format!(" {key}")) || found.contains(&format!("\"{key}\""))
    };
    state.iter().filter(is_of).map(|(name, found)| (name.clone(), found.clone())).collect()
}
