//! What a task's function may look like.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
// Tasks may be named and written as any function, and their types take part in what these lints look at.
#![warn(missing_docs, unreachable_pub)]

use std::sync::Arc;

use taskloom::prelude::*;

/// Neither `Clone` nor `Debug`.
struct Pool {
    size: usize,
}

#[task]
fn by_value(number: i64, text: String, list: Vec<u8>) -> String {
    format!("{number} {text} {list:?}")
}

#[task]
fn by_reference(pool: &Pool, text: &str, list: &[u8], shared: &Arc<Pool>) -> String {
    format!("{} {text} {list:?} {}", pool.size, shared.size)
}

#[task]
async fn by_reference_async(pool: &Pool, text: &str, list: &[u8]) -> String {
    tokio::task::yield_now().await;
    format!("{} {text} {list:?}", pool.size)
}

#[task]
fn mutable(mut list: Vec<u8>) -> Vec<u8> {
    list.push(3);
    list
}

#[task]
#[expect(clippy::too_many_arguments)]
fn awkward(
    id: u8,
    map: u8,
    zip: u8,
    timeout: u8,
    clone: u8,
    run: u8,
    with_options: u8,
    builder: u8,
    into_fragment: u8,
    into: u8,
    argument_0: u8,
    arguments: u8,
    context: u8,
) -> Vec<u8> {
    vec![id, map, zip, timeout, clone, run, with_options, builder, into_fragment, into, argument_0, arguments, context]
}

#[task]
fn raw(r#type: &str) -> String {
    r#type.to_owned()
}

#[task]
fn r#loop() -> u8 {
    1
}

#[task]
fn unused(_ignored: u8) {}

#[task]
fn context_by_reference(ctx: &Context, suffix: &str) -> String {
    format!("{}{suffix} in {}", ctx.task_id(), ctx.workflow())
}

#[task]
async fn context_by_value(suffix: &str, ctx: Context) -> String {
    tokio::task::yield_now().await;
    format!("{}{suffix} in {}", ctx.task_id(), ctx.workflow())
}

#[task]
async fn context_by_reference_async(ctx: &taskloom::Context) -> u32 {
    tokio::task::yield_now().await;
    ctx.attempt()
}

#[task]
fn no_result() {}

#[task]
fn defaults(#[default(2)] factor: i64, value: i64, #[default(Some(1))] offset: Option<i64>) -> i64 {
    factor * value + offset.unwrap_or(0)
}

#[task]
async fn default_of_a_reference(#[default("nobody".to_owned())] name: &str) -> String {
    format!("hello {name}")
}

#[task]
fn static_text() -> &'static str {
    "text"
}

mod errors {
    use super::*;

    #[derive(Debug)]
    pub(super) struct Wrong;

    impl std::fmt::Display for Wrong {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrong")
        }
    }

    impl std::error::Error for Wrong {}

    /// As `io::Result` and `anyhow::Result` are.
    pub(super) type Result<T, E = Wrong> = std::result::Result<T, E>;

    #[task]
    pub(super) fn checked(value: u8) -> Result<u8> {
        if value > 9 { Err(Wrong) } else { Ok(value) }
    }

    #[task]
    pub(super) async fn read(value: u8) -> std::io::Result<u8> {
        Ok(value)
    }

    #[task]
    pub(super) fn boxed(value: u8) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        checked(value).map_err(Into::into)
    }

    #[task]
    pub(super) fn textual(value: u8) -> Result<u8, String> {
        checked(value).map_err(|error| error.to_string())
    }
}

mod unit {
    use super::*;

    /// Without parameters of its own.
    pub(super) type Result = std::result::Result<u8, super::errors::Wrong>;

    #[task]
    pub(super) fn five() -> Result {
        super::errors::checked(5)
    }
}

/// A module of tasks for other crates.
pub mod public {
    use taskloom::task;

    /// Counts letters.
    #[task]
    pub fn count(text: &str) -> usize {
        text.len()
    }
}

mod without_the_prelude {
    #[taskloom::task(id = "bare", max_retries = 1, crate = taskloom)]
    pub(super) fn task_of_its_own(value: u8) -> u8 {
        value
    }
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("w").add(fragment).execute().blocking().unwrap()
}

fn value<T: Clone + 'static>(fragment: impl IntoFragment) -> T {
    run(fragment).value().unwrap()
}

#[test]
fn parameters_by_value() {
    let task = by_value::task().number(1).text("a").list([2, 3]);
    assert_eq!(value::<String>(task), "1 a [2, 3]");
}

#[test]
fn parameters_by_value_are_clones_for_each_run() {
    let workflow = Workflow::new("w").add(mutable::task().list(vec![1]));
    for _ in 0..2 {
        assert_eq!(workflow.execute().blocking().unwrap().value::<Vec<u8>>().unwrap(), [1, 3]);
    }
}

#[test]
fn parameters_by_reference_need_not_be_clone() {
    let task = by_reference::task().pool(Pool { size: 4 }).text("a").list([2]).shared(Arc::new(Pool { size: 5 }));
    assert_eq!(value::<String>(task), "4 a [2] 5");
}

#[test]
fn parameters_by_reference_live_as_long_as_an_async_body() {
    let task = by_reference_async::task().pool(Pool { size: 4 }).text("a").list(vec![2]);
    assert_eq!(value::<String>(task), "4 a [2]");
}

#[test]
fn i_02_parameters_may_have_any_name() {
    let task = awkward::task().task_id("a").id(0).map(1).zip(2).timeout(3).clone(4).run(5).with_options(6);
    let task = task.builder(7).into_fragment(8).into(9).argument_0(10).arguments(11).context(12);
    assert_eq!(Instance::id(&task), "a");
    let clone = Clone::clone(&task);
    let patient = Instance::with_options(clone, |options| options.max_retries(1));
    assert_eq!(value::<Vec<u8>>(&task), (0..13).collect::<Vec<u8>>());
    assert_eq!(Instance::id(&patient), "a");
}

#[test]
fn raw_names_are_shown_without_the_prefix() {
    assert_eq!(value::<String>(raw::task().r#type("t")), "t");
    assert_eq!(r#loop::definition().id(), "loop");
    let error = Workflow::new("w").add(raw::task()).plan().unwrap_err();
    assert!(error.message().contains("`type: "), "{error}");
}

#[test]
fn an_unused_parameter_is_bound_by_its_name() {
    value::<()>(unused::task()._ignored(1));
}

#[test]
fn the_context_is_injected() {
    assert_eq!(value::<String>(context_by_reference::task().task_id("a").suffix("!")), "a! in w");
    assert_eq!(value::<String>(context_by_value::task().task_id("a").suffix("!")), "a! in w");
    assert_eq!(value::<u32>(context_by_reference_async::task()), 1);
}

#[test]
fn a_function_without_a_result_gives_unit() {
    value::<()>(no_result::task());
}

#[test]
fn defaults_are_used_where_nothing_is_bound() {
    assert_eq!(value::<i64>(defaults::task().value(3)), 7);
    assert_eq!(value::<i64>(defaults::task().value(3).factor(1).offset(None)), 3);
    assert_eq!(value::<String>(default_of_a_reference::task()), "hello nobody");
}

#[test]
fn a_result_may_be_static() {
    assert_eq!(value::<&str>(static_text::task()), "text");
}

#[test]
fn a_result_is_seen_under_every_name_that_ends_so() {
    assert_eq!(value::<u8>(errors::checked::task().value(1)), 1);
    assert_eq!(value::<u8>(errors::read::task().value(2)), 2);
    assert_eq!(value::<u8>(errors::boxed::task().value(3)), 3);
    assert_eq!(value::<u8>(errors::textual::task().value(4)), 4);
    assert_eq!(value::<u8>(unit::five::task()), 5);
    let failed = Workflow::new("w").add(errors::checked::task().value(10)).execute().blocking().unwrap_err();
    assert!(std::error::Error::source(&failed).unwrap().is::<errors::Wrong>());
}

#[test]
fn the_output_of_a_fallible_task_is_what_is_in_ok() {
    let checked = errors::checked::task().value(1);
    let again = errors::checked::task().value(&checked);
    assert_eq!(run(&again).output_of(&again).unwrap(), 1);
}

#[test]
fn tasks_live_in_modules() {
    assert_eq!(value::<usize>(public::count::task().text("abc")), 3);
    assert_eq!(public::count("ab"), 2);
    assert_eq!(without_the_prelude::task_of_its_own::definition().id(), "bare");
    assert_eq!(value::<u8>(without_the_prelude::task_of_its_own::task().value(1)), 1);
}

#[test]
fn tasks_live_in_function_bodies_on_local_types() {
    #[derive(Clone)]
    struct Local(u8);

    #[task]
    fn make(text: &str) -> Result<Local, std::num::ParseIntError> {
        text.parse().map(Local)
    }

    #[task]
    fn take(local: Local, other: &Local) -> u8 {
        local.0 + other.0
    }

    let made = make::task().text("7");
    assert_eq!(value::<u8>(take::task().local(&made).other(Local(1))), 8);
}
