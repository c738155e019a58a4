//! Ctrl-C cancels the run. The library installs no signal handler, so the program says what a signal means.

use std::{thread, time::Duration};

use taskloom::{ErrorKind, prelude::*};

/// A plain function is told, and looks now and then.
#[task]
fn count(ctx: &Context) -> u64 {
    println!("counting");
    let mut steps = 0;
    while !ctx.cancelled() {
        steps += 1;
        thread::sleep(Duration::from_millis(10));
    }
    steps
}

/// An async one is dropped where it waits.
#[task]
async fn wait() {
    std::future::pending::<()>().await;
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let workflow = Workflow::new("endless").add(wait::task().task_id("wait") | count::task().task_id("count"));
    let mut run = workflow.execute().grace(Duration::from_secs(2)).start()?;
    let result = tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {
            run.cancel();
            run.await
        }
        result = async {
            println!("Ctrl-C ends it");
            (&mut run).await
        } => result,
    };
    match result {
        Err(error) if error.kind() == ErrorKind::RunCancelled => {
            println!("{error}");
            for task in error.run().into_iter().flat_map(Run::tasks) {
                println!("  {}: {}", task.id(), task.state());
            }
            Ok(())
        }
        result => result.map(drop),
    }
}
