//! Looks at a workflow and at what it did: pictures, where values come from, and a recorder for tests.

use taskloom::{prelude::*, testing::Recorder};

#[task]
fn fetch(city: String) -> String {
    format!("Weather for {city}")
}

#[task]
fn translate(text: String, #[default("en".to_owned())] language: String) -> String {
    format!("{text} ({language})")
}

fn main() -> taskloom::Result<()> {
    let fetch = |id: &str, city: &str| fetch::task().task_id(id).city(city);
    let translate = |id: &str| translate::task().task_id(id);
    let workflow = Workflow::new("weather")
        .add(fetch("tokyo", "Tokyo") >> translate("tokyo_en"))
        .add(fetch("paris", "Paris") >> translate("paris_en"));

    // Also `to_dot()` and `to_svg()`.
    println!("{}", workflow.to_ascii()?);
    println!("{}", workflow.to_mermaid()?);
    // What follows each task, and where the value of each open parameter comes from.
    println!("{}", workflow.plan()?);

    let recorder = Recorder::new();
    workflow.execute().max_concurrency(1).observe(&recorder).blocking()?;
    recorder.assert_order(&["tokyo", "paris", "tokyo_en", "paris_en"]);
    recorder.assert_before("tokyo", "tokyo_en");
    println!("{:?}", recorder.arguments("tokyo_en"));

    // Only what can be reached from one task.
    let run = workflow.execute().start_node("paris").blocking()?;
    println!("{:?}", run.outputs::<String>().collect::<Vec<_>>());
    Ok(())
}
