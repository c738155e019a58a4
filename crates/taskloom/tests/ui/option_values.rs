use taskloom::prelude::*;

#[task(max_retries = "3")]
fn text_for_a_number() {}

#[task(max_retries = -1)]
fn negative() {}

#[task(id = 7)]
fn number_for_a_text() {}

#[task(id)]
fn nothing() {}

#[task(timeout = "5")]
fn without_a_unit() {}

#[task(timeout = "0s")]
fn no_time_at_all() {}

#[task(max_cycles = -1)]
fn fewer_than_none() {}

#[task(retry_policy = "exponential")]
fn a_policy() {}

fn main() {}
