use taskloom::prelude::*;

#[task(run_when = "allways")]
fn misspelt() {}

#[task(run_when)]
fn without_a_value() {}

fn main() {}
