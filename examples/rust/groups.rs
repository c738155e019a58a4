//! Groups: when they have succeeded, and how many of their tasks run at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use taskloom::prelude::*;

#[task]
fn mirror(works: bool) -> Result<u32, String> {
    if works { Ok(7) } else { Err("connection refused".into()) }
}

/// A group's value is that of its branches by id; those that failed are missing.
#[task]
fn names(mirrors: GroupOutput) -> String {
    mirrors.iter::<u32>().map(|(id, _)| id).collect::<Vec<_>>().join(", ")
}

/// A policy of one's own: most of them.
struct Majority;

impl GroupPolicy for Majority {
    fn judge(&self, _group: &str, branches: &[BranchRecord]) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        Ok(branches.iter().filter(|branch| branch.value::<u32>().is_some()).count() * 2 > branches.len())
    }
}

/// Three mirrors, of which b is down.
fn mirrors() -> Fragment {
    let mirror = |id: &str| mirror::task().task_id(id).works(id != "b");
    parallel(["a", "b", "c"].map(mirror)).group_name("mirrors")
}

fn run(policy: &str, group: Fragment) {
    match Workflow::new("w").add(group >> names::task()).execute().max_concurrency(1).blocking() {
        Ok(run) => println!("{policy}: {}", run.value::<String>().unwrap_or_default()),
        Err(error) => {
            let c = error.run().and_then(|run| run.task("c")).map(|c| c.state().to_string()).unwrap_or_default();
            println!("{policy}: {}; c {c}", error.to_string().lines().next().unwrap_or_default());
        }
    }
}

#[task]
async fn print(printing: Arc<AtomicUsize>) -> usize {
    let at_once = printing.fetch_add(1, Ordering::SeqCst) + 1;
    tokio::task::yield_now().await;
    printing.fetch_sub(1, Ordering::SeqCst);
    at_once
}

fn main() -> taskloom::Result<()> {
    run("strict", mirrors());
    run("strict, and fail fast", mirrors().fail_fast(true));
    run("best effort", mirrors().policy(Policy::BestEffort));
    run("at least 2", mirrors().policy(Policy::AtLeast(2)));
    run("critical", mirrors().policy(Policy::Critical(vec!["b".into()])));
    run("the majority", mirrors().policy(Majority));

    // One printer; what is not in the group need not wait for it.
    let printing = Arc::new(AtomicUsize::new(0));
    let pages = parallel((0..20).map(|_| print::task().printing(printing.clone()))).max_concurrency(1);
    let run = Workflow::new("printer").add(pages).execute().blocking()?;
    println!("{} page at a time", run.outputs::<usize>().map(|(_, at_once)| *at_once).max().unwrap_or(0));
    Ok(())
}
