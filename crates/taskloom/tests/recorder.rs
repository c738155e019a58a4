//! `taskloom::testing::Recorder`: what ran, in which order, with which arguments (R-1, R-3).

use std::sync::Arc;

use taskloom::{prelude::*, testing::Recorder};

#[derive(Clone)]
struct NoDebug;

#[task]
fn fetch(city: String, #[default(3)] days: u32) -> String {
    format!("{days} in {city}")
}

#[task]
fn report(weather: &str, all: &[u32], note: Option<String>, pool: Arc<NoDebug>, kept: &NoDebug) -> usize {
    let _ = (pool, kept);
    weather.len() + all.len() + note.map_or(0, |note| note.len())
}

#[task]
fn fails_once(ctx: &Context) -> Result<u32, String> {
    if ctx.attempt() > 1 { Ok(1) } else { Err("too early".to_owned()) }
}

#[task]
async fn later(value: u32) -> u32 {
    tokio::task::yield_now().await;
    value
}

fn texts(recorder: &Recorder, id: &str) -> Vec<String> {
    recorder.arguments(id).iter().map(|(name, text)| format!("{name}={text}")).collect()
}

#[test]
fn r_03_the_arguments_of_a_call_with_outputs_and_defaults() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
    let report = report::task().task_id("report").weather(&tokyo).all(vec![1, 2]).note(None);
    let report = report.pool(Arc::new(NoDebug)).kept(NoDebug);
    let recorder = Recorder::new();
    Workflow::new("w").add(tokyo >> report).execute().observe(&recorder).blocking().unwrap();
    assert_eq!(texts(&recorder, "tokyo"), ["city=\"Tokyo\"", "days=3"]);
    let shown = texts(&recorder, "report");
    assert_eq!(shown[..3], ["weather=\"3 in Tokyo\"", "all=[1, 2]", "note=None"]);
    assert!(shown[3].starts_with("pool=") && shown[3].ends_with("NoDebug>"), "{shown:?}");
    assert!(shown[4].starts_with("kept=") && shown[4].ends_with("NoDebug"), "{shown:?}");
    assert!(recorder.arguments("nobody").is_empty());
}

#[tokio::test]
async fn r_01_what_ran_in_which_order() {
    let tasks =
        later::task().task_id("a").value(1) >> fails_once::task().task_id("b").with_options(|o| o.max_retries(1));
    let recorder = Recorder::new();
    Workflow::new("w").add(tasks).execute().observe(&recorder).await.unwrap();
    assert_eq!(recorder.started(), ["a", "b", "b"]);
    assert_eq!(recorder.order(), ["a", "b"]);
    assert!(recorder.skipped().is_empty());
    assert_eq!(texts(&recorder, "a"), ["value=1"]);
    recorder.assert_order(&["a", "b"]);
    recorder.assert_before("a", "b");
}

#[test]
fn e_01_an_assertion_that_does_not_hold_says_what_happened() {
    let recorder = Recorder::new();
    let workflow = Workflow::new("w").add(later::task().task_id("a").value(1) >> later::task().task_id("b").value(2));
    workflow.execute().observe(&recorder).blocking().unwrap();
    let text = |check: Box<dyn Fn() + Send>| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_err();
        caught.downcast_ref::<String>().unwrap().clone()
    };
    let (one, other) = (recorder.clone(), recorder.clone());
    let order = text(Box::new(move || one.assert_order(&["b", "a"])));
    assert!(order.starts_with(r#"expected tasks to succeed in the order ["b", "a"], not ["a", "b"]"#), "{order}");
    assert!(order.ends_with("\n  b succeeded\n  run ended: succeeded"), "{order}");
    let before = text(Box::new(move || other.assert_before("b", "a")));
    assert!(before.starts_with("expected `b` to succeed before `a` starts\nwhat happened:\n  run started"), "{before}");
}

#[test]
fn r_05_several_runs_one_after_the_other() {
    let recorder = Recorder::new();
    let workflow = Workflow::new("w").add(later::task().task_id("a").value(1));
    for _ in 0..2 {
        workflow.execute().observe(&recorder).blocking().unwrap();
    }
    assert_eq!(recorder.started(), ["a", "a"]);
}
