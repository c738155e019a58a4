//! Which given ids belong to instances that are alive: a filter that is exact and costs one look-up, so
//! that only a repeated id has to be looked into (rule I-5).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

static LIVE: Mutex<Option<HashMap<Box<str>, u32>>> = Mutex::new(None);

fn with<R>(act: impl FnOnce(&mut HashMap<Box<str>, u32>) -> R) -> R {
    act(LIVE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Notes one more instance with this id; says whether there was one already.
pub(crate) fn add(id: &str) -> bool {
    with(|live| {
        if let Some(count) = live.get_mut(id) {
            *count += 1;
            return true;
        }
        live.insert(id.into(), 1);
        false
    })
}

/// Notes that one of the instances with this id is gone.
pub(crate) fn remove(id: &str) {
    with(|live| {
        if let Some(count) = live.get_mut(id) {
            *count -= 1;
            if *count == 0 {
                live.remove(id);
            }
        }
    });
}
