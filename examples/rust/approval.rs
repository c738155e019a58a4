//! A run that waits for a person: the process may end meanwhile, and another one goes on when the answer is there.

use std::time::Duration;

use taskloom::{ErrorKind, Store, prelude::*};

#[task]
fn write() -> String {
    "Sales are up".to_owned()
}

#[task]
fn publish(ctx: &Context, text: String) -> taskloom::Result<String> {
    let approved = ctx.request_approval(format!("Publish \"{text}\"?")).key("publish").blocking()?;
    if !approved {
        return Ok("not published".to_owned());
    }
    let title = ctx.request_text_input("Under which title?").key("title").blocking()?;
    Ok(format!("published \"{title}\": {text}"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let store = Store::sqlite(directory.path().join("runs.db"))?;
    let workflow = Workflow::new("report").add(write::task() >> publish::task().task_id("publish"));

    let run = loop {
        let execute = workflow.execute().store(&store).run_id("may").suspend_after(Duration::ZERO);
        let error = match execute.blocking() {
            Ok(run) => break run,
            Err(error) if error.kind() == ErrorKind::RunSuspended => error,
            Err(error) => return Err(error.into()),
        };
        for question in error.questions() {
            println!("{} asks: {}", question.task_id, question.prompt);
            // Anybody who can open the store can answer.
            let answer = if question.key == "ask:publish" { "true" } else { r#""May""# };
            println!("  {answer}");
            store.answer(&question.id, answer)?;
        }
    };
    println!("{}", run.value::<String>()?);
    Ok(())
}
