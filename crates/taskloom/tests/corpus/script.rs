//! What the tasks of the corpus do.

use std::{collections::BTreeMap, sync::Arc};

use taskloom::{Result, RunWhen, TaskOptions, prelude::*};
use toml::Value;

use super::case::Part;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[task]
fn play(
    ctx: &Context,
    #[default(Value::from("nothing"))] input: Value,
    part: Arc<Part>,
) -> std::result::Result<Value, Failure> {
    perform(ctx, input, &part)
}

#[task]
fn takes(ctx: &Context, input: Value, part: Arc<Part>) -> std::result::Result<Value, Failure> {
    perform(ctx, input, &part)
}

fn perform(ctx: &Context, input: Value, part: &Part) -> std::result::Result<Value, Failure> {
    if let Some(error) = part.fails.get(ctx.attempt() as usize - 1) {
        return Err(error.clone().into());
    }
    if let Some(ask) = part.asks.get(ctx.cycle_count() as usize - 1) {
        match ask.split_once(' ') {
            Some(("goto", target)) => ctx.goto(target)?,
            Some(("iterate", data)) => ctx.next_iteration(Value::from(data.parse::<i64>()?)),
            Some(("terminate", message)) => ctx.terminate_workflow(message),
            Some(("cancel", message)) => ctx.cancel_workflow(message),
            _ => assert_eq!(ask, "", "a task can ask for"),
        }
    }
    if let Some(ids) = &part.reads {
        let texts: Vec<String> = ids.iter().map(|id| read(ctx.get_result::<Value>(id))).collect();
        return Ok(texts.join("+").into());
    }
    let returns = part.returns.clone().unwrap_or_else(|| part.id.clone().into());
    Ok(if part.passes_on { input } else { returns })
}

fn read(value: Result<Value>) -> String {
    match value {
        Err(_) => "-".to_owned(),
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
    }
}

enum Made {
    Plays(play),
    Takes(takes),
}

/// The tasks by id.
pub(crate) fn operands(parts: &[Part]) -> BTreeMap<String, Fragment> {
    let mut made: BTreeMap<String, Made> = BTreeMap::new();
    for part in parts {
        let task = make(part, &made);
        made.insert(part.id.clone(), task);
    }
    let fragment = |task: Made| match task {
        Made::Plays(task) => task.into_fragment(),
        Made::Takes(task) => task.into_fragment(),
    };
    made.into_iter().map(|(id, task)| (id, fragment(task))).collect()
}

fn make(part: &Part, made: &BTreeMap<String, Made>) -> Made {
    let shared = Arc::new(part.clone());
    let options = |options: TaskOptions| {
        let options = if part.always { options.run_when(RunWhen::Always) } else { options };
        let options = part.max_retries.into_iter().fold(options, TaskOptions::max_retries);
        part.max_cycles.into_iter().fold(options, TaskOptions::max_cycles)
    };
    let plays = || play::task().task_id(&part.id).part(shared.clone());
    match part.input.as_deref() {
        None => Made::Plays(plays().with_options(options)),
        Some("open") => Made::Takes(takes::task().task_id(&part.id).part(shared).with_options(options)),
        Some(source) => Made::Plays(match &made[source] {
            Made::Plays(task) => plays().input(task).with_options(options),
            Made::Takes(task) => plays().input(task).with_options(options),
        }),
    }
}
