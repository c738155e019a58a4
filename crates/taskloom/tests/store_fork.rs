//! A run that keeps what came before a task of another one: D-1, D-2, E-1.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use support::place;
use taskloom::{Error, ErrorKind, Fork, State, Store, prelude::*};

/// Which tasks were called, by run.
static CALLS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn called(ctx: &Context) {
    CALLS.lock().entry(ctx.run_id()).or_default().push(ctx.task_id().to_owned());
}

#[task]
fn plus(ctx: &Context, value: i64, more: i64) -> i64 {
    called(ctx);
    value + more
}

#[task]
fn sum(ctx: &Context, values: Vec<i64>) -> i64 {
    called(ctx);
    values.iter().sum()
}

#[task]
fn fails_first(ctx: &Context, value: i64) -> taskloom::Result<i64, String> {
    called(ctx);
    if ctx.run_id().starts_with("first") { Err("broken".to_owned()) } else { Ok(value + 1) }
}

#[task]
fn spawn(ctx: &Context, value: i64, name: String) -> taskloom::Result<i64> {
    called(ctx);
    ctx.next_task(plus::task().task_id(name).value(value).more(100))?;
    Ok(value)
}

#[task]
fn write(ctx: &Context, drafts: u32) -> u32 {
    called(ctx);
    let _ = drafts;
    ctx.cycle_count()
}

#[task]
fn review(ctx: &Context, draft: u32) -> taskloom::Result<u32> {
    called(ctx);
    if draft < 3 {
        ctx.goto("write")?;
    }
    Ok(draft)
}

#[task]
fn route(ctx: &Context, to: String) -> taskloom::Result<i64> {
    called(ctx);
    ctx.goto(to.as_str())?;
    Ok(0)
}

#[task]
fn count(ctx: &Context, by: i64) -> taskloom::Result<i64> {
    called(ctx);
    let channel = ctx.channel();
    channel.append("who", ctx.task_id().to_owned())?;
    channel.atomic_add("count", by)
}

#[task]
fn stop(ctx: &Context) -> i64 {
    called(ctx);
    ctx.terminate_workflow("enough");
    0
}

#[task]
fn tool(ctx: &Context) -> i64 {
    called(ctx);
    if ctx.cycle_count() == 2 {
        ctx.terminate_workflow("done");
    }
    1
}

fn named(id: &str, value: i64) -> plus {
    plus::task().task_id(id).value(value).more(1)
}

/// Begins a new run of a store's own, so that those of other tests are told apart.
fn first(store: &Store) -> String {
    format!("first {}", store.path().display())
}

fn fork(store: &Store, from: &str) -> Fork {
    store.fork(first(store), from)
}

/// Executes a fork, and gives its run, and what was called, in the order of ids.
fn go_on(wf: &Workflow, store: &Store, fork: Fork) -> (Result<Run, Error>, Vec<String>) {
    let id = fork.create().unwrap();
    let run = wf.execute().store(store).run_id(&id).max_concurrency(1).blocking();
    let mut calls = CALLS.lock().remove(&id).unwrap_or_default();
    calls.sort();
    (run, calls)
}

fn begin(wf: &Workflow, store: &Store) -> Result<Run, Error> {
    wf.execute().store(store).run_id(first(store)).max_concurrency(1).blocking()
}

/// Forks from a task, and says what was called; all outputs are those of the first run.
fn again(wf: &Workflow, store: &Store, from: &str) -> Vec<String> {
    let (run, calls) = go_on(wf, store, fork(store, from));
    let outputs = |run: &Run| -> Vec<(String, State)> {
        let mut all: Vec<_> = run.tasks().map(|task| (task.id().to_owned(), task.state())).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    };
    let before = begin(wf, store).unwrap();
    assert_eq!(outputs(&run.unwrap()), outputs(&before), "forked from {from}");
    calls
}

#[test]
fn d_02_a_fork_keeps_what_comes_before_and_runs_the_rest_again() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let a = named("a", 1);
    let (b, c) = (plus::task().task_id("b").value(&a).more(10), plus::task().task_id("c").value(&a).more(20));
    let d = plus::task().task_id("d").value(&b).more(&c);
    let wf = Workflow::new("w").add(&a >> (&b | &c) >> &d).add(named("aside", 5));
    assert_eq!(begin(&wf, &store).unwrap().output_of(&d).unwrap(), 34);

    assert_eq!(again(&wf, &store, "a"), ["a", "b", "c", "d"]);
    assert_eq!(again(&wf, &store, "b"), ["b", "d"]);
    assert_eq!(again(&wf, &store, "d"), ["d"]);
    assert_eq!(again(&wf, &store, "aside"), ["aside"]);
    assert_eq!(again(&wf, &store, "ParallelGroup_1"), ["b", "c", "d"]);

    let kept = store.run(&fork(&store, "b").create().unwrap()).unwrap().unwrap();
    let states: Vec<_> = kept.tasks().unwrap().into_iter().map(|task| (task.id, task.state, task.json)).collect();
    assert_eq!(states[0], ("a".to_owned(), State::Succeeded, Some("2".to_owned())));
    assert_eq!((states[1].1, states[2].1), (State::Waiting, State::Succeeded));
    assert_eq!(kept.forked_from(), Some((first(&store), "b".to_owned())));
    assert!(store.due().unwrap().iter().any(|due| due.run.id == kept.info().id));
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn d_02_a_fork_records_the_arguments_that_it_is_given() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let a = named("a", 1);
    let b = plus::task().task_id("b").value(&a).more(10);
    let all = plus::map().task_id("all").value([1, 2]).more(&b);
    let total = sum::task().task_id("total").values(&all);
    let wf = Workflow::new("w").add(&total);
    assert_eq!(begin(&wf, &store).unwrap().output_of(&total).unwrap(), 27);

    let value = |fork| {
        let (run, calls) = go_on(&wf, &store, fork);
        (run.unwrap().output_of(&total).unwrap(), calls.join(" "))
    };
    // What is bound to a value, what is bound to an output, what an element of a map has besides its own.
    let again = "all[1] all[2] b total".to_owned();
    assert_eq!(value(fork(&store, "b").argument("b", "more", 100_i64)), (207, again));
    assert_eq!(value(fork(&store, "b").argument("b", "value", 0_i64)).0, 23);
    assert_eq!(value(fork(&store, "all").argument("all", "more", 0_i64)), (3, "all[1] all[2] total".to_owned()));
    // A fork of a fork has the arguments of both.
    let middle = fork(&store, "b").argument("b", "more", 100_i64).create().unwrap();
    wf.execute().store(&store).run_id(&middle).max_concurrency(1).blocking().unwrap();
    assert_eq!(value(store.fork(&middle, "b").argument("b", "value", 0_i64)).0, 203);
    assert_eq!(value(store.fork(&middle, "b").argument("b", "more", 1_i64)).0, 9);
    // The program goes by the record: the arguments are part of no comparison.
    assert_eq!(begin(&wf, &store).unwrap().output_of(&total).unwrap(), 27);
}

#[test]
fn d_02_a_fork_of_a_failed_run_runs_what_has_failed_again() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let a = named("a", 1);
    let b = fails_first::task().task_id("b").value(&a);
    let c = plus::task().task_id("c").value(&b).more(1);
    let wf = Workflow::new("w").add(&a >> &b >> &c);
    begin(&wf, &store).unwrap_err();
    for from in ["b", "c"] {
        let (run, calls) = go_on(&wf, &store, fork(&store, from));
        assert_eq!(run.unwrap().output_of(&c).unwrap(), 4);
        assert_eq!(calls, ["b", "c"], "from {from}");
    }
    // A fork ends as any run, and gives its record.
    let id = fork(&store, "b").new_run_id("other").create().unwrap();
    assert_eq!(id, "other");
    for _ in 0..2 {
        let run = wf.execute().store(&store).run_id("other").max_concurrency(1).blocking().unwrap();
        assert_eq!(run.output_of(&c).unwrap(), 4);
    }
    assert_eq!(CALLS.lock().remove("other").unwrap(), ["b", "c"]);
}

#[test]
fn d_02_tasks_that_were_added_are_kept_with_those_that_have_added_them() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let s = spawn::task().task_id("s").value(1).name("late s");
    let t = spawn::task().task_id("t").value(2).name("late t");
    let u = spawn::task().task_id("u").value(3).name("late u");
    let wf = Workflow::new("w").add(named("x", 0) >> s).add(t).add(u);
    begin(&wf, &store).unwrap();
    // `late s`, added first or last, is not: the numbers of the others change.
    assert_eq!(again(&wf, &store, "x"), ["late s", "s", "x"]);
    assert_eq!(again(&wf, &store, "t"), ["late t", "t"]);
    assert_eq!(again(&wf, &store, "late u"), ["late u"]);
}

#[test]
fn d_02_maps_are_kept_whole() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let x = named("x", 0);
    let one = plus::map().task_id("one").value([1, 2]).more(&x);
    let two = plus::map().task_id("two").value([3, 4, 5]).more(1);
    let wf = Workflow::new("w").add(&one).add(&two >> named("y", 0));
    begin(&wf, &store).unwrap();
    assert_eq!(again(&wf, &store, "x"), ["one[1]", "one[2]", "x"]);
    assert_eq!(again(&wf, &store, "y"), ["y"]);
    assert_eq!(again(&wf, &store, "two[4]"), ["two[3]", "two[4]", "two[5]", "y"]);
}

#[test]
fn d_02_iterations_by_jumps_are_kept_unless_one_jumps_to_them_that_runs_again() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let w = write::task().task_id("write").drafts(0);
    let r = review::task().task_id("review").draft(&w);
    let wf = Workflow::new("w").add(named("a", 1) >> w >> r >> named("publish", 1));
    begin(&wf, &store).unwrap();
    assert_eq!(again(&wf, &store, "publish"), ["publish"]);
    let all = ["publish", "review", "review", "review", "write", "write", "write"];
    assert_eq!(again(&wf, &store, "review"), all);
    assert_eq!(again(&wf, &store, "write"), all);
}

#[test]
fn d_02_a_branch_that_was_not_taken_stays_skipped() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let (r, left, right) = (route::task().task_id("r").to("left"), named("left", 1), named("right", 1));
    let (join, end) = (named("join", 1), named("end", 1));
    let wf = Workflow::new("w").add(&r >> &left >> &join >> &end).add(&r >> &right >> &join);
    begin(&wf, &store).unwrap();
    assert_eq!(again(&wf, &store, "end"), ["end"]);
    assert_eq!(again(&wf, &store, "left"), ["end", "join", "left"]);
    assert_eq!(again(&wf, &store, "r"), ["end", "join", "left", "r"]);
    // It is forked from what had not run: what would come after it runs again.
    assert_eq!(again(&wf, &store, "right"), ["end", "join"]);
}

#[test]
fn d_02_a_cycle_of_edges_runs_again_with_what_comes_after_it() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let agent = named("agent", 1);
    let wf = Workflow::new("w").add(named("a", 1) >> &agent >> tool::task().task_id("tool") >> &agent);
    begin(&wf, &store).unwrap();
    assert_eq!(again(&wf, &store, "tool"), ["agent", "agent", "tool", "tool"]);
}

#[test]
fn h_02_a_fork_has_in_the_channel_what_kept_tasks_have_put_there() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let one = count::task().task_id("one").by(1);
    let ten = count::task().task_id("ten").by(10);
    let hundred = count::task().task_id("hundred").by(100);
    let wf = Workflow::new("w").add(one).add(ten).add(hundred >> named("end", 1));
    begin(&wf, &store).unwrap();
    for (from, calls) in [("one", vec!["one"]), ("ten", vec!["ten"]), ("hundred", vec!["end", "hundred"])] {
        let (run, called) = go_on(&wf, &store, fork(&store, from));
        let run = run.unwrap();
        assert_eq!(called, calls);
        assert_eq!(run.channel().get::<i64>("count").unwrap(), Some(111), "from {from}");
        let mut who = run.channel().list::<String>("who").unwrap();
        who.sort();
        assert_eq!(who, ["hundred", "one", "ten"]);
    }
}

#[test]
fn d_02_a_task_that_has_ended_the_run_runs_again() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let wf = Workflow::new("w").add(named("a", 1) >> stop::task().task_id("stop")).add(named("b", 1));
    begin(&wf, &store).unwrap();
    let (run, calls) = go_on(&wf, &store, fork(&store, "a"));
    assert_eq!(run.unwrap().message(), Some("enough"));
    assert!(calls.contains(&"stop".to_owned()), "{calls:?}");
}

#[test]
fn d_02_a_fork_of_a_run_with_a_start_node_starts_there() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let wf = Workflow::new("w").add(named("a", 1) >> named("b", 1) >> named("c", 1));
    let start = |id: &str| wf.execute().start_node("b").store(&store).run_id(id).blocking();
    start(&first(&store)).unwrap();
    let id = fork(&store, "c").create().unwrap();
    start(&id).unwrap();
    assert_eq!(CALLS.lock().remove(&id).unwrap(), ["c"]);
}

#[test]
fn e_01_what_a_fork_cannot_be_made_of_is_an_error_that_says_what_is_there() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let wf = Workflow::new("w").add(named("tokyo", 1) >> named("paris", 1));
    wf.execute().store(&store).run_id("nightly").blocking().unwrap();
    let refused = |fork: Fork, kind: ErrorKind, says: &str| {
        let error = fork.create().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    let fork = |from: &str| store.fork("nightly", from);
    refused(store.fork("nightl", "tokyo"), ErrorKind::RunNotFound, "did you mean `nightly`?");
    refused(fork("toky"), ErrorKind::UnknownTask, "run `nightly` has no task `toky`\n  did you mean `tokyo`?");
    refused(fork("paris").argument("parsi", "value", 1), ErrorKind::UnknownTask, "did you mean `paris`?");
    refused(fork("paris").argument("paris", "valu", 1), ErrorKind::Binding, "did you mean `value`?");
    refused(fork("paris").argument("paris", "qqq", 1), ErrorKind::Binding, "it has `value`, `more`");
    refused(fork("paris").argument("tokyo", "value", 1), ErrorKind::Binding, "`tokyo` does not run again");
    refused(fork("paris").new_run_id("nightly"), ErrorKind::InvalidRunId, "has a run `nightly`");
    refused(fork("paris").new_run_id(""), ErrorKind::InvalidRunId, "it is empty");
    assert_eq!(store.runs().unwrap().len(), 1);

    // A value of another type is found when the program is there.
    let id = fork("paris").argument("paris", "value", "text".to_owned()).create().unwrap();
    let error = wf.execute().store(&store).run_id(id).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunChanged);
    assert!(error.to_string().contains("`value` of `paris`"), "{error}");
}
