//! The corpus: workflows whose plan and run are the same through both front ends. See `corpus/README.md`.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "corpus/case.rs"]
mod case;
#[path = "corpus/expression.rs"]
mod expression;
#[path = "corpus/script.rs"]
mod script;

use std::{fs, path::Path};

use case::{Case, Group, Options, Outcome};
use taskloom::{Policy, Run, prelude::*};
use toml::Value;

fn workflow(case: &Case) -> Workflow {
    let mut operands = script::operands(&case.tasks);
    for group in &case.groups {
        let fragment = configured(expression::parse(&group.of, &operands), group);
        operands.insert(group.name.clone(), fragment);
    }
    case.compose.iter().fold(Workflow::new("w"), |wf, text| wf.add(expression::parse(text, &operands)))
}

fn configured(fragment: Fragment, group: &Group) -> Fragment {
    let policy = match (group.at_least, &group.critical, group.best_effort) {
        (Some(least), _, _) => Policy::AtLeast(least),
        (None, Some(ids), _) => Policy::Critical(ids.clone()),
        (None, None, true) => Policy::BestEffort,
        (None, None, false) => Policy::Strict,
    };
    fragment.group_name(&group.name).policy(policy).fail_fast(group.fail_fast)
}

fn note_plan(wf: &Workflow, seen: &mut Outcome) {
    let plan = wf.plan().unwrap();
    for link in plan.links() {
        let edges = if link.closes_loop { &mut seen.loops } else { &mut seen.edges };
        edges.insert(format!("{} >> {}", plan.id(link.from), plan.id(link.to)));
    }
    for group in plan.groups() {
        let branches = group.branches.iter().map(|branch| plan.id(branch.last).to_owned());
        seen.groups.insert(group.name.clone(), branches.collect());
    }
}

async fn note_run(wf: &Workflow, options: &Options, seen: &mut Outcome) {
    let mut execute = wf.execute().max_concurrency(1);
    if let Some(id) = &options.start_node {
        execute = execute.start_node(id);
    }
    if let Some(steps) = options.max_steps {
        execute = execute.max_steps(steps);
    }
    let handle = execute.start().unwrap();
    let events = handle.events();
    let run = match handle.await {
        Ok(run) => run,
        Err(error) => {
            seen.error = Some(format!("{:?} at {}", error.kind(), error.task_id().unwrap()));
            error.run().unwrap().clone()
        }
    };
    seen.events = events.blocking().map(|event| event.to_string()).collect();
    seen.status = run.status().to_string();
    seen.value = value(&run);
    seen.values = run.outputs::<Value>().map(|(id, value)| (id.to_owned(), value.clone())).collect();
    for task in run.tasks() {
        seen.states.insert(task.id().to_owned(), task.state().to_string());
        if task.iterations() > 1 {
            seen.executions.insert(task.id().to_owned(), task.iterations());
        }
    }
}

fn value(run: &Run) -> Option<Value> {
    run.value::<Value>().ok().or_else(|| run.value::<GroupOutput>().ok().as_ref().map(table))
}

fn table(group: &GroupOutput) -> Value {
    let values = group.iter::<Value>().map(|(id, value)| (id.to_owned(), value.clone()));
    let groups = group.iter::<GroupOutput>().map(|(id, inner)| (id.to_owned(), table(inner)));
    Value::Table(values.chain(groups).collect())
}

#[tokio::test]
async fn corpus() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let case: Case = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut seen = Outcome::default();
        let wf = workflow(&case);
        note_plan(&wf, &mut seen);
        note_run(&wf, &case.run, &mut seen).await;
        assert_eq!(seen, case.expect, "{}: {}", path.display(), case.says);
    }
}
