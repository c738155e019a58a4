use taskloom::prelude::*;

#[task(timeout = "5s")]
fn fetch() {}

fn main() {}
