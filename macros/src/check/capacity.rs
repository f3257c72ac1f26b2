//! Provisioned capacity, of a table or of an index.

use crate::ast::{At, Capacity};
use crate::ctxt::Ctxt;

/// Capacities come in pairs and are not zero.
pub(super) fn check_capacity(cx: &Ctxt, capacity: &Capacity) -> (Option<u64>, Option<u64>) {
    let value = |given: &Option<At<u64>>| given.as_ref().map(|at| at.value);
    for (given, word) in [(&capacity.read, "read_capacity"), (&capacity.write, "write_capacity")] {
        if let Some(at) = given
            && at.value == 0
        {
            cx.error(
                &at.mark,
                format!("`{word}` must be at least 1; leave both capacities out for a table that is paid on demand"),
            );
        }
    }
    match (&capacity.read, &capacity.write) {
        (Some(read), None) => {
            cx.error(&read.mark, "`read_capacity` without `write_capacity`: give both, or neither for on demand")
        }
        (None, Some(write)) => {
            cx.error(&write.mark, "`write_capacity` without `read_capacity`: give both, or neither for on demand")
        }
        _ => {}
    }
    (value(&capacity.read), value(&capacity.write))
}
