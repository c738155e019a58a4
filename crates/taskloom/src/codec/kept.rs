//! What `&'static str` and the like refer to after they were read. A program has only so many different ones, so each
//! is kept for ever, once.

use std::{any::type_name, collections::BTreeSet};

use parking_lot::Mutex;

static KEPT: Mutex<(BTreeSet<&'static str>, BTreeSet<&'static [u8]>)> = Mutex::new((BTreeSet::new(), BTreeSet::new()));

/// Whether a type is a reference, as far as its name says: a visitor's may be none that has a `TypeId`. Others ask for
/// texts in the same way, and want none to be kept.
pub(super) fn borrows<T>() -> bool {
    type_name::<T>().starts_with('&')
}

pub(super) fn text(text: String) -> &'static str {
    let texts = &mut KEPT.lock().0;
    texts.get(&*text).copied().unwrap_or_else(|| {
        let text = text.leak();
        texts.insert(text);
        text
    })
}

pub(super) fn bytes(bytes: Vec<u8>) -> &'static [u8] {
    let kept = &mut KEPT.lock().1;
    kept.get(&*bytes).copied().unwrap_or_else(|| {
        let bytes = bytes.leak();
        kept.insert(bytes);
        bytes
    })
}
