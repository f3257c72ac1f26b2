//! Expired records that are cleared away while nobody writes.

use std::ops::ControlFlow;

use super::layout::Layout;
use super::pending::Pending;
use super::space::{Space, View};
use super::store::Keyspace;
use super::write::clear_expired;
use crate::error::Result;

impl<S: Space> Keyspace<S> {
    /// Clears so many records away that have expired by this time, of any repositories, and returns how many. If there are
    /// none, the store is only read.
    pub(in crate::backend) fn clear_expired(&self, now_millis: i64, most: usize) -> Result<usize> {
        let now = now_millis.div_euclid(1000);
        let expiring = |layout: &&Layout| layout.schema.expires;
        let is_any = self.read_with(|view, catalog| {
            for layout in catalog.layouts().filter(expiring) {
                if has_expired(view, layout, now)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if !is_any {
            return Ok(0);
        }
        self.write_with(|view, catalog| {
            let (mut pending, mut cleared) = (Pending::new(view), 0);
            for layout in catalog.layouts().filter(expiring) {
                let left = most.saturating_sub(cleared);
                if left > 0 {
                    cleared += clear_expired(&mut pending, layout, now, left)?;
                }
            }
            Ok((cleared, pending.into_batch()))
        })
    }
}

fn has_expired(view: &dyn View, layout: &Layout, now: i64) -> Result<bool> {
    let mut found = false;
    view.scan(&layout.expired_bounds(now)?, false, &mut |_, _| {
        found = true;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
