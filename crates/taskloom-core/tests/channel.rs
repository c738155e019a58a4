//! H-1 … H-3 on the pure state: what is seen when, by whom, and until when.

use std::time::Duration;

use taskloom_core::channel::{Attempt, ChannelError, ChannelState, Content, End, Item, Number, Pending, Write};

const NOW: Duration = Duration::from_secs(100);
const LATER: Write = Write { ttl: None, at_once: false };
const AT_ONCE: Write = Write { ttl: None, at_once: true };

fn attempt(node: u32, number: u32) -> Pending {
    Pending::new(Attempt { node, iteration: 1, number })
}

fn int(number: i64) -> Content {
    Content::Number(Number::Int(number))
}

fn seconds(seconds: u64) -> Write {
    Write { ttl: Some(Duration::from_secs(seconds)), at_once: false }
}

fn show(content: Option<&Content>) -> String {
    let item = |item: &Item| item.value.downcast_ref::<i32>().map(ToString::to_string).unwrap_or_default();
    match content {
        None => "nothing".to_owned(),
        Some(Content::Item(one)) => item(one),
        Some(Content::Number(Number::Int(number))) => number.to_string(),
        Some(Content::Number(Number::Float(number))) => format!("{number:?}"),
        Some(Content::List(items)) => format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(" ")),
    }
}

fn seen(state: &ChannelState, pending: &Pending, key: &str) -> String {
    show(state.get(pending, key, NOW).expect("it fits").as_ref())
}

fn published(state: &ChannelState, key: &str) -> String {
    show(state.published(key, NOW))
}

fn append(state: &mut ChannelState, pending: &mut Pending, key: &str, element: i32, write: Write) -> usize {
    state.push(pending, key, Item::new(element), End::Back, write, NOW).expect("it is a list")
}

fn prepend(state: &mut ChannelState, pending: &mut Pending, key: &str, element: i32) -> usize {
    state.push(pending, key, Item::new(element), End::Front, LATER, NOW).expect("it is a list")
}

fn add(state: &mut ChannelState, pending: &mut Pending, amount: i64) -> i64 {
    match state.add(pending, "n", Number::Int(amount), true, NOW).expect("it is a number") {
        Number::Int(total) => total,
        Number::Float(_) => panic!("whole numbers give a whole number"),
    }
}

#[test]
fn h_01_an_attempt_sees_its_own_writes_and_others_see_them_when_it_completes() {
    let mut state = ChannelState::new([("old".to_owned(), int(1))]);
    let mut writer = attempt(0, 1);
    let reader = attempt(1, 1);
    state.set(&mut writer, "new", int(2), LATER, NOW);
    assert!(state.delete(&mut writer, "old", LATER, NOW));
    assert!(!state.delete(&mut writer, "old", LATER, NOW));
    assert_eq!(append(&mut state, &mut writer, "list", 1, LATER), 1);
    assert_eq!(prepend(&mut state, &mut writer, "list", 0), 2);
    assert_eq!(state.keys(&writer, NOW), ["list", "new"]);
    assert_eq!(seen(&state, &writer, "list"), "[0 1]");
    assert_eq!(state.keys(&reader, NOW), ["old"]);
    assert!(!state.exists(&reader, "new", NOW));
    state.complete(&mut writer, NOW).unwrap();
    assert_eq!(state.keys(&reader, NOW), ["list", "new"]);
    assert_eq!(seen(&state, &reader, "list"), "[0 1]");
}

#[test]
fn h_03_what_a_failed_attempt_has_written_is_gone() {
    let mut state = ChannelState::default();
    for number in 1..=3 {
        let mut failing = attempt(0, number);
        append(&mut state, &mut failing, "list", 1, LATER);
        state.discard(&mut failing);
    }
    let mut last = attempt(0, 4);
    append(&mut state, &mut last, "list", 1, LATER);
    state.complete(&mut last, NOW).unwrap();
    assert_eq!(published(&state, "list"), "[1]");
}

#[test]
fn h_02_appends_of_attempts_that_overlap_are_all_there() {
    let mut state = ChannelState::default();
    let mut attempts: Vec<Pending> = (0..4).map(|node| attempt(node, 1)).collect();
    for (element, pending) in (0..).zip(&mut attempts) {
        append(&mut state, pending, "list", element, LATER);
        prepend(&mut state, pending, "list", -element);
    }
    for pending in attempts.iter_mut().rev() {
        state.complete(pending, NOW).unwrap();
    }
    assert_eq!(published(&state, "list"), "[0 -1 -2 -3 3 2 1 0]");
}

#[test]
fn h_01_a_list_that_is_set_can_be_appended_to() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    state.set(&mut pending, "list", Content::list([Item::new(1_i32)]), LATER, NOW);
    assert_eq!(append(&mut state, &mut pending, "list", 2, LATER), 2);
    state.complete(&mut pending, NOW).unwrap();
    let mut next = attempt(1, 1);
    assert_eq!(append(&mut state, &mut next, "list", 3, LATER), 3);
    assert!(state.delete(&mut next, "list", LATER, NOW));
    assert_eq!(append(&mut state, &mut next, "list", 4, LATER), 1);
    assert_eq!(published(&state, "list"), "[1 2]");
    state.complete(&mut next, NOW).unwrap();
    assert_eq!(published(&state, "list"), "[4]");
}

#[test]
fn h_01_only_a_list_can_be_appended_to() {
    let mut state = ChannelState::new([("n".to_owned(), int(1)), ("x".to_owned(), Content::Item(Item::new(1_u8)))]);
    let mut pending = attempt(0, 1);
    let error = state.push(&mut pending, "n", Item::new(1_i32), End::Back, LATER, NOW).unwrap_err();
    assert_eq!(error.to_string(), "channel key `n` holds a number of type `i64`, but a list was expected");
    let error = state.add(&mut pending, "x", Number::Int(1), true, NOW).unwrap_err();
    assert_eq!(error.to_string(), "channel key `x` holds a value of type `u8`, but i64 was expected");
    let error = state.add(&mut pending, "n", Number::Float(1.0), true, NOW).unwrap_err();
    assert_eq!(error.to_string(), "channel key `n` holds a number of type `i64`, but f64 was expected");
    state.set(&mut pending, "n", int(i64::MAX), LATER, NOW);
    let error = state.add(&mut pending, "n", Number::Int(1), true, NOW).unwrap_err();
    assert!(matches!(error, ChannelError::Overflow { .. }));
    assert_eq!(published(&state, "n"), "1");
    assert_eq!(state.keys(&pending, NOW), ["n", "x"]);
}

#[test]
fn h_03_an_attempt_whose_append_finds_no_list_any_more_does_not_complete() {
    let mut state = ChannelState::default();
    let (mut one, mut other) = (attempt(0, 1), attempt(1, 1));
    append(&mut state, &mut one, "key", 1, LATER);
    state.set(&mut one, "also", int(1), LATER, NOW);
    state.set(&mut other, "key", int(2), LATER, NOW);
    state.complete(&mut other, NOW).unwrap();
    assert!(state.get(&one, "key", NOW).is_err());
    assert!(state.complete(&mut one, NOW).is_err());
    state.discard(&mut one);
    assert_eq!((published(&state, "key"), published(&state, "also")), ("2".to_owned(), "nothing".to_owned()));
}

#[test]
fn h_01_at_once_publishes_the_key_with_what_was_written_to_it_before() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    append(&mut state, &mut pending, "list", 1, LATER);
    append(&mut state, &mut pending, "other", 1, LATER);
    append(&mut state, &mut pending, "list", 2, AT_ONCE);
    assert_eq!(published(&state, "list"), "[1 2]");
    assert_eq!(published(&state, "other"), "nothing");
    state.discard(&mut pending);
    assert_eq!(published(&state, "list"), "[1 2]");
}

#[test]
fn h_02_adds_of_many_attempts_give_distinct_totals() {
    let mut state = ChannelState::default();
    let mut totals: Vec<i64> = (0..50).map(|node| add(&mut state, &mut attempt(node, 1), 1)).collect();
    totals.dedup();
    assert_eq!(totals, (1..=50).collect::<Vec<_>>());
}

#[test]
fn h_02_a_retry_gets_what_was_recorded() {
    let mut state = ChannelState::default();
    let mut first = attempt(0, 1);
    assert_eq!([add(&mut state, &mut first, 1), add(&mut state, &mut first, 2)], [1, 3]);
    state.discard(&mut first);
    assert_eq!(add(&mut state, &mut attempt(1, 1), 10), 13);
    let mut again = attempt(0, 2);
    assert_eq!([add(&mut state, &mut again, 1), add(&mut state, &mut again, 2)], [1, 3]);
    assert_eq!(add(&mut state, &mut again, 5), 18);
    state.complete(&mut again, NOW).unwrap();
    assert_eq!(published(&state, "n"), "18");
    // A further execution is no retry.
    let mut further = Pending::new(Attempt { node: 0, iteration: 2, number: 1 });
    assert_eq!(add(&mut state, &mut further, 1), 19);
}

#[test]
fn h_02_a_retry_with_another_amount_adds_the_difference() {
    let mut state = ChannelState::default();
    add(&mut state, &mut attempt(0, 1), 5);
    add(&mut state, &mut attempt(1, 1), 100);
    assert_eq!(add(&mut state, &mut attempt(0, 2), 7), 107);
    assert_eq!(add(&mut state, &mut attempt(0, 3), 7), 107);
    assert_eq!(published(&state, "n"), "107");
}

#[test]
fn h_02_an_add_publishes_the_attempts_own_write_of_the_key_and_a_retry_does_not_repeat_that() {
    let mut state = ChannelState::default();
    let mut first = attempt(0, 1);
    state.set(&mut first, "n", int(10), LATER, NOW);
    state.set(&mut first, "other", int(1), LATER, NOW);
    assert_eq!(add(&mut state, &mut first, 1), 11);
    assert_eq!((published(&state, "n"), published(&state, "other")), ("11".to_owned(), "nothing".to_owned()));
    state.discard(&mut first);
    assert_eq!(add(&mut state, &mut attempt(1, 1), 1), 12);
    let mut again = attempt(0, 2);
    state.set(&mut again, "n", int(10), LATER, NOW);
    assert_eq!(add(&mut state, &mut again, 1), 11);
    state.complete(&mut again, NOW).unwrap();
    assert_eq!(published(&state, "n"), "12");
}

#[test]
fn h_02_floats_and_whole_numbers_mix_where_that_is_asked_for() {
    let mut state = ChannelState::new([("n".to_owned(), int(1))]);
    let total = state.add(&mut attempt(0, 1), "n", Number::Float(0.5), false, NOW).unwrap();
    assert_eq!(total, Number::Float(1.5));
}

#[test]
fn h_02_a_lock_is_given_in_the_order_in_which_it_was_asked_for() {
    let mut state = ChannelState::default();
    let (mut one, mut two, mut three) = (attempt(0, 1), attempt(1, 1), attempt(2, 1));
    assert_eq!(state.acquire(&mut one, "k"), None);
    assert_eq!(state.acquire(&mut one, "k"), None);
    let second = state.acquire(&mut two, "k").unwrap();
    let third = state.acquire(&mut three, "k").unwrap();
    state.release(&mut one, "k", true, NOW);
    assert!(!state.claim(&mut two, "k", second));
    state.release(&mut one, "k", true, NOW);
    assert_eq!(state.take_called(), [second]);
    assert!(!state.claim(&mut three, "k", third));
    assert!(state.claim(&mut two, "k", second));
    assert_eq!(state.lock_owner("k"), Some(two.attempt()));
    // The end of an attempt lets go.
    state.discard(&mut two);
    assert!(state.claim(&mut three, "k", third));
    state.release(&mut three, "k", true, NOW);
    assert_eq!(state.lock_owner("k"), None);
}

#[test]
fn h_02_who_gives_up_or_ends_while_waiting_gets_no_lock() {
    let mut state = ChannelState::default();
    let (mut one, mut two, mut three) = (attempt(0, 1), attempt(1, 1), attempt(2, 1));
    state.acquire(&mut one, "k");
    let second = state.acquire(&mut two, "k").unwrap();
    let third = state.acquire(&mut three, "k").unwrap();
    state.discard(&mut two);
    state.release(&mut one, "k", true, NOW);
    assert!(!state.claim(&mut two, "k", second));
    // It was granted, but nobody has taken note of it.
    state.give_up(&mut three, "k", third);
    assert_eq!(state.lock_owner("k"), None);
}

#[test]
fn h_01_what_is_written_under_a_lock_is_published_with_what_was_written_to_its_keys_before() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    append(&mut state, &mut pending, "list", 1, LATER);
    append(&mut state, &mut pending, "other", 1, LATER);
    state.acquire(&mut pending, "lock");
    append(&mut state, &mut pending, "list", 2, LATER);
    state.acquire(&mut pending, "inner");
    append(&mut state, &mut pending, "inside", 3, LATER);
    state.release(&mut pending, "inner", true, NOW);
    assert_eq!((published(&state, "inside"), published(&state, "list")), ("[3]".to_owned(), "nothing".to_owned()));
    state.release(&mut pending, "lock", true, NOW);
    assert_eq!((published(&state, "list"), published(&state, "other")), ("[1 2]".to_owned(), "nothing".to_owned()));
    state.discard(&mut pending);
    assert_eq!(published(&state, "list"), "[1 2]");
}

#[test]
fn h_01_locks_may_be_let_go_in_any_order() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    state.acquire(&mut pending, "outer");
    append(&mut state, &mut pending, "list", 1, LATER);
    state.acquire(&mut pending, "inner");
    append(&mut state, &mut pending, "list", 2, LATER);
    state.release(&mut pending, "outer", true, NOW);
    assert_eq!((published(&state, "list"), seen(&state, &pending, "list")), ("[1]".to_owned(), "[1 2]".to_owned()));
    state.release(&mut pending, "inner", true, NOW);
    assert_eq!(published(&state, "list"), "[1 2]");
}

#[test]
fn h_03_what_a_broken_block_has_written_stays_pending() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    append(&mut state, &mut pending, "list", 1, LATER);
    state.acquire(&mut pending, "lock");
    append(&mut state, &mut pending, "list", 2, LATER);
    state.release(&mut pending, "lock", false, NOW);
    assert_eq!(state.lock_owner("lock"), None);
    assert_eq!((published(&state, "list"), seen(&state, &pending, "list")), ("nothing".to_owned(), "[1 2]".to_owned()));
    state.complete(&mut pending, NOW).unwrap();
    assert_eq!(published(&state, "list"), "[1 2]");
}

#[test]
fn h_01_a_key_with_a_ttl_is_absent_afterwards() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    state.set(&mut pending, "short", int(1), seconds(5), NOW);
    state.set(&mut pending, "long", int(1), seconds(50), NOW);
    state.push(&mut pending, "list", Item::new(1_i32), End::Back, seconds(5), NOW).unwrap();
    let after = |seconds| NOW + Duration::from_secs(seconds);
    for check in 0..2 {
        assert!(state.exists(&pending, "short", after(4)));
        assert!(!state.exists(&pending, "short", after(5)));
        assert_eq!(state.keys(&pending, after(5)), ["long"]);
        assert!(state.get(&pending, "list", after(5)).unwrap().is_none());
        if check == 0 {
            state.complete(&mut pending, after(1)).unwrap();
        }
    }
    assert!(state.published("short", after(5)).is_none());
    // An append starts anew, and has no end.
    let length = state.push(&mut pending, "list", Item::new(2_i32), End::Back, AT_ONCE, after(6)).unwrap();
    assert_eq!((length, show(state.published("list", after(1000)))), (1, "[2]".to_owned()));
    let (left, removed) = state.into_published(after(60));
    assert_eq!(left.into_keys().collect::<Vec<_>>(), ["list"]);
    drop(removed);
}

#[test]
fn h_01_writing_anew_ends_a_ttl_and_appending_and_adding_do_not() {
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    let after = NOW + Duration::from_secs(6);
    for key in ["set", "n", "list"] {
        let content = if key == "list" { Content::list([]) } else { int(1) };
        state.set(&mut pending, key, content, Write { at_once: true, ..seconds(5) }, NOW);
    }
    state.set(&mut pending, "set", int(2), AT_ONCE, NOW);
    add(&mut state, &mut pending, 1);
    append(&mut state, &mut pending, "list", 1, AT_ONCE);
    assert_eq!(state.keys(&pending, after), ["set"]);
}

#[test]
fn h_01_nothing_that_was_written_is_dropped_in_the_state() {
    struct Loud(std::sync::Arc<std::sync::atomic::AtomicU32>);
    impl Drop for Loud {
        fn drop(&mut self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let dropped = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = || dropped.load(std::sync::atomic::Ordering::SeqCst);
    let loud = || Item::new(Loud(dropped.clone()));
    let mut state = ChannelState::default();
    let mut pending = attempt(0, 1);
    state.set(&mut pending, "a", Content::Item(loud()), LATER, NOW);
    state.set(&mut pending, "a", Content::Item(loud()), AT_ONCE, NOW);
    state.set(&mut pending, "a", Content::Item(loud()), AT_ONCE, NOW);
    state.push(&mut pending, "a", loud(), End::Back, LATER, NOW).unwrap_err();
    state.push(&mut pending, "b", loud(), End::Back, LATER, NOW).unwrap();
    state.delete(&mut pending, "b", LATER, NOW);
    state.delete(&mut pending, "a", AT_ONCE, NOW);
    assert_eq!(count(), 0);
    drop(state.take_removed());
    assert_eq!(count(), 5);
}
