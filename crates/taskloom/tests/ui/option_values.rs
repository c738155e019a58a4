use taskloom::prelude::*;

#[task(max_retries = "3")]
fn text_for_a_number() {}

#[task(max_retries = -1)]
fn negative() {}

#[task(id = 7)]
fn number_for_a_text() {}

#[task(id)]
fn nothing() {}

fn main() {}
