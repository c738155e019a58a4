//! Tasks that wait for people: D-5.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/durable.rs"]
mod durable;
#[path = "support/log.rs"]
mod log;

use std::time::Duration;

use durable::{store, wait_for};
use log::Log;
use serde::{Deserialize, Serialize};
use taskloom::{DueReason, ErrorKind, Execute, FeedbackType, OpenQuestion, RunHandle, prelude::*};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_hours(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Answers {
    approved: bool,
    text: String,
    chosen: String,
    some: Vec<String>,
    custom: (u32, Option<String>),
}

fn expected() -> Answers {
    Answers {
        approved: true,
        text: "Ada".to_owned(),
        chosen: "b".to_owned(),
        some: vec!["x".to_owned(), "y".to_owned()],
        custom: (7, None),
    }
}

#[task]
fn interview(ctx: &Context) -> taskloom::Result<Answers> {
    Ok(Answers {
        approved: ctx.request_approval("Sure?").blocking()?,
        text: ctx.request_text_input("Name?").blocking()?,
        chosen: ctx.request_selection("Which?", ["a", "b"]).key("which").blocking()?,
        some: ctx.request_multi_selection("Which ones?", ["x", "y", "z"]).blocking()?,
        custom: ctx.request_feedback("What else?").blocking()?,
    })
}

#[task]
async fn interview_async(ctx: Context) -> taskloom::Result<Answers> {
    Ok(Answers {
        approved: ctx.request_approval("Sure?").await?,
        text: ctx.request_text_input("Name?").await?,
        chosen: ctx.request_selection("Which?", ["a", "b"]).key("which").await?,
        some: ctx.request_multi_selection("Which ones?", ["x", "y", "z"]).await?,
        custom: ctx.request_feedback("What else?").await?,
    })
}

fn reply(prompt: &str) -> &'static str {
    match prompt {
        "Sure?" => "true",
        "Name?" => r#""Ada""#,
        "Which?" => r#""b""#,
        "Which ones?" => r#"["x", "y"]"#,
        "What else?" => "[7, null]",
        other => panic!("nobody asks `{other}`"),
    }
}

/// Answers what the run asks, one after the other.
fn answer_all(handle: RunHandle) -> Answers {
    for _ in 0..5 {
        let question = wait_for(|| handle.questions().pop());
        handle.answer(&question.id, reply(&question.prompt)).unwrap();
    }
    futures_executor::block_on(handle).unwrap().value().unwrap()
}

fn interviews() -> [Workflow; 2] {
    [Workflow::new("w").add(interview::task()), Workflow::new("w").add(interview_async::task())]
}

#[test]
fn d_05_each_of_several_questions_of_a_task_gets_its_own_answer() {
    let directory = TempDir::new().unwrap();
    for wf in interviews() {
        assert_eq!(answer_all(wf.execute().start().unwrap()), expected());
        let durable = wf.execute().store(&store(&directory)).suspend_after(HOUR);
        assert_eq!(answer_all(durable.start().unwrap()), expected());
    }
}

#[test]
fn d_05_each_answer_lets_a_suspended_run_go_on_to_the_next_question() {
    let directory = TempDir::new().unwrap();
    for (number, wf) in interviews().into_iter().enumerate() {
        let id = format!("r{number}");
        let mut asked = Vec::new();
        let run = loop {
            let execute = wf.execute().store(&store(&directory)).run_id(&*id).suspend_after(Duration::ZERO);
            let error = match execute.blocking() {
                Ok(run) => break run,
                Err(error) => error,
            };
            assert_eq!((error.kind(), error.run_id()), (ErrorKind::RunSuspended, Some(&*id)));
            let [question] = error.questions() else { panic!("{error}") };
            assert!(error.to_string().contains(&question.prompt), "{error}");
            store(&directory).answer(&question.id, reply(&question.prompt)).unwrap();
            let due = store(&directory).due().unwrap();
            assert_eq!((&*due[0].run.id, due[0].reason), (&*id, DueReason::Answered));
            asked.push(question.prompt.clone());
        };
        assert_eq!(run.value::<Answers>().unwrap(), expected());
        assert_eq!(asked, ["Sure?", "Name?", "Which?", "Which ones?", "What else?"]);
        assert_eq!(store(&directory).questions(Some(&id)).unwrap().len(), 5);
    }
}

#[task]
fn approve(ctx: &Context, prompt: String, log: Log) -> taskloom::Result<bool> {
    log.add(&*prompt);
    ctx.request_approval(prompt).blocking()
}

fn approval(prompt: &str, log: &Log) -> Workflow {
    Workflow::new("w").add(approve::task().task_id("a").prompt(prompt.to_owned()).log(log.clone()))
}

fn suspending(wf: &Workflow, directory: &TempDir) -> Execute {
    wf.execute().store(&store(directory)).run_id("r").suspend_after(Duration::ZERO)
}

#[test]
fn d_05_the_first_answer_of_a_suspended_run_wins_and_a_wrong_one_is_refused() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = approval("Go?", &log);
    let error = suspending(&wf, &directory).blocking().unwrap_err();
    // Without an answer it asks nothing anew.
    let again = suspending(&wf, &directory).blocking().unwrap_err();
    assert_eq!(error.questions(), again.questions());
    assert_eq!(log.entries(), ["Go?"]);
    let question = &error.questions()[0];
    assert_eq!((&*question.task_id, question.kind), ("a", FeedbackType::Approval));
    let store = store(&directory);
    assert_eq!(store.answer(&question.id, r#""yes""#).unwrap_err().kind(), ErrorKind::InvalidFeedback);
    store.answer(&question.id, "false").unwrap();
    assert_eq!(store.answer(&question.id, "true").unwrap_err().kind(), ErrorKind::FeedbackAnswered);
    let run = suspending(&wf, &directory).blocking().unwrap();
    assert!(!run.value::<bool>().unwrap());
    assert_eq!(log.entries(), ["Go?", "Go?"]);
}

#[test]
fn d_05_an_answer_from_elsewhere_lets_a_waiting_task_go_on() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = approval("Go?", &log);
    let handle = wf.execute().store(&store(&directory)).run_id("r").suspend_after(HOUR).start().unwrap();
    let elsewhere = store(&directory);
    let question = wait_for(|| elsewhere.questions(Some("r")).unwrap().pop());
    elsewhere.answer(&question.id, "true").unwrap();
    assert!(futures_executor::block_on(handle).unwrap().value::<bool>().unwrap());
    assert_eq!(log.entries(), ["Go?"]);
}

#[test]
fn d_05_a_run_without_a_store_checks_answers_too() {
    let handle = approval("Go?", &Log::default()).execute().start().unwrap();
    let question = wait_for(|| handle.questions().pop());
    assert_eq!(handle.answer("nobody", "true").unwrap_err().kind(), ErrorKind::FeedbackNotFound);
    let wrong = handle.answer(&question.id, "3").unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::InvalidFeedback);
    assert!(wrong.to_string().contains("it asks for true or false"), "{wrong}");
    handle.answer(&question.id, "true").unwrap();
    assert_eq!(handle.answer(&question.id, "false").unwrap_err().kind(), ErrorKind::FeedbackNotFound);
    assert!(futures_executor::block_on(handle).unwrap().value::<bool>().unwrap());
}

#[test]
fn d_05_branches_ask_beside_each_other() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let ask = |id: &str| approve::task().task_id(id).prompt(id.to_owned()).log(log.clone());
    let wf = Workflow::new("w").add(ask("a") | ask("b"));
    let error = suspending(&wf, &directory).blocking().unwrap_err();
    let mut asked: Vec<OpenQuestion> = error.questions().to_vec();
    asked.sort_by(|one, other| one.prompt.cmp(&other.prompt));
    let [a, b] = &*asked else { panic!("{error}") };
    store(&directory).answer(&b.id, "true").unwrap();
    let error = suspending(&wf, &directory).blocking().unwrap_err();
    assert_eq!(error.questions(), std::slice::from_ref(a));
    assert!(error.run().unwrap().output::<bool>("b").unwrap());
    store(&directory).answer(&a.id, "false").unwrap();
    let run = suspending(&wf, &directory).blocking().unwrap();
    assert!(!run.output::<bool>("a").unwrap());
}

#[task]
fn hasty(ctx: &Context) -> taskloom::Result<bool> {
    ctx.request_approval("Go?").timeout(Duration::ZERO).blocking()
}

#[test]
fn d_05_a_request_says_how_long_it_is_waited_for() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(hasty::task());
    let error = wf.execute().store(&store(&directory)).suspend_after(HOUR).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunSuspended);
}

#[task]
fn no_options(ctx: &Context) -> taskloom::Result<String> {
    let none: [&str; 0] = [];
    ctx.request_selection("Which?", none).blocking()
}

#[test]
fn d_05_a_selection_has_something_to_choose_from() {
    let error = Workflow::new("w").add(no_options::task()).execute().blocking().unwrap_err();
    assert!(error.to_string().contains("gives nothing to choose from"), "{error}");
}

#[task]
fn same_name(ctx: &Context) -> taskloom::Result<ErrorKindText> {
    let ask = || ctx.request_text_input("Name?").key("name").blocking();
    ask()?;
    Ok(ErrorKindText(format!("{:?}", ask().unwrap_err().kind())))
}

#[derive(Clone, Serialize, Deserialize)]
struct ErrorKindText(String);

#[test]
fn d_05_two_questions_of_one_name_are_an_error() {
    let handle = Workflow::new("w").add(same_name::task()).execute().start().unwrap();
    let question = wait_for(|| handle.questions().pop());
    assert_eq!(question.key, "ask:name");
    handle.answer(&question.id, r#""Ada""#).unwrap();
    let run = futures_executor::block_on(handle).unwrap();
    assert_eq!(run.value::<ErrorKindText>().unwrap().0, "DuplicateKey");
}

#[test]
fn d_05_a_question_is_nobodys_once_its_task_has_ended() {
    let log = Log::default();
    let ask = |id: &str| approve::task().task_id(id).prompt(id.to_owned()).log(log.clone());
    // The group has succeeded once one of its members has, and skips the other.
    let group = (ask("first") | ask("second")).policy(Policy::AtLeast(1)).fail_fast(true);
    let wf = Workflow::new("w").add(group | ask("apart"));
    let directory = TempDir::new().unwrap();
    let suspended = || suspending(&wf, &directory).blocking().unwrap_err();
    let asked = |questions: &[OpenQuestion]| {
        let mut prompts: Vec<String> = questions.iter().map(|question| question.prompt.clone()).collect();
        prompts.sort();
        prompts
    };
    let error = suspended();
    assert_eq!(asked(error.questions()), ["apart", "first", "second"]);
    let second = error.questions().iter().find(|question| question.prompt == "second").unwrap();
    store(&directory).answer(&second.id, "true").unwrap();
    assert_eq!(asked(suspended().questions()), ["apart"]);
    // The same in a run that waits in place.
    let handle = wf.execute().start().unwrap();
    let questions = wait_for(|| Some(handle.questions()).filter(|questions| questions.len() == 3));
    let second = questions.iter().find(|question| question.prompt == "second").unwrap();
    handle.answer(&second.id, "true").unwrap();
    let left = wait_for(|| Some(handle.questions()).filter(|questions| questions.len() < 2));
    assert_eq!(asked(&left), ["apart"]);
    handle.answer(&left[0].id, "true").unwrap();
    futures_executor::block_on(handle).unwrap();
}
