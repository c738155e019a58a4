//! The page "Task instances" in Rust: many instances from one task definition.

use std::io::{self, BufWriter, Write};

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
fn process_batch(batch_id: u32, data: Vec<i64>) -> (u32, usize) {
    (batch_id, data.len())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One write at the end, so that `| head` does not end it with a broken pipe.
    let mut out = BufWriter::new(io::stdout());

    // Instances with different parameters.
    let tokyo = fetch_weather::task().task_id("tokyo").city("Tokyo");
    let paris = fetch_weather::task().task_id("paris").city("Paris");
    let london = fetch_weather::task().task_id("london").city("London");
    let run = Workflow::new("weather").add(tokyo >> paris >> london).execute().await?;
    for (_, weather) in run.outputs::<String>() {
        writeln!(out, "{weather}")?;
    }

    // Without `task_id` an instance names itself.
    let task1 = process::task().value(10);
    let task2 = process::task().value(20);
    let task3 = process::task().value(30);
    let run = Workflow::new("auto_ids").add(&task1 >> &task2 >> &task3).execute().await?;
    for task in [&task1, &task2, &task3] {
        writeln!(out, "{} = {}", task.id(), run.output_of(task)?)?;
    }
    writeln!(out, "the run's value is {}", run.value::<i64>()?)?;

    // Each instance must have a unique id: when two meet, the error names both places.
    let task1 = fetch_weather::task().task_id("fetch").city("Tokyo");
    let task2 = fetch_weather::task().task_id("fetch").city("Paris");
    match Workflow::new("bad").add(task1 >> task2).execute().await {
        Ok(_) => unreachable!("two instances have one id"),
        Err(error) => writeln!(out, "{error}")?,
    }

    // Instances made from lists.
    let fetches: Vec<_> = ["Tokyo", "Paris", "London", "NYC"]
        .map(|city| fetch_weather::task().task_id(format!("fetch_{}", city.to_lowercase())).city(city))
        .into();
    let batches: Vec<_> =
        (1..=3).map(|i| process_batch::task().task_id(format!("batch_{i}")).batch_id(i).data(vec![])).collect();
    let run = Workflow::new("dynamic").add(parallel(fetches) >> chain(batches)).execute().await?;
    writeln!(out, "workflow `{}` {}: {} tasks", run.workflow(), run.status(), run.tasks().count())?;
    writeln!(out, "batch_3 gave {:?}", run.output::<(u32, usize)>("batch_3")?)?;
    Ok(out.flush()?)
}
