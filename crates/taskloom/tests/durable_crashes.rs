//! Runs whose process dies after any of their entries: D-1, D-2, H-3, R-7, R-9.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support {
    pub(crate) mod crash;
}

use std::{error::Error, time::Duration};

use support::crash::{Case, called, survives_every_crash};
use taskloom::{Execute, RetryPolicy, prelude::*};

fn check(workflow: impl Fn() -> Workflow) {
    check_with(workflow, |execute| execute);
}

fn check_with(workflow: impl Fn() -> Workflow, execute: impl Fn(Execute) -> Execute) {
    survives_every_crash(&Case { workflow: &workflow, execute: &execute, is_serial: true });
}

/// The same with as many tasks at once as there may be.
fn check_at_once(workflow: impl Fn() -> Workflow) {
    check(&workflow);
    survives_every_crash(&Case { workflow: &workflow, execute: &|execute| execute, is_serial: false });
}

#[task]
fn give(ctx: &Context, value: i64) -> i64 {
    called(ctx);
    value
}

#[task]
fn add(ctx: &Context, value: i64, by: i64) -> i64 {
    called(ctx);
    value + by
}

#[task]
async fn add_slowly(ctx: Context, value: i64, by: i64) -> i64 {
    called(&ctx);
    tokio::task::yield_now().await;
    value + by
}

#[task]
fn sum(ctx: &Context, values: Vec<i64>) -> i64 {
    called(ctx);
    values.iter().sum()
}

#[task]
fn sum_group(ctx: &Context, parts: GroupOutput) -> i64 {
    called(ctx);
    parts.iter::<i64>().map(|(_, value)| value).sum()
}

#[task]
fn end(ctx: &Context) -> i64 {
    called(ctx);
    99
}

/// Fails so many attempts of each execution.
#[task]
fn shaky(ctx: &Context, value: i64, failures: u32) -> Result<i64, String> {
    called(ctx);
    if ctx.attempt() > failures { Ok(value) } else { Err(format!("attempt {}", ctx.attempt())) }
}

#[task]
fn numbers(ctx: &Context, count: i64) -> Vec<i64> {
    called(ctx);
    (1..=count).collect()
}

fn named(id: &str, value: i64) -> give {
    give::task().task_id(id).value(value)
}

fn plus(id: &str, by: i64) -> add {
    add::task().task_id(id).by(by)
}

fn broken(id: &str) -> shaky {
    shaky::task().task_id(id).value(0).failures(9)
}

#[test]
fn d_01_chain() {
    check_at_once(|| Workflow::new("w").add(named("a", 1) >> plus("b", 2) >> plus("c", 3) >> plus("d", 4)));
}

#[test]
fn d_01_chain_of_async_tasks() {
    let slow = |id: &str| add_slowly::task().task_id(id).by(1);
    check_at_once(|| Workflow::new("w").add(named("a", 1) >> slow("b") >> slow("c") >> (slow("d") | slow("e"))));
}

#[test]
fn d_01_diamond() {
    check_at_once(|| {
        Workflow::new("w").add(named("a", 1) >> (plus("b", 2) | plus("c", 3)) >> sum_group::task().task_id("d"))
    });
}

#[test]
fn d_01_plain_edges_and_outputs_as_arguments() {
    check_at_once(|| {
        let a = named("a", 1);
        let (b, c) = (add::task().task_id("b").value(&a).by(2), add::task().task_id("c").value(&a).by(3));
        let d = sum::task().task_id("d").values(&[&b, &c]);
        Workflow::new("w").add(&a).add(&b).add(&c).add(d >> plus("e", 1))
    });
}

#[test]
fn i_04_tasks_without_ids() {
    check_at_once(|| {
        let members = parallel((0..4).map(|_| give::task().value(7)));
        Workflow::new("w").add(members >> sum_group::task() >> add::task().by(1) >> add::task().by(1))
    });
}

#[test]
fn d_01_groups_and_their_policies() {
    let members =
        || parallel([named("m0", 1).into_fragment(), broken("m1").into_fragment(), named("m2", 4).into_fragment()]);
    let end = || sum_group::task().task_id("sum");
    let flow = |group: Fragment| {
        Workflow::new("w").add(named("first", 1) >> group.group_name("g") >> end() >> plus("last", 1))
    };
    check_at_once(|| flow(members()));
    check_at_once(|| flow(members().policy(Policy::BestEffort)));
    check_at_once(|| flow(members().policy(Policy::AtLeast(2))));
    check_at_once(|| flow(members().policy(Policy::AtLeast(3))));
    check_at_once(|| flow(members().policy(Policy::Critical(vec!["m0".into()]))));
    check_at_once(|| flow(members().policy(Policy::Critical(vec!["m1".into()]))));
    check(|| flow(members().fail_fast(true)));
    check(|| flow(members().policy(Policy::AtLeast(1)).fail_fast(true)));
}

/// Accepts a group if so many branches have succeeded; with none it fails itself.
struct Enough(usize);

impl GroupPolicy for Enough {
    fn judge(&self, _group: &str, branches: &[BranchRecord]) -> Result<bool, Box<dyn Error + Send + Sync>> {
        let succeeded = branches.iter().filter(|branch| branch.value::<i64>().is_some()).count();
        if self.0 == 0 { Err("no policy".into()) } else { Ok(succeeded >= self.0) }
    }
}

#[test]
fn d_01_groups_with_a_policy_of_ones_own() {
    let flow = |enough: usize| {
        let group =
            (named("m0", 1) | broken("m1") | (named("m2", 4) >> plus("m3", 1))).policy(Enough(enough)).group_name("g");
        Workflow::new("w").add(group >> sum_group::task().task_id("sum") >> plus("last", 1))
    };
    check_at_once(|| flow(2));
    check_at_once(|| flow(3));
    check_at_once(|| flow(0));
}

#[test]
fn d_01_groups_in_groups() {
    check_at_once(|| {
        let inner = ((named("a", 1) >> plus("b", 1)) | named("c", 2)).group_name("inner");
        let outer = (inner | (named("d", 3) >> plus("e", 3))).group_name("outer").max_concurrency(1);
        Workflow::new("w").add(outer >> end::task().task_id("end"))
    });
}

#[test]
fn r_07_retries() {
    let flow = |policy: fn(u32) -> RetryPolicy, failures: u32| {
        let task = |id: &str, failures: u32| {
            let task = shaky::task().task_id(id).value(5).failures(failures);
            task.with_options(|options| options.retry_policy(policy(2)))
        };
        Workflow::new("w").add(named("a", 1) >> (task("b", 2) | task("c", 1)) >> task("d", failures) >> plus("e", 1))
    };
    let wait = |retries| RetryPolicy::fixed(retries, Duration::from_micros(300));
    for failures in [1, 9] {
        check_at_once(|| flow(RetryPolicy::at_once, failures));
        check_at_once(|| flow(wait, failures));
    }
}

/// Goes on with the loop for so many cycles.
#[task]
fn turn(ctx: &Context, value: i64, cycles: u32) -> taskloom::Result<i64> {
    called(ctx);
    if ctx.cycle_count() >= cycles {
        ctx.goto("end")?;
    }
    Ok(value * 2)
}

#[test]
fn d_01_loops() {
    let flow = |cycles: u32| {
        let agent = plus("agent", 1);
        let tool = turn::task().task_id("tool").cycles(cycles);
        Workflow::new("w").add(named("a", 1) >> &agent >> tool >> &agent).add(end::task().task_id("end"))
    };
    check_at_once(|| flow(3));
    // Too many cycles.
    check(|| {
        let agent = plus("agent", 1).with_options(|options| options.max_cycles(2));
        let tool = turn::task().task_id("tool").cycles(9);
        Workflow::new("w").add(named("a", 1) >> &agent >> tool >> &agent).add(end::task().task_id("end"))
    });
}

#[task]
fn review(ctx: &Context, draft: i64, enough: u32, back: String) -> taskloom::Result<i64> {
    called(ctx);
    if ctx.cycle_count() < enough {
        ctx.goto(&back)?;
    }
    Ok(draft + i64::from(ctx.cycle_count()))
}

#[test]
fn r_09_jumps_back() {
    check(|| {
        let writer = named("writer", 10);
        let reviewer = review::task().task_id("reviewer").draft(&writer).enough(3).back("writer");
        Workflow::new("w").add(writer >> (reviewer | named("legal", 1)) >> sum_group::task().task_id("publish"))
    });
}

#[test]
fn r_09_jumps_forward_and_to_itself() {
    let flow = |back: &'static str| {
        let review = review::task().task_id("review").draft(1).enough(2).back(back);
        Workflow::new("w").add(review >> plus("between", 1) >> plus("behind", 1) >> end::task().task_id("end"))
    };
    check_at_once(|| flow("behind"));
    check_at_once(|| flow("review"));
}

#[task]
fn countdown(ctx: &Context, value: i64) -> i64 {
    called(ctx);
    if value > 0 {
        ctx.next_iteration(value - 1);
    }
    value * 10
}

#[test]
fn r_09_iterations() {
    check_at_once(|| Workflow::new("w").add(named("a", 3) >> countdown::task().task_id("count") >> plus("b", 1)));
}

/// Adds tasks, each of which adds one less.
#[task]
fn grow(ctx: &Context, count: i64) -> taskloom::Result<i64> {
    called(ctx);
    for number in 1..=count {
        ctx.next_task(grow::task().task_id(format!("{}.{number}", ctx.task_id())).count(count - number))?;
    }
    if count == 2 {
        ctx.next_task(give::task().value(count))?;
    }
    Ok(count)
}

#[task]
fn instead(ctx: &Context) -> taskloom::Result<i64> {
    called(ctx);
    ctx.goto(give::task().task_id("other").value(70))?;
    Ok(1)
}

#[test]
fn d_07_new_tasks() {
    check(|| Workflow::new("w").add(grow::task().task_id("g").count(3) >> plus("after", 1) | named("side", 1)));
    check_at_once(|| {
        let group = ((grow::task().task_id("g").count(2) >> plus("h", 1)) | named("side", 1)).group_name("group");
        Workflow::new("w").add(group >> end::task().task_id("end"))
    });
    check_at_once(|| Workflow::new("w").add(instead::task().task_id("i") >> named("between", 1) >> plus("end", 1)));
}

/// Adds tasks that take the outputs of others.
#[task]
fn wire(ctx: &Context) -> taskloom::Result<i64> {
    called(ctx);
    ctx.next_task(add::task().task_id("wired").by(2))?;
    Ok(40)
}

#[test]
fn d_07_new_tasks_with_outputs_as_arguments() {
    check(|| Workflow::new("w").add(wire::task().task_id("wire") >> plus("after", 1)));
}

#[task]
fn odd_fails(ctx: &Context, value: i64) -> Result<i64, String> {
    called(ctx);
    if value % 2 == 1 { Err(format!("{value} is odd")) } else { Ok(value) }
}

#[task]
fn twice(ctx: &Context, value: i64) -> i64 {
    called(ctx);
    if value > 0 && ctx.can_iterate() && ctx.cycle_count() < 2 {
        ctx.next_iteration(value + 100);
    }
    value * 2
}

#[test]
fn s_11_maps() {
    check_at_once(|| {
        let all = give::map().task_id("all").value([3, 1, 2]);
        let sum = sum::task().task_id("sum").values(&all);
        Workflow::new("w").add(all >> sum)
    });
    check_at_once(|| {
        let numbers = numbers::task().task_id("numbers").count(4);
        let all = add::map().task_id("all").value(&numbers).by(1);
        let sum = sum::task().task_id("sum").values(&all);
        Workflow::new("w").add(numbers >> all >> sum)
    });
    check(|| Workflow::new("w").add(twice::map().task_id("all").value([0, 1, 2])));
    check(|| {
        let all = shaky::map().task_id("all").value([1, 2]).failures(1);
        Workflow::new("w").add(all.with_options(|options| options.max_retries(1)) >> end::task().task_id("end"))
    });
}

#[test]
fn s_11_maps_that_fail() {
    let all = || odd_fails::map().task_id("all").value([2, 3, 4, 5]);
    check(|| Workflow::new("w").add(all() >> end::task().task_id("end")));
    check(|| Workflow::new("w").add(all().policy(Policy::BestEffort) >> end::task().task_id("end")));
    check(|| {
        Workflow::new("w").add((all() | named("side", 1)).policy(Policy::AtLeast(1)) >> end::task().task_id("end"))
    });
}

#[task]
fn stop(ctx: &Context, cancels: bool) -> i64 {
    called(ctx);
    if cancels {
        ctx.cancel_workflow("enough");
    } else {
        ctx.terminate_workflow("done");
    }
    3
}

#[test]
fn s_09_a_task_ends_the_run() {
    for cancels in [false, true] {
        check(|| {
            let stop = stop::task().task_id("stop").cancels(cancels);
            Workflow::new("w").add(named("a", 1) >> (stop | (named("b", 1) >> named("c", 2))) >> named("d", 1))
        });
    }
}

#[test]
fn c_09_max_steps() {
    let flow = || Workflow::new("w").add(named("a", 1) >> plus("b", 2) >> (plus("c", 3) | plus("d", 4)));
    check_with(flow, |execute| execute.max_steps(3));
}

#[test]
fn s_10_start_node() {
    let flow = || Workflow::new("w").add(named("a", 1) >> named("b", 2) >> (plus("c", 3) | plus("d", 4)));
    check_with(flow, |execute| execute.start_node("b"));
}

#[task]
fn write(ctx: &Context, number: i64) -> Result<i64, Box<dyn Error + Send + Sync>> {
    called(ctx);
    let channel = ctx.channel();
    channel.append("list", number)?;
    channel.prepend("list", -number)?;
    channel.ttl(Duration::from_hours(1)).set("last", number)?;
    let total = channel.atomic_add("total", number)?;
    channel.at_once().set(format!("once {number}"), number)?;
    {
        let _lock = channel.lock("locked")?;
        let before = channel.get::<i64>("locked")?.unwrap_or_default();
        channel.set("locked", before.max(number))?;
    }
    channel.atomic_add("total", 100)?;
    channel.delete("given")?;
    if ctx.attempt() == 1 && number == 2 {
        return Err("broken".into());
    }
    Ok(total)
}

#[task]
fn read(ctx: &Context) -> taskloom::Result<i64> {
    called(ctx);
    let channel = ctx.channel();
    channel.at_once().delete("once 1")?;
    Ok(channel.list::<i64>("list")?.len().try_into().unwrap_or(0) + channel.get::<i64>("total")?.unwrap_or_default())
}

#[test]
fn h_03_writes_to_the_channel() {
    let write = |number| {
        let write = write::task().task_id(format!("write {number}")).number(number);
        write.with_options(|options| options.max_retries(1))
    };
    let flow = || Workflow::new("w").add(write(1) >> write(2) >> read::task().task_id("read") >> write(3));
    check_with(flow, |execute| execute.initial_channel("given", 5_i64).initial_channel("kept", 6_i64));
}

#[test]
fn r_15_clean_ups() {
    let tidy = |id: &str| end::task().task_id(id).with_options(|options| options.run_when(RunWhen::Always));
    check(|| Workflow::new("w").add(named("a", 1) >> broken("b") >> (named("c", 1) | tidy("tidy"))));
    check(|| {
        let tidy_twice = shaky::task().task_id("tidy").value(1).failures(1);
        let tidy_twice = tidy_twice.with_options(|options| options.max_retries(1).run_when(RunWhen::Always));
        Workflow::new("w").add((named("a", 1) >> broken("b")) | named("c", 1)).add(tidy_twice >> tidy("last"))
    });
    check(|| {
        let stop = stop::task().task_id("stop").cancels(true);
        Workflow::new("w").add(named("a", 1) >> stop >> named("c", 1) >> tidy("tidy"))
    });
    check(|| Workflow::new("w").add(named("a", 1) >> tidy("tidy") >> plus("b", 1)));
}

#[test]
fn c_11_workflows_in_workflows() {
    let part = || Workflow::new("part").add(named("a", 1) >> (plus("b", 1) | plus("c", 2)));
    check_at_once(|| Workflow::new("w").add(named("a", 1) >> part() >> end::task().task_id("end")));
}

#[task]
async fn forever(ctx: Context) -> i64 {
    called(&ctx);
    std::future::pending().await
}

#[test]
fn s_03_tasks_that_their_group_tells_to_end() {
    let flow = || {
        let group = (forever::task().task_id("forever") | broken("broken")).fail_fast(true).group_name("g");
        Workflow::new("w").add(named("a", 1) >> group >> end::task().task_id("end"))
    };
    survives_every_crash(&Case { workflow: &flow, execute: &|execute| execute, is_serial: false });
}

#[test]
fn r_07_timeouts() {
    check_at_once(|| {
        let late = forever::task().task_id("late");
        let late = late.with_options(|options| options.timeout(Duration::from_millis(1)).max_retries(1));
        let group = (late | named("b", 1)).policy(Policy::BestEffort);
        Workflow::new("w").add(named("a", 1) >> group >> end::task().task_id("end"))
    });
}

/// A part of a workflow, made at random.
fn part(random: &mut fastrand::Rng, depth: u32, ids: &mut u32) -> Fragment {
    *ids += 1;
    let id = format!("t{ids}");
    if depth == 0 || random.u32(0..4) == 0 {
        let always = random.u32(0..8) == 0;
        let when = if always { RunWhen::Always } else { RunWhen::Success };
        let retries = random.u32(0..3);
        return match random.u32(0..8) {
            0 => broken(&id).with_options(|options| options.run_when(when)).into_fragment(),
            1 | 2 => {
                let task = shaky::task().task_id(&*id).value(3).failures(random.u32(0..3));
                task.with_options(|options| options.max_retries(retries).run_when(when)).into_fragment()
            }
            3 => give::map().task_id(&*id).value([1, 2, 3]).into_fragment(),
            4 => countdown::task().task_id(&*id).value(random.i64(0..3)).into_fragment(),
            5 if !always => grow::task().task_id(&*id).count(random.i64(0..3)).into_fragment(),
            6 if random.u32(0..4) == 0 => stop::task().task_id(&*id).cancels(random.bool()).into_fragment(),
            7 => {
                let number = i64::from(*ids);
                let task = write::task().task_id(&*id).number(number);
                task.with_options(|options| options.max_retries(retries).run_when(when)).into_fragment()
            }
            _ => named(&id, 1).with_options(|options| options.run_when(when)).into_fragment(),
        };
    }
    let name = format!("g{ids}");
    let parts: Vec<Fragment> = (0..random.u32(2..4)).map(|_| part(random, depth - 1, ids)).collect();
    if random.bool() {
        return chain(parts);
    }
    let group = parallel(parts).group_name(name);
    let group = match random.u32(0..6) {
        0 => group.policy(Policy::BestEffort),
        1 => group.policy(Policy::AtLeast(1)),
        2 => group.policy(Enough(random.usize(0..3))),
        _ => group,
    };
    group.fail_fast(random.u32(0..4) == 0)
}

/// `TASKLOOM_TEST_SEED` is the first seed, `TASKLOOM_TEST_CASES` how many there are.
#[test]
fn d_01_workflows_made_at_random() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("TASKLOOM_TEST_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    for seed in first..first + number("TASKLOOM_TEST_CASES").unwrap_or(15) {
        println!("TASKLOOM_TEST_SEED={seed}");
        let flow = || {
            let mut random = fastrand::Rng::with_seed(seed);
            let part = part(&mut random, 3, &mut 0);
            Workflow::new("random").add(named("first", 1) >> part >> end::task().task_id("end"))
        };
        let steps = fastrand::Rng::with_seed(seed).u64(0..12);
        check_with(flow, |execute| if steps < 2 { execute.max_steps(4 + steps) } else { execute });
    }
}
