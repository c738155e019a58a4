//! Journals that fail in the middle of a run: D-1, H-3.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use taskloom::{
    Durability, Error, ErrorKind, Execute, Result, Store,
    prelude::*,
    store::{Answer, Entry, Journal, RunStatus},
};

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn add(&self, ctx: &Context) {
        self.0.lock().unwrap().push(ctx.task_id().to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[task]
fn step(ctx: &Context, calls: &Calls) -> taskloom::Result<i64> {
    calls.add(ctx);
    ctx.channel().append("list", 1_i64)?;
    Ok(1)
}

#[task]
async fn step_async(ctx: Context, calls: Calls) -> taskloom::Result<i64> {
    calls.add(&ctx);
    tokio::task::yield_now().await;
    ctx.channel().atomic_add("sum", 1_i64)?;
    Ok(1)
}

#[task]
fn big(ctx: &Context, calls: &Calls) -> String {
    calls.add(ctx);
    "x".repeat(200_000)
}

/// Two chains, and a clean-up.
fn workflow(calls: &Calls) -> Workflow {
    let tidy = step::task().task_id("tidy").calls(calls.clone());
    let tidy = tidy.with_options(|options| options.run_when(RunWhen::Always));
    let plain = chain((0..5).map(|n| step::task().task_id(format!("plain {n}")).calls(calls.clone())));
    let async_ = chain((0..5).map(|n| step_async::task().task_id(format!("async {n}")).calls(calls.clone())));
    Workflow::new("w").add((plain | async_) >> tidy)
}

/// Fails from an append on.
struct Fails {
    journal: Arc<dyn Journal>,
    appends: AtomicUsize,
    after: usize,
}

impl Journal for Fails {
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()> {
        if self.appends.fetch_add(1, Ordering::Relaxed) >= self.after {
            // The error of a file that is not there, since errors are made by the library alone.
            let error: Result<Store> = Store::sqlite("/nowhere/at/all/runs.db");
            return Err(error.unwrap_err());
        }
        self.journal.append(entries, status)
    }

    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.journal.history(each)
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        self.journal.answers()
    }
}

fn recorded(store: &Store, run: &str) -> usize {
    let mut count = 0;
    if let Some(run) = store.run(run).unwrap() {
        let each = |entry: Entry| {
            count += usize::from(entry.kind == "succeeded");
            Ok(())
        };
        run.entries(each).unwrap();
    }
    count
}

/// After the error of a run whose journal failed: the clean-up did not run, and the run goes on.
fn check(error: &Error, store: &Store, id: &str, calls: &Calls, serially: &dyn Fn(Execute) -> Execute) {
    assert_eq!(error.kind(), ErrorKind::StoreFailed, "{error}");
    let first = calls.take();
    assert!(!first.contains(&"tidy".to_owned()), "{first:?} ran, in a run that cannot be written");
    let kept = recorded(store, id);
    let run = serially(workflow(calls).execute().store(store).run_id(id)).blocking().unwrap();
    assert_eq!(calls.take().len(), 11 - kept, "what was recorded is not called again");
    assert_eq!(run.channel().list::<i64>("list").unwrap().len(), 6);
    assert_eq!(run.channel().get::<i64>("sum").unwrap(), Some(5));
}

#[test]
fn d_01_a_run_ends_with_an_error_when_its_journal_fails_and_goes_on_later() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    for (run, after) in (0..12).flat_map(|after| [(0, after), (1, after)]) {
        let calls = Calls::default();
        let id = format!("{run} {after}");
        let broken =
            store.clone().__wrap(move |journal| Arc::new(Fails { journal, appends: AtomicUsize::new(0), after }));
        let serially = |execute: Execute| if run == 0 { execute.max_concurrency(1) } else { execute };
        let execute = serially(workflow(&calls).execute().store(&broken).run_id(&id));
        match execute.blocking() {
            Err(error) => {
                if run == 0 {
                    // One after the other: what rests on what was not written has not begun.
                    let (called, kept) = (calls.0.lock().unwrap().len(), recorded(&store, &id));
                    assert!(called <= kept + 1, "{called} called, {kept} recorded");
                }
                check(&error, &store, &id, &calls, &serially);
            }
            Ok(_) => assert!(after >= 3, "it had fewer appends than {after}"),
        }
    }
}

#[test]
fn d_01_a_run_goes_on_once_the_disk_has_room_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    let calls = Calls::default();
    let bigs = |calls: &Calls| {
        let bigs = chain((0..6).map(|n| big::task().task_id(format!("big {n}")).calls(calls.clone())));
        let tidy = step::task().task_id("tidy").calls(calls.clone());
        Workflow::new("w").add(bigs >> tidy.with_options(|options| options.run_when(RunWhen::Always)))
    };
    store.__pragma("max_page_count = 200").unwrap();
    let error = bigs(&calls).execute().store(&store).run_id("r").blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreFailed);
    assert!(error.to_string().contains("no room left"), "{error}");
    let first = calls.take();
    let kept = recorded(&store, "r");
    assert!((1..5).contains(&kept) && first.len() == kept + 1, "{kept} recorded of {first:?}");
    store.__pragma("max_page_count = 1000000").unwrap();
    bigs(&calls).execute().store(&store).run_id("r").blocking().unwrap();
    assert_eq!(calls.take().len(), 7 - kept);
}

/// Cancels a run from another thread while its end is being written.
struct CancelsAtTheEnd {
    journal: Arc<dyn Journal>,
    handle: Arc<Mutex<Option<taskloom::RunHandle>>>,
}

impl Journal for CancelsAtTheEnd {
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()> {
        if entries.iter().any(|entry| entry.kind == "finished") {
            let handle = self.handle.clone();
            let cancel = move || {
                // The run may end before its handle is there.
                while handle.lock().unwrap().is_none() {
                    std::thread::yield_now();
                }
                handle.lock().unwrap().as_ref().unwrap().cancel();
            };
            std::thread::spawn(cancel).join().unwrap();
        }
        self.journal.append(entries, status)
    }

    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.journal.history(each)
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        self.journal.answers()
    }
}

#[test]
fn r_10_a_run_whose_end_is_being_written_is_cancelled_too_late() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    let handle: Arc<Mutex<Option<taskloom::RunHandle>>> = Arc::default();
    let cancels = {
        let handle = handle.clone();
        store.clone().__wrap(move |journal| Arc::new(CancelsAtTheEnd { journal, handle: handle.clone() }))
    };
    let calls = Calls::default();
    let begun = workflow(&calls).execute().store(&cancels).run_id("r").start().unwrap();
    *handle.lock().unwrap() = Some(begun);
    while !handle.lock().unwrap().as_ref().unwrap().is_finished() {
        std::thread::yield_now();
    }
    let handle = handle.lock().unwrap().take().unwrap();
    let run = futures_executor::block_on(handle).unwrap();
    assert_eq!(run.status(), Status::Succeeded);
    let kinds = |id: &str| {
        let mut kinds = Vec::new();
        let each = |entry: Entry| {
            kinds.push(entry.kind.into_owned());
            Ok(())
        };
        store.run(id).unwrap().unwrap().entries(each).unwrap();
        kinds
    };
    assert_eq!(kinds("r").last().unwrap(), "finished");
}
