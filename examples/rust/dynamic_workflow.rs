//! Workflows that are made from lists, with instances that name themselves, and what a run and its picture look like.

#![expect(clippy::unwrap_used, reason = "without an error this example has nothing to show")]

use taskloom::prelude::*;

#[task]
fn fetch_weather(city: String) -> String {
    format!("Weather for {city}")
}

#[task]
async fn process(value: i64) -> i64 {
    value * 2
}

#[task]
fn process_batch(batch_id: u32, data: Vec<i64>) -> usize {
    let _ = batch_id;
    data.len()
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let tokyo = fetch_weather::task().task_id("tokyo").city("Tokyo");
    let paris = fetch_weather::task().task_id("paris").city("Paris");
    let london = fetch_weather::task().task_id("london").city("London");
    let wf = Workflow::new("weather").add(tokyo >> paris >> london);
    let run = wf.execute().await?;
    // Weather for Tokyo, … in the order of execution.
    for (_, text) in run.outputs::<String>() {
        println!("{text}");
    }

    let (a, b) = (process::task().value(10), process::task().value(20));
    // process_514e28b7 process_30f4c306: 8 hex digits each, and the same whenever the program runs.
    println!("{} {}", a.id(), b.id());
    let run = Workflow::new("auto_ids").add(&a >> &b).execute().await?;
    assert_eq!(run.output::<i64>(a.id())?, 20);
    // The last sink.
    assert_eq!(run.value::<i64>()?, 40);

    let fetches: Vec<_> = ["Tokyo", "Paris", "London", "NYC"]
        .map(|c| fetch_weather::task().task_id(format!("fetch_{}", c.to_lowercase())).city(c))
        .into();
    let batches: Vec<_> =
        (1..=3).map(|i| process_batch::task().task_id(format!("batch_{i}")).batch_id(i).data(vec![])).collect();
    let wf = Workflow::new("dynamic").add(parallel(fetches) >> chain(batches));
    // A summary a person can read.
    println!("{}", wf.execute().await?);
    println!("{}", wf.to_mermaid()?);

    // The function is still the function.
    assert_eq!(fetch_weather("Oslo".into()), "Weather for Oslo");

    let t1 = fetch_weather::task().task_id("fetch").city("Tokyo");
    let t2 = fetch_weather::task().task_id("fetch").city("Paris");
    // Names the id and both lines.
    println!("{}", Workflow::new("bad").add(t1 >> t2).execute().await.unwrap_err());
    Ok(())
}
