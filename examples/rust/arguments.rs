//! What a task's argument can be: a value, the output of another task, a list of outputs, a group, and what a workflow
//! that is part of this one gives.

use std::io::{self, BufWriter, Write};

use taskloom::{State, TaskRecord, prelude::*};

/// What was measured at a station, in degrees.
#[derive(Clone)]
struct Reading {
    station: String,
    degrees: f64,
}

#[task]
fn measure(station: &str, #[default(0.0)] offset: f64) -> Result<Reading, String> {
    let degrees = match station {
        "harbour" => 11.5,
        "hill" => 8.0,
        "airport" => 10.5,
        _ => return Err(format!("there is no station {station}")),
    };
    Ok(Reading { station: station.to_owned(), degrees: degrees + offset })
}

#[task]
async fn correct(reading: Reading, by: f64) -> Reading {
    Reading { degrees: reading.degrees + by, ..reading }
}

/// A slice reads the shared list; nothing is copied for it.
#[task]
fn mean(readings: &[Reading]) -> f64 {
    let count = u32::try_from(readings.len()).unwrap_or(u32::MAX);
    readings.iter().map(|reading| reading.degrees).sum::<f64>() / f64::from(count.max(1))
}

#[task]
fn warmest(readings: Vec<Reading>) -> String {
    let warmest = readings.into_iter().max_by(|a, b| a.degrees.total_cmp(&b.degrees));
    warmest.map_or_else(|| "nowhere".to_owned(), |reading| reading.station)
}

/// A parameter of type `GroupOutput` takes the values of a group by the ids of its branches, whatever their types.
#[task]
fn report(all: GroupOutput, title: &str, note: Option<String>) -> taskloom::Result<String> {
    let mean: f64 = all.get("mean")?;
    let warmest: String = all.get("warmest")?;
    let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
    Ok(format!("{title}: {mean:.1} degrees, warmest at the {warmest}{note}"))
}

#[task]
fn publish(text: String, #[default(1)] copies: u32) -> String {
    format!("{copies} x {text}")
}

fn station(name: &str) -> measure {
    measure::task().task_id(name).station(name)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One write at the end, so that `| head` does not end it with a broken pipe.
    let mut out = BufWriter::new(io::stdout());

    // A reference to an instance binds its output, and makes the edge: nothing else has to be composed.
    let hill = station("hill");
    let corrected = correct::task().task_id("corrected").reading(&hill).by(0.5);
    let run = Workflow::new("output").add(&corrected).execute().blocking()?;
    writeln!(out, "output: {} at {} degrees", run.output_of(&corrected)?.station, run.output_of(&corrected)?.degrees)?;

    // A reference to a list of instances binds the list of their outputs, in its order.
    let stations = ["harbour", "hill", "airport"].map(station);
    let average = mean::task().task_id("mean").readings(&stations);
    let run = Workflow::new("list").add(&average).execute().blocking()?;
    writeln!(out, "list: {} degrees from {} tasks", run.output_of(&average)?, run.tasks().count())?;

    // A group is bound with its policy: what has failed is not in the list.
    let group = parallel([station("harbour"), station("moon"), station("hill")]).policy(Policy::BestEffort);
    let average = mean::task().task_id("mean").readings(&group);
    let run = Workflow::new("group").add(&average).execute().blocking()?;
    writeln!(out, "group: {} degrees without {}", run.output_of(&average)?, failed(&run).join(", "))?;

    // The compiler checks what a list holds. A group can hold anything, so that is checked when planning.
    let mixed = station("hill") | publish::task().task_id("text").text("no reading");
    let mistake = Workflow::new("mixed").add(mean::task().task_id("mean").readings(&mixed)).plan();
    if let Err(error) = mistake {
        writeln!(out, "mixed: {}", error.message().split(" (definition").next().unwrap_or_default())?;
    }

    // A workflow with one end, whose value is a text.
    let mean = mean::task().task_id("mean").readings(&stations);
    let warmest = warmest::task().task_id("warmest").readings(&stations);
    let both = mean | warmest;
    let weather =
        Workflow::new("weather").add(report::task().task_id("report").all(&both).title("today").note("draft"));
    let run = weather.execute().blocking()?;
    writeln!(out, "workflow: {}", run.value::<String>()?)?;

    // As an operand it is one step of a larger one: its tasks go by its name, and `publish` takes its value.
    let morning = Workflow::new("morning").add(&weather >> publish::task().task_id("publish").copies(3_u32));
    let run = morning.execute().blocking()?;
    writeln!(out, "operand: {}", run.value::<String>()?)?;
    for task in run.tasks() {
        writeln!(out, "  {}", task.id())?;
    }

    // A task is a function: to try one, no workflow is needed.
    writeln!(out, "run: {} degrees", measure::task().station("airport").offset(-0.5).run()?.degrees)?;
    writeln!(out, "run: {}", publish::task().run().unwrap_or_else(|error| first_line(&error)))?;
    Ok(out.flush()?)
}

fn failed(run: &Run) -> Vec<&str> {
    run.tasks().filter(|task| task.state() == State::Failed).map(TaskRecord::id).collect()
}

fn first_line(error: &taskloom::Error) -> String {
    error.to_string().split(", at ").next().unwrap_or_default().to_owned()
}
