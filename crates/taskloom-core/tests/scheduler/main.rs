//! The scheduler against a reference executor that shares no code with it: random workflows, random
//! outcomes and wishes of tasks, any order of events; everything is compared after every event.
//!
//! `PROPTEST_CASES=1000000 cargo test -p taskloom-core --test scheduler --release` looks harder.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "../support/body.rs"]
mod body;
mod graph;
mod loops;
mod mistakes;
#[path = "../support/parameter.rs"]
mod parameter;
mod recipe;
mod reference;
mod strategy;
mod trial;

use proptest::prelude::*;

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if asked { default.cases } else { 5000 }, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn s_12_the_scheduler_decides_as_the_reference_does(recipe in strategy::recipes()) {
        trial::compare(&recipe)?;
    }
}
