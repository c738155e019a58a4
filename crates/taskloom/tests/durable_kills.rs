//! Processes that are killed at any instant lose nothing that has completed, and repeat nothing of it: D-1, D-2, H-3,
//! I-4.
#![cfg(all(unix, feature = "sqlite"))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support {
    pub(crate) mod lives;
}

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    time::Duration,
};

use support::lives::{Death, Lives, is_killed, name, task_of_child, tell};
use taskloom::{RetryPolicy, State, prelude::*};

/// How many kills there are, at least; `TASKLOOM_TEST_KILLS` says more.
const KILLS: u32 = 200;
/// How many of each kind.
const OF_EACH_KIND: u32 = 20;

/// Does what a body does: its result is its execution's name, between bars.
fn body(ctx: &Context, work: impl FnOnce(&Channel) -> taskloom::Result<()>) -> taskloom::Result<String> {
    tell("begins", ctx);
    work(&ctx.channel())?;
    tell("returns", ctx);
    Ok(format!("|{}|", name(ctx)))
}

#[task]
fn link(ctx: &Context) -> taskloom::Result<String> {
    body(ctx, |_| Ok(()))
}

#[task]
async fn link_async(ctx: Context) -> taskloom::Result<String> {
    tokio::task::yield_now().await;
    body(&ctx, |_| Ok(()))
}

#[task]
fn write(ctx: &Context, number: i64) -> taskloom::Result<String> {
    body(ctx, |channel| {
        channel.append("list", number)?;
        channel.atomic_add("total", number)?;
        channel.at_once().set(format!("once {number}"), number)?;
        let lock = channel.lock("locked")?;
        let before = channel.get::<i64>("locked")?.unwrap_or_default();
        // What was published under a lock stays, also if the attempt is lost: this may be done twice.
        channel.set("locked", before.max(number))?;
        drop(lock);
        Ok(())
    })
}

/// Fails at its first attempt.
#[task]
fn shaky(ctx: &Context, number: i64) -> Result<String, Box<dyn Error + Send + Sync>> {
    let text = body(ctx, |channel| channel.atomic_add("shaken", number).map(drop))?;
    if ctx.attempt() == 1 { Err(text.into()) } else { Ok(text) }
}

/// Goes on with a loop for so many cycles.
#[task]
fn turn(ctx: &Context, cycles: u32, end: String) -> taskloom::Result<String> {
    if ctx.cycle_count() >= cycles {
        ctx.goto(&end)?;
    }
    body(ctx, |_| Ok(()))
}

#[task]
fn numbers() -> Vec<i64> {
    (0..150).collect()
}

#[task]
fn element(ctx: &Context, number: i64) -> taskloom::Result<String> {
    body(ctx, |channel| channel.append("elements", number).map(drop))
}

/// Adds tasks.
#[task]
fn grow(ctx: &Context, count: u32) -> taskloom::Result<String> {
    for number in 0..count {
        ctx.next_task(link::task().task_id(format!("{} new {number}", ctx.task_id())))?;
    }
    body(ctx, |_| Ok(()))
}

/// More than 1,000 executions. Of a task `x.n` all tasks `x.m` with smaller numbers are before it.
fn workflow() -> Workflow {
    let mut workflow = Workflow::new("kills");
    for lane in 0..4 {
        workflow = workflow.add(chain((0..50).map(|n| link::task().task_id(format!("plain{lane}.{n}")))));
        workflow = workflow.add(chain((0..50).map(|n| link_async::task().task_id(format!("async{lane}.{n}")))));
        let retries = RetryPolicy::fixed(1, Duration::from_micros(200));
        workflow = workflow.add(chain((0..20).map(|n| {
            let task = shaky::task().task_id(format!("shaky{lane}.{n}")).number(n);
            task.with_options(|options| options.retry_policy(retries.clone()))
        })));
        workflow = workflow.add(chain(
            (0..20).map(|n| write::task().task_id(format!("write{lane}.{n}")).number(i64::from(lane) * 100 + n)),
        ));
        let agent = link::task().task_id(format!("agent{lane}"));
        let end = format!("end{lane}");
        let tool = turn::task().task_id(format!("tool{lane}")).cycles(15).end(&*end);
        workflow = workflow.add(&agent >> tool >> &agent).add(link::task().task_id(end));
        let members = parallel((0..20).map(|n| link::task().task_id(format!("member{lane} {n}"))));
        workflow = workflow.add(
            link::task().task_id(format!("before{lane}"))
                >> members
                >> grow::task().task_id(format!("grow{lane}")).count(5),
        );
    }
    let numbers = numbers::task().task_id("numbers");
    let elements = element::map().task_id("elements").number(&numbers);
    workflow.add(numbers >> elements >> link::task().task_id("last"))
}

/// One in which nothing runs twice, so that a task may begin while what it does not rest on is still to be written.
fn straight() -> Workflow {
    let mut workflow = Workflow::new("straight");
    for lane in 0..6 {
        workflow = workflow.add(chain((0..60).map(|n| link::task().task_id(format!("plain{lane}.{n}")))));
        workflow = workflow.add(chain((0..40).map(|n| link_async::task().task_id(format!("async{lane}.{n}")))));
        workflow = workflow.add(chain((0..20).map(|n| {
            let task = shaky::task().task_id(format!("shaky{lane}.{n}")).number(n);
            task.with_options(|options| options.max_retries(1))
        })));
        workflow = workflow.add(chain(
            (0..20).map(|n| write::task().task_id(format!("write{lane}.{n}")).number(i64::from(lane) * 100 + n)),
        ));
        let members = parallel((0..20).map(|n| link::task().task_id(format!("group{lane}.1 {n}"))));
        let before = link::task().task_id(format!("group{lane}.0"));
        workflow = workflow.add(before >> members >> link::task().task_id(format!("group{lane}.2")));
        let elements = element::map().task_id(format!("map{lane}.1")).number((0..20).collect::<Vec<i64>>());
        let before = link::task().task_id(format!("map{lane}.0"));
        workflow = workflow.add(before >> elements >> link::task().task_id(format!("map{lane}.2")));
    }
    workflow
}

/// What a run leaves behind.
#[derive(Debug, PartialEq)]
struct Outcome {
    outputs: BTreeMap<String, String>,
    tasks: BTreeMap<String, (State, u32, u32)>,
    lists: Vec<BTreeSet<i64>>,
    lengths: Vec<usize>,
    numbers: Vec<Option<i64>>,
}

impl Outcome {
    fn of(run: &Run) -> Self {
        let lists = ["list", "elements"].map(|key| run.channel().list::<i64>(key).unwrap());
        let once: Vec<String> = run.channel().keys().filter(|key| key.starts_with("once")).map(str::to_owned).collect();
        let keys = ["total", "locked", "shaken"].map(str::to_owned).into_iter().chain(once);
        Self {
            outputs: run.outputs::<String>().map(|(id, value)| (id.to_owned(), value.clone())).collect(),
            tasks: run
                .tasks()
                .map(|task| (task.id().to_owned(), (task.state(), task.attempts(), task.iterations())))
                .collect(),
            lengths: lists.iter().map(Vec::len).collect(),
            lists: lists.map(|list| list.into_iter().collect()).into(),
            numbers: keys.map(|key| run.channel().get::<i64>(key).unwrap()).collect(),
        }
    }
}

#[test]
#[ignore = "the process that is killed"]
fn child() {
    let (store, run) = task_of_child();
    workflow().execute().store(&store).run_id(run).blocking().unwrap();
}

#[test]
#[ignore = "the process that is killed"]
fn child_straight() {
    let (store, run) = task_of_child();
    straight().execute().store(&store).run_id(run).blocking().unwrap();
}

/// Kills processes until there were so many; gives how many of each kind, or what was wrong.
fn kill_many(
    (workflow, child): (fn() -> Workflow, &str),
    seed: u64,
    kills: u32,
    death: impl Fn(&mut fastrand::Rng, u32, u32) -> Death,
) -> Result<BTreeMap<String, u32>, String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let expected = Outcome::of(&workflow().execute().blocking().unwrap());
    let mut lives = Lives::new();
    let mut killed: BTreeMap<String, u32> = BTreeMap::new();
    let (mut count, mut run) = (0, 0);
    while count < kills {
        run += 1;
        let id = format!("run-{run}");
        let mut completed = BTreeSet::new();
        loop {
            let entries = u32::try_from(lives.entries(&id).len()).unwrap();
            let death = if count < kills { death(&mut random, count, entries) } else { Death::Never };
            let begun_at = std::time::Instant::now();
            let status = lives.live(child, &id, death);
            if std::env::var_os("TASKLOOM_TEST_VERBOSE").is_some() {
                println!("{id}: {entries} entries, {death:?}, {:?}", begun_at.elapsed());
            }
            let begun: Vec<String> =
                lives.told().into_iter().filter(|told| told[1] == "begins").map(|told| told[2].clone()).collect();
            let now = lives.completed(&id);
            let at = format!("seed {seed}, {id}, kill {count}, {death:?}");
            check_life(&completed, &now, &begun).map_err(|wrong| format!("{at}: {wrong}"))?;
            completed = now;
            if !is_killed(status) {
                break;
            }
            count += 1;
            let kind = format!("{death:?}");
            *killed.entry(kind.split('(').next().unwrap().to_owned()).or_default() += 1;
        }
        let ended = workflow().execute().store(&lives.store).run_id(&id).blocking().unwrap();
        if !lives.told().is_empty() {
            return Err(format!("seed {seed}: something ran in {id} after its end"));
        }
        let outcome = Outcome::of(&ended);
        if outcome != expected {
            return Err(format!("seed {seed}: {id} ended as {outcome:#?} instead of {expected:#?}"));
        }
    }
    Ok(killed)
}

/// Looks at what began in a life, with what was recorded before it and after it.
fn check_life(before: &BTreeSet<String>, after: &BTreeSet<String>, begun: &[String]) -> Result<(), String> {
    if let Some(lost) = before.difference(after).next() {
        return Err(format!("{lost} was recorded and is not any more"));
    }
    if let Some(again) = begun.iter().find(|name| before.contains(*name)) {
        return Err(format!("{again} was recorded and began again"));
    }
    // What began rests on what is before it.
    for name in begun {
        let (id, pass) = name.rsplit_once('#').unwrap();
        let (iteration, attempt) = pass.split_once('.').unwrap();
        let before = attempt.parse::<u32>().unwrap() - 1;
        if before > 0 && !after.contains(&format!("{id}#{iteration}.{before}")) {
            return Err(format!("{name} began before the attempt before it was recorded"));
        }
        let Some((lane, number)) = id.split_once('.') else { continue };
        let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let Some(before) = number[..digits].parse::<u32>().unwrap().checked_sub(1) else { continue };
        let is_it = |name: &str| {
            let rest = name.strip_prefix(&format!("{lane}.{before}"));
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if !after.iter().any(|name| is_it(name)) {
            return Err(format!("{name} began before {lane}.{before} was recorded"));
        }
    }
    Ok(())
}

fn seed() -> u64 {
    let seed = std::env::var("TASKLOOM_TEST_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TASKLOOM_TEST_SEED={seed}");
    seed
}

fn no_kill_matters(of: (fn() -> Workflow, &str)) {
    let kills = std::env::var("TASKLOOM_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let killed = kill_many(of, seed(), kills, |random, count, entries| match count % 8 {
        0 => Death::BeforeCommit(random.u32(1..40)),
        1 | 2 => Death::InCommit(random.u32(1..40), random.u64(0..200)),
        3 => Death::AfterCommit(random.u32(1..40)),
        4 if entries > 0 => Death::Recovery(random.u32(0..entries)),
        _ => Death::After(random.u64(0..60_000)),
    });
    let killed = killed.unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("{killed:?}");
    assert!(killed.values().all(|&count| count >= OF_EACH_KIND) && killed.len() == 5, "{killed:?}");
}

#[test]
fn d_01_no_kill_loses_or_repeats_what_has_completed() {
    no_kill_matters((workflow, "child"));
}

#[test]
fn d_01_no_kill_matters_where_tasks_do_not_rest_on_each_other() {
    no_kill_matters((straight, "child_straight"));
}

#[test]
fn d_01_the_kill_test_notices_a_journal_that_acknowledges_too_early() {
    let noticed = kill_many((workflow, "child"), seed(), 100, |random, _, _| {
        Death::Sabotaged(random.u32(5..40), random.u64(0..200))
    });
    let wrong = noticed.unwrap_err();
    assert!(wrong.contains("began before"), "{wrong}");
}

/// Its instances have no ids.
fn service() -> Workflow {
    let members = parallel((0..5).map(|_| link::task()));
    Workflow::new("service").add(link::task() >> members >> chain((0..5).map(|_| link::task())))
}

#[test]
#[ignore = "the process that is killed"]
fn child_service() {
    let (store, prefix) = task_of_child();
    for run in 0..5 {
        // It builds more of them than it runs.
        drop(service());
        service().execute().store(&store).run_id(format!("{prefix}{run}")).max_concurrency(1).blocking().unwrap();
    }
}

#[test]
fn i_04_a_service_that_dies_in_its_third_run_repeats_nothing() {
    let mut lives = Lives::new();
    // A run has about as many commits as it has tasks, which are 11.
    for commit in [27, 29, 33] {
        let prefix = format!("r{commit}-");
        assert!(is_killed(lives.live("child_service", &prefix, Death::BeforeCommit(commit))));
        let status =
            |run: u32| lives.store.run(&format!("{prefix}{run}")).unwrap().map(|run| run.info().status.to_string());
        assert_eq!(status(1).as_deref(), Some("succeeded"));
        assert_eq!((status(2).as_deref(), status(3)), (Some("running"), None));
        assert!(lives.live("child_service", &prefix, Death::Never).success());
        let begun = lives.told().into_iter().filter(|told| told[1] == "begins").count();
        // Only what was under way when it died has begun twice.
        assert!((55..=56).contains(&begun), "{begun} began in five runs of 11 tasks");
    }
}
