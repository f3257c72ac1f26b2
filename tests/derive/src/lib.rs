//! What the derive takes and what it refuses: see `tests` and `ui`.
