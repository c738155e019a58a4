//! C-11: a workflow is an operand.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{BuildErrorKind, ErrorKind, State, prelude::*};

#[task]
fn fetch(city: String) -> String {
    if city.is_empty() {
        std::panic::panic_any("no city");
    }
    format!("Weather for {city}")
}

#[task]
fn shout(text: String) -> String {
    text.to_uppercase()
}

#[task]
fn join(texts: Vec<String>) -> String {
    texts.join(", ")
}

#[task]
fn names(all: GroupOutput) -> String {
    all.iter::<String>().map(|(id, value)| format!("{id}={value}")).collect::<Vec<_>>().join(" ")
}

#[task]
fn step(ctx: &Context) -> String {
    ctx.task_id().to_owned()
}

#[task]
fn look(ctx: &Context) -> taskloom::Result<String> {
    ctx.get_result("first")
}

#[task]
fn again(ctx: &Context) -> taskloom::Result<u32> {
    if ctx.cycle_count() < 3 {
        ctx.goto("first")?;
    }
    Ok(ctx.cycle_count())
}

fn named(id: &str) -> step {
    step::task().task_id(id)
}

fn city(name: &str) -> fetch {
    fetch::task().task_id(name.to_lowercase()).city(name)
}

/// What leads where: ids of tasks and names of groups, `a>b`.
fn edges(fragment: impl IntoFragment) -> Vec<String> {
    let plan = Workflow::new("main").add(fragment).plan().unwrap();
    let nodes = (0..).take(plan.len());
    let pairs = nodes.flat_map(|node| plan.successors(node).iter().map(move |&next| (node, next)));
    pairs.map(|(from, to)| format!("{}>{}", plan.id(from), plan.id(to))).collect()
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("main").add(fragment).execute().blocking().unwrap()
}

fn sorted(edges: impl Into<Vec<String>>) -> Vec<String> {
    let mut edges = edges.into();
    edges.sort();
    edges
}

/// `first >> last`
fn pair(name: &str) -> Workflow {
    Workflow::new(name).add(named("first") >> named("last"))
}

#[test]
fn c_11_its_tasks_join_under_ids_that_begin_with_its_name() {
    let part = pair("a");
    assert_eq!(edges(&part >> named("x")), ["a/first>a/last", "a/last>x"]);
    assert_eq!(edges(named("x") >> &part), ["x>a/first", "a/first>a/last"].map(String::from));
    assert_eq!(edges(named("x") << &part), ["a/first>a/last", "a/last>x"]);
    assert_eq!(edges(&part << named("x")), ["x>a/first", "a/first>a/last"].map(String::from));
    assert_eq!(edges(chain([&part])), ["a/first>a/last"]);
    assert_eq!(edges(taskloom::chain![part, named("x")]), ["a/first>a/last", "a/last>x"]);
}

#[test]
fn c_11_it_is_one_branch_of_a_group() {
    let run = run((pair("a") | pair("b")) >> names::task().task_id("end"));
    assert_eq!(run.output::<String>("end").unwrap(), "a/last=a/last b/last=b/last");
    assert_eq!(run.output::<String>("a/first").unwrap(), "a/first");
}

#[test]
fn c_11_a_workflow_that_is_an_operand_stays_as_it_is() {
    let part = pair("a");
    drop(run(&part >> named("x")));
    let own = part.execute().blocking().unwrap();
    assert_eq!(own.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>(), ["first", "last"]);
}

#[test]
fn c_11_outputs_that_are_bound_inside_come_from_inside() {
    let (a, b) = (city("A"), city("B"));
    let all = join::task().task_id("all").texts(&[&b, &a]);
    let part = Workflow::new("p").add(shout::task().task_id("end").text(&all));
    let run = run(part >> shout::task().task_id("outer"));
    assert_eq!(
        run.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>(),
        ["p/b", "p/a", "p/all", "p/end", "outer"]
    );
    assert_eq!(run.output::<String>("p/all").unwrap(), "Weather for B, Weather for A");
}

#[test]
fn c_11_a_group_that_is_bound_inside_is_that_inside() {
    let group = (city("A") | city("B")).group_name("cities");
    let part = Workflow::new("p").add(join::task().task_id("all").texts(&group));
    let run = run(part >> shout::task());
    assert_eq!(run.output::<String>("p/all").unwrap(), "Weather for A, Weather for B");
    assert_eq!(run.output::<GroupOutput>("p/cities").unwrap().len(), 2);
}

#[test]
fn c_11_groups_come_along_with_their_settings() {
    let bad = fetch::task().task_id("bad").city("");
    let best = (city("A") | bad).policy(Policy::BestEffort);
    let part = Workflow::new("p").add(best >> names::task().task_id("end"));
    // Inside, a group's value has the ids that it has there.
    assert_eq!(run(part).output::<String>("p/end").unwrap(), "a=Weather for A");

    let bad = fetch::task().task_id("bad").city("");
    let critical = (city("A") | bad).group_name("g").policy(Policy::Critical(vec!["a".into()]));
    let run = run(Workflow::new("p").add(critical >> names::task().task_id("end")));
    assert_eq!(run.output::<String>("p/end").unwrap(), "a=Weather for A");
    assert_eq!(run.task("p/bad").unwrap().state(), State::Failed);
}

#[test]
fn c_11_options_come_along() {
    let flaky = fetch::task().task_id("bad").city("").with_options(|options| options.max_retries(2));
    let error = Workflow::new("main").add(Workflow::new("p").add(flaky)).execute().blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::RetryLimitExceeded, Some("p/bad")));
    assert_eq!(error.run().unwrap().task("p/bad").unwrap().attempts(), 3);
}

#[test]
fn c_11_loops_come_along() {
    let part = Workflow::new("p").add(named("first") >> again::task().task_id("again"));
    let run = run(part >> named("x"));
    assert_eq!(run.output::<u32>("p/again").unwrap(), 3);
    assert_eq!(run.task("p/first").unwrap().iterations(), 3);
    assert_eq!(run.task("x").unwrap().iterations(), 1);
    let agent = named("agent");
    let cycle = Workflow::new("c").add(&agent >> named("tool") >> &agent);
    assert_eq!(edges(cycle >> named("x")), ["c/agent>c/tool", "c/tool>c/agent", "c/tool>x"]);
}

#[test]
fn c_11_a_body_finds_the_tasks_of_its_own_workflow_first() {
    let part = Workflow::new("p").add(named("first") >> look::task().task_id("look"));
    assert_eq!(run(named("first") >> part).output::<String>("p/look").unwrap(), "p/first");
    let part = Workflow::new("p").add(look::task().task_id("look"));
    assert_eq!(run(named("first") >> part).output::<String>("p/look").unwrap(), "first");
}

#[test]
fn c_11_a_workflow_with_several_ends_is_a_group_of_its_name() {
    let top = named("top");
    let part = Workflow::new("p").add(&top >> named("left")).add(&top >> named("right"));
    let run = run(part >> names::task().task_id("end"));
    assert_eq!(run.output::<String>("end").unwrap(), "p/left=p/left p/right=p/right");
    assert_eq!(run.output::<GroupOutput>("p").unwrap().len(), 2);
}

#[test]
fn c_11_a_workflow_with_several_beginnings_begins_with_all() {
    let end = named("end");
    let part = Workflow::new("p").add(named("a") >> &end).add(named("b") >> &end).add(named("c") >> &end);
    let edges = edges(named("x") >> part >> named("y"));
    let expected = ["x>p/a", "x>p/b", "x>p/c", "p/a>p/end", "p/end>y", "p/b>p/end", "p/c>p/end"];
    assert_eq!(sorted(edges), sorted(expected.map(String::from)));
}

#[test]
fn c_11_a_branch_with_several_beginnings_begins_with_all() {
    let end = named("end");
    let part = Workflow::new("p").add(named("a") >> &end).add(named("b") >> &end);
    let c = named("c");
    let group = parallel([part.into_fragment(), &c >> named("d"), &c >> named("e")]).group_name("g");
    let expected = ["x>g", "g>p/a", "g>p/b", "g>c", "p/a>p/end", "p/b>p/end", "p/end>g", "c>d", "c>e", "d>g", "e>g"];
    assert_eq!(sorted(edges(named("x") >> &group)), sorted(expected.map(String::from)));
    // In a part of a further workflow too.
    let outer = Workflow::new("o").add(&group);
    let inside = |end: &str| if end == "x" { end.to_owned() } else { format!("o/{end}") };
    let copied = expected.map(|edge| edge.split('>').map(inside).collect::<Vec<_>>().join(">"));
    assert_eq!(sorted(edges(named("x") >> outer)), sorted(copied));
}

#[test]
fn c_11_several_ends_before_several_beginnings() {
    let ends = Workflow::new("p").add(named("a")).add(named("b"));
    let begins = Workflow::new("q").add(named("c")).add(named("d"));
    let expected = ["p>p/a", "p>p/b", "p/a>p", "p/b>p", "p>q", "q>q/c", "q>q/d", "q/c>q", "q/d>q"];
    assert_eq!(sorted(edges(ends >> begins)), sorted(expected.map(String::from)));
}

#[test]
fn c_11_a_failure_in_a_part_with_several_ends_is_told_once() {
    let (bad, good) = (fetch::task().task_id("bad").city(""), city("A"));
    let part = Workflow::new("p").add(bad >> shout::task().task_id("end")).add(good);
    let error = Workflow::new("main").add(part >> named("x")).execute().blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::ParallelGroup, Some("p")));
    assert_eq!(error.to_string().matches("`p/bad`").count(), 1, "{error}");
    assert_eq!(error.run().unwrap().task("x").unwrap().state(), State::NotRun);
}

#[test]
fn c_11_a_part_is_judged_with_its_branch() {
    let part = Workflow::new("p").add(fetch::task().task_id("bad").city("") >> shout::task().task_id("end"));
    let group = (part | city("A")).policy(Policy::BestEffort);
    let run = run(group >> names::task().task_id("end"));
    assert_eq!(run.output::<String>("end").unwrap(), "a=Weather for A");
}

#[test]
fn c_11_parts_of_parts() {
    let (inner, look_here) = (pair("b"), look::task().task_id("look"));
    let outer = Workflow::new("a").add(named("first") >> inner >> look_here);
    let run = run(outer >> named("x"));
    let ids: Vec<_> = run.tasks().map(|task| task.id().to_owned()).collect();
    assert_eq!(ids, ["a/first", "a/b/first", "a/b/last", "a/look", "x"]);
    assert_eq!(run.output::<String>("a/look").unwrap(), "a/first");
}

#[test]
fn i_05_one_workflow_used_twice_in_one_is_an_error() {
    let part = pair("a");
    let error = Workflow::new("main").add(&part >> named("x")).add(&part >> named("y")).plan().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (BuildErrorKind::DuplicateTask, Some("a/first")));
    assert!(error.to_string().contains("`a` is a part of this one already"), "{error}");
    // What is composed once can be used in several places.
    let part = chain([part]);
    let workflow = Workflow::new("main").add(&part >> named("x")).add(&part >> named("y"));
    assert_eq!(workflow.plan().unwrap().task_count(), 4);
}

#[test]
fn c_11_an_instance_in_two_workflows_is_a_task_of_each() {
    let tokyo = city("Tokyo");
    let [a, b] = ["a", "b"].map(|name| Workflow::new(name).add(&tokyo));
    let both = run(&a | &b);
    assert_eq!(both.outputs::<String>().count(), 2);
    let error = both.output_of(&tokyo).unwrap_err();
    assert!(
        error.to_string().contains("`tokyo` is in workflow `main` as `a/tokyo` and as `b/tokyo`\n  hint: "),
        "{error}"
    );
    assert_eq!(run(&a).output_of(&tokyo).unwrap(), "Weather for Tokyo");
    // Where it is composed itself, that is what is meant.
    let own = run(&a >> &tokyo);
    assert_eq!(own.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>(), ["a/tokyo", "tokyo"]);
    assert_eq!(own.output_of(&tokyo).unwrap(), "Weather for Tokyo");
}

#[test]
fn c_11_what_is_bound_to_an_instance_of_a_part_takes_its_output_from_there() {
    let tokyo = city("Tokyo");
    let part = Workflow::new("p").add(&tokyo >> named("last"));
    let outer = shout::task().task_id("outer").text(&tokyo);
    let flow = Workflow::new("main").add(&part >> &outer).add(outer >> &tokyo);
    let run = flow.execute().blocking().unwrap();
    assert_eq!(run.output::<String>("outer").unwrap(), "WEATHER FOR TOKYO");
    assert_eq!(
        run.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>(),
        ["p/tokyo", "p/last", "outer", "tokyo"]
    );
}

#[test]
fn c_11_what_is_bound_to_a_group_of_a_part_takes_its_value_from_there() {
    let group = city("A") | city("B");
    let part = Workflow::new("p").add(&group >> named("last"));
    let run = run(part >> join::task().task_id("outer").texts(&group));
    assert_eq!(run.output::<String>("outer").unwrap(), "Weather for A, Weather for B");
    assert_eq!(run.tasks().count(), 4);
}

#[test]
fn c_11_an_output_that_is_in_several_parts_is_an_error() {
    let tokyo = city("Tokyo");
    let [a, b] = ["a", "b"].map(|name| Workflow::new(name).add(&tokyo));
    let outer = shout::task().text(&tokyo);
    let error = Workflow::new("main").add((a | b) >> &outer).plan().unwrap_err();
    assert!(error.to_string().contains("as `a/tokyo` and as `b/tokyo`"), "{error}");
}

#[test]
fn c_07_a_run_can_start_inside() {
    let flow = Workflow::new("main").add(named("x") >> pair("a") >> named("y"));
    let run = flow.execute().start_node("a/last").blocking().unwrap();
    assert_eq!(run.tasks().map(|task| task.id().to_owned()).collect::<Vec<_>>(), ["a/last", "y"]);
}

#[test]
fn c_11_a_mistake_in_a_part_is_one_of_the_whole() {
    let bad = Workflow::new("p").add(named("a") >> named("a"));
    assert_eq!(Workflow::new("main").add(bad >> named("x")).plan().unwrap_err().kind(), BuildErrorKind::DuplicateTask);
    let empty = Workflow::new("p");
    assert_eq!(Workflow::new("main").add(empty).plan().unwrap_err().kind(), BuildErrorKind::NothingToRun);
}

#[test]
fn c_11_open_parameters_of_a_part_take_values_from_before_it() {
    let part = Workflow::new("p").add(shout::task().task_id("loud"));
    assert_eq!(run(city("A") >> part).output::<String>("p/loud").unwrap(), "WEATHER FOR A");
}

#[test]
fn c_11_drawings_show_the_parts() {
    let ascii = Workflow::new("main").add(pair("a") >> named("x")).to_ascii().unwrap();
    assert!(ascii.contains("├─ a/first (step) ─▶ a/last\n├─ a/last (step) ─▶ x\n"), "{ascii}");
}

#[test]
fn i_08_an_id_that_becomes_too_long_is_refused() {
    let long = "x".repeat(200);
    let part = Workflow::new(long.clone()).add(named(&long));
    assert_eq!(Workflow::new("main").add(part).plan().unwrap_err().kind(), BuildErrorKind::InvalidTaskId);
}
