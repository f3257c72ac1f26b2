//! A backend under a table prefix: each request names the repository by the name that it has there.

use std::sync::Arc;

use super::layer::Forward;
use super::{
    Backend, Call, FindMany, FindUnique, Get, GetMany, Plan, Query, RecordPage, Reply, Request, Verify, Write,
    WriteMany, Written,
};
use crate::definition::{Definition, TablePrefix};
use crate::error::Result;
use crate::value::Record;

/// A backend, and what stands before each name of its tables and collections.
#[derive(Debug)]
pub(crate) struct Prefixed {
    inner: Arc<dyn Backend>,
    prefix: &'static TablePrefix,
}

impl Prefixed {
    /// The backend under a prefix; the backend itself if there is none.
    pub(crate) fn under(prefix: Option<&'static TablePrefix>, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        match prefix {
            Some(prefix) => Arc::new(Self { inner, prefix }),
            None => inner,
        }
    }

    fn rename(&self, definition: &mut &'static Definition) -> Result<()> {
        *definition = self.prefix.definition(definition)?;
        Ok(())
    }

    fn rename_all<'a>(&self, definitions: impl IntoIterator<Item = &'a mut &'static Definition>) -> Result<()> {
        definitions.into_iter().try_for_each(|definition| self.rename(definition))
    }
}

/// Of a request whose name was made, the answer; of another, why none could be.
macro_rules! ask {
    ($renamed:expr, $ask:expr) => {
        match $renamed {
            Ok(()) => $ask,
            Err(error) => Reply::now(Err(error)),
        }
    };
}

impl Forward for Prefixed {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn fork(&self) -> Option<Arc<dyn Backend>> {
        let inner = self.inner().fork()?;
        Some(Arc::new(Self { inner, prefix: self.prefix }))
    }

    fn plan(&self, call: Call, mut definition: &'static Definition) -> Reply<'_, Plan> {
        ask!(self.rename(&mut definition), self.inner().plan(call, definition))
    }

    fn define(&self, call: Call, mut definition: &'static Definition) -> Reply<'_, ()> {
        ask!(self.rename(&mut definition), self.inner().define(call, definition))
    }

    fn drop_repository(&self, call: Call, mut definition: &'static Definition) -> Reply<'_, ()> {
        ask!(self.rename(&mut definition), self.inner().drop_repository(call, definition))
    }

    fn truncate(&self, call: Call, mut definition: &'static Definition) -> Reply<'_, ()> {
        ask!(self.rename(&mut definition), self.inner().truncate(call, definition))
    }

    fn get(&self, call: Call, mut get: Get) -> Reply<'_, Option<Record>> {
        ask!(self.rename(&mut get.definition), self.inner().get(call, get))
    }

    fn get_many(&self, call: Call, mut get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        ask!(self.rename(&mut get.definition), self.inner().get_many(call, get))
    }

    fn find_unique(&self, call: Call, mut find: FindUnique) -> Reply<'_, Option<Record>> {
        ask!(self.rename(&mut find.definition), self.inner().find_unique(call, find))
    }

    fn find_many(&self, call: Call, mut find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        ask!(self.rename(&mut find.definition), self.inner().find_many(call, find))
    }

    fn query(&self, call: Call, mut query: Query) -> Reply<'_, RecordPage> {
        ask!(self.rename(&mut query.definition), self.inner().query(call, query))
    }

    fn count(&self, call: Call, mut query: Query) -> Reply<'_, u64> {
        ask!(self.rename(&mut query.definition), self.inner().count(call, query))
    }

    fn write(&self, call: Call, mut write: Write) -> Reply<'_, Written> {
        ask!(self.rename(&mut write.definition), self.inner().write(call, write))
    }

    fn write_many(&self, call: Call, mut many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let renamed = self.rename_all(many.writes.iter_mut().map(|write| &mut write.definition));
        ask!(renamed, self.inner().write_many(call, many))
    }

    fn transact(&self, call: Call, mut writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let renamed = self.rename_all(writes.iter_mut().map(|write| &mut write.definition));
        ask!(renamed, self.inner().transact(call, writes))
    }

    fn read_snapshot(&self, call: Call, mut gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        let renamed = self.rename_all(gets.iter_mut().map(|get| &mut get.definition));
        ask!(renamed, self.inner().read_snapshot(call, gets))
    }

    fn verify(&self, call: Call, mut verify: Verify) -> Reply<'_, Vec<String>> {
        ask!(self.rename(&mut verify.definition), self.inner().verify(call, verify))
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        self.inner().repositories(call, &format!("{}{prefix}", self.prefix.text()))
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        /// The same request under the prefix.
        macro_rules! renamed {
            ($kind:ident, $request:expr) => {{
                let mut request = $request.clone();
                self.rename(&mut request.definition)?;
                self.inner().explain(call, Request::$kind(&request))
            }};
        }
        let writes = |writes: &[Write]| {
            let mut writes = writes.to_vec();
            self.rename_all(writes.iter_mut().map(|write| &mut write.definition)).map(|()| writes)
        };
        match request {
            Request::Get(get) => renamed!(Get, get),
            Request::GetMany(get) => renamed!(GetMany, get),
            Request::FindUnique(find) => renamed!(FindUnique, find),
            Request::FindMany(find) => renamed!(FindMany, find),
            Request::Query(query) => renamed!(Query, query),
            Request::Write(write) => renamed!(Write, write),
            Request::WriteMany(many) => self.inner().explain(call, Request::WriteMany(&writes(many)?)),
            Request::Transact(together) => self.inner().explain(call, Request::Transact(&writes(together)?)),
            Request::Snapshot(gets) => {
                let mut gets = gets.to_vec();
                self.rename_all(gets.iter_mut().map(|get| &mut get.definition))?;
                self.inner().explain(call, Request::Snapshot(&gets))
            }
        }
    }
}
