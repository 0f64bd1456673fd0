use std::collections::BTreeMap;
use std::ops::Bound;

/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// An iterator that goes to the store for each item, so that it sees what was written since the one before.
pub(super) struct Cursor {
    start: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
    descending: bool,
    done: bool,
}

impl Cursor {
    pub(super) fn new(start: Option<Vec<u8>>, end: Option<Vec<u8>>, descending: bool) -> Self {
        let start = start.map_or(Bound::Unbounded, Bound::Included);
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        Self { start, end, descending, done: false }
    }

    pub(super) fn next(&mut self, store: &BTreeMap<Vec<u8>, Vec<u8>>) -> Option<Pair> {
        // A map panics on ranges that end before they begin.
        let empty = match (&self.start, &self.end) {
            (Bound::Included(start), Bound::Excluded(end)) => start >= end,
            (Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
            _ => false,
        };
        if self.done || empty {
            self.done = true;
            return None;
        }
        let mut range = store.range((self.start.clone(), self.end.clone()));
        let found = if self.descending { range.next_back() } else { range.next() };
        let Some((key, value)) = found.map(|(key, value)| (key.clone(), value.clone())) else {
            self.done = true;
            return None;
        };
        if self.descending {
            self.end = Bound::Excluded(key.clone());
        } else {
            self.start = Bound::Excluded(key.clone());
        }
        Some((key, value))
    }
}
