//! Which recipes there are, and how likely each is.

use std::{num::NonZeroU32, ops::Range};

use proptest::{collection::vec, option, prelude::*};
use taskloom_core::{Limits, TaskKind};

use crate::recipe::{Act, Again, Input, Map, MapRule, Recipe, Rule, Settings, Shape, Task};

const MOST_TASKS: usize = 10;
const MOST_SPARES: usize = 6;

pub(crate) fn recipes() -> impl Strategy<Value = Recipe> {
    (2..=MOST_TASKS, 0..=MOST_SPARES).prop_flat_map(|(count, spares)| {
        let shapes = vec(shape(0..count, count, 3), 1..4);
        let edges = vec((0..count, 0..count), 0..4);
        let again = (0_usize..3, 0..count, any::<bool>());
        let again = again.prop_map(|(shape, task, task_is_first)| Again { shape, task, task_is_first });
        let all = count + spares;
        // Nothing is bound to the output of a spare, nor is a spare to that of a task that may not have joined.
        let tasks =
            (0..all).map(|number| task(if number < count { number } else { 0 }, all).boxed()).collect::<Vec<_>>();
        let start = option::weighted(0.2, 0..count);
        let run = (limits(), start, vec(any::<u16>(), 0..80));
        (shapes, edges, vec(again, 0..3), tasks, run).prop_map(move |(shapes, edges, again, tasks, run)| {
            let (limits, start, choices) = run;
            Recipe { shapes, edges, again, tasks, spares, limits, start, choices }
        })
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let max_concurrency = option::of((1_u32..5).prop_map(|most| NonZeroU32::new(most).unwrap()));
    (max_concurrency, option::weighted(0.1, 0_u64..20))
        .prop_map(|(max_concurrency, max_steps)| Limits { max_concurrency, max_steps })
}

fn task(number: usize, count: usize) -> impl Strategy<Value = Task> {
    let max_cycles = prop_oneof![1 => 1_u32..3, 3 => 3_u32..6];
    let is_clean_up = prop::bool::weighted(0.12);
    let kind = prop_oneof![6 => Just(TaskKind::Plain), 3 => Just(TaskKind::Async), 1 => Just(TaskKind::Timed)];
    (input(number), max_cycles, is_clean_up, kind, vec(act(count), 0..5), option::weighted(0.15, map(count))).prop_map(
        |(input, max_cycles, is_clean_up, kind, acts, map)| Task { input, max_cycles, is_clean_up, kind, acts, map },
    )
}

/// A window of more elements than there are makes no difference, so most maps say how many may be under way.
fn map(count: usize) -> impl Strategy<Value = Map> {
    let max_concurrency = option::weighted(0.6, (1_u32..4).prop_map(|most| NonZeroU32::new(most).unwrap()));
    let rule = prop_oneof![
        Just(MapRule::Strict),
        Just(MapRule::BestEffort),
        (1_u32..4).prop_map(MapRule::AtLeast),
        (0_usize..5).prop_map(MapRule::Critical),
    ];
    let acts = vec(vec(act(count), 0..3), 1..6);
    (vec(0_usize..6, 1..3), max_concurrency, option::of(rule), any::<bool>(), acts).prop_map(
        |(counts, max_concurrency, rule, fail_fast, acts)| Map { counts, max_concurrency, rule, fail_fast, acts },
    )
}

/// What is taken comes from tasks made before: the first has nothing to take.
fn input(number: usize) -> impl Strategy<Value = Option<Input>> {
    let from = vec(0..number.max(1), 1..3);
    let input = (from, any::<bool>()).prop_map(|(from, has_default)| Input { from, has_default });
    option::weighted(0.15, input).prop_map(move |input| input.filter(|_| number > 0))
}

fn act(count: usize) -> impl Strategy<Value = Act> {
    prop_oneof![
        16 => Just(Act::Succeed),
        6 => vec(0..count, 1..4).prop_map(Act::Jump),
        5 => (1_usize..4).prop_map(Act::Add),
        2 => Just(Act::Iterate),
        2 => Just(Act::RetryNow),
        2 => Just(Act::RetryLater),
        3 => Just(Act::Suspend),
        3 => Just(Act::Fail),
        1 => prop_oneof![Just(Act::Terminate), Just(Act::Cancel)],
    ]
}

/// A shape over a range of tasks. In a chain the numbers of a part are less than those of the next, so that
/// not every composition is a loop; now and then any task stands among them, so that some are.
fn shape(tasks: Range<usize>, count: usize, depth: u32) -> BoxedStrategy<Shape> {
    let leaf = prop_oneof![15 => tasks.clone(), 1 => 0..count].prop_map(Shape::Task);
    if depth == 0 || tasks.len() < 2 {
        return leaf.boxed();
    }
    let parts = tasks.clone();
    let chain = vec(tasks.start + 1..tasks.end, 1..4).prop_flat_map(move |mut cuts| {
        cuts.extend([parts.start, parts.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts: Vec<_> = cuts.windows(2).map(|cut| shape(cut[0]..cut[1], count, depth - 1)).collect();
        parts.prop_map(Shape::Chain)
    });
    let member = (tasks.clone(), tasks).prop_flat_map(move |(a, b)| shape(a.min(b)..a.max(b) + 1, count, depth - 1));
    let group = (vec(member, 1..4), any::<bool>(), settings())
        .prop_map(|(members, by_operator, settings)| Shape::Group { members, by_operator, settings });
    prop_oneof![1 => leaf, 3 => chain, 3 => group].boxed()
}

fn settings() -> impl Strategy<Value = Settings> {
    let max_concurrency = option::weighted(0.4, (1_u32..4).prop_map(|most| NonZeroU32::new(most).unwrap()));
    (rule(), prop::bool::weighted(0.4), max_concurrency).prop_map(|(rule, fail_fast, max_concurrency)| Settings {
        rule,
        fail_fast,
        max_concurrency,
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        Just(Rule::Strict),
        Just(Rule::BestEffort),
        (1_u32..4).prop_map(Rule::AtLeast),
        any::<usize>().prop_map(Rule::Critical),
        Just(Rule::Own),
    ]
}
