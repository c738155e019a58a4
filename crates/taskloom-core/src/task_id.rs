//! Task ids: which are legal, and how an instance without one names itself (rules I-4 and I-8).

use std::sync::atomic::{AtomicU32, Ordering};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{BuildError, BuildErrorKind, Place};

/// Longest task id, in characters.
const LONGEST: usize = 255;

/// Refuses an id that could not be shown, stored or typed.
pub(crate) fn validate(id: &str, place: &Place) -> Result<(), BuildError> {
    validate_as("task_id", id).map_err(|wrong| {
        let message = format!("{wrong}, at {place}");
        BuildError::new(BuildErrorKind::InvalidTaskId, message)
            .task(id)
            .hint("give a short text, or leave `task_id` out and the instance names itself")
    })
}

/// Refuses a group's name that would be no task id (rule I-8): they share one namespace.
pub fn validate_group_name(name: &str) -> Result<(), BuildError> {
    validate_as("group name", name)
        .map_err(|wrong| BuildError::new(BuildErrorKind::InvalidTaskId, wrong).task(name).hint("give a short text"))
}

fn validate_as(what: &str, id: &str) -> Result<(), String> {
    let wrong = if id.is_empty() {
        "is empty".to_owned()
    } else if id.len() > LONGEST && id.chars().count() > LONGEST {
        format!("has {} characters, {LONGEST} at most are allowed", id.chars().count())
    } else if id.chars().any(char::is_control) {
        "has a control character".to_owned()
    } else {
        return Ok(());
    };
    let shown: String = id.chars().take(40).collect();
    Err(format!("{what} {shown:?} {wrong}"))
}

/// An id for an instance whose id is read before it joins a workflow.
///
/// The eight digits are a counter of the process under a bijection of 32 bits (the finalizer of
/// `MurmurHash3`), so the first 2³² are distinct by construction.
pub(crate) fn early(definition: &str) -> Box<str> {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    let mut bits = COUNTER.fetch_add(1, Ordering::Relaxed);
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x85eb_ca6b);
    bits ^= bits >> 13;
    bits = bits.wrapping_mul(0xc2b2_ae35);
    bits ^= bits >> 16;
    format!("{definition}_{bits:08x}").into_boxed_str()
}

/// Ids for an instance that joins a workflow without one: the first has eight digits, each further
/// one is a digit longer, for when the one before it is taken.
///
/// `digest` identifies definition and arguments, `occurrence` counts equal ones in the workflow.
pub(crate) fn joining(definition: &str, digest: u64, occurrence: u64) -> impl Iterator<Item = String> {
    lengthened(definition, digest ^ occurrence.rotate_left(32))
}

/// Ids for an instance whose automatic id is taken in a further workflow: the same, lengthened.
///
/// `occurrence` counts those that met this id there, so that the digits of many do not all begin alike and
/// grow without end.
pub(crate) fn lengthening(id: &str, occurrence: u64) -> impl Iterator<Item = String> {
    let seed = crate::hash::text(id) ^ occurrence.rotate_left(32);
    (1..).map(move |extra| format!("{id}{}", digits(seed, extra)))
}

fn lengthened(definition: &str, seed: u64) -> impl Iterator<Item = String> {
    let prefix = definition.to_owned();
    (8..).map(move |length| format!("{prefix}_{}", digits(seed, length)))
}

fn digits(seed: u64, length: usize) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(length + 16);
    for block in 0_u64.. {
        if text.len() >= length {
            break;
        }
        let _ = write!(text, "{:016x}", xxh3_64_with_seed(&block.to_le_bytes(), seed));
    }
    text.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i_04_lengthening_keeps_the_digits_and_adds_one() {
        let ids: Vec<String> = joining("p", 7, 1).take(20).collect();
        assert_eq!(ids[0].len(), "p_".len() + 8);
        for pair in ids.windows(2) {
            assert!(pair[1].starts_with(&pair[0]));
            assert_eq!(pair[1].len(), pair[0].len() + 1);
        }
        assert_eq!(lengthening("p_00000001", 1).next().map(|id| id.len()), Some(11));
    }
}
