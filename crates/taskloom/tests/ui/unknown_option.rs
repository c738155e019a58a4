use taskloom::prelude::*;

#[task(retries = 3)]
fn fetch() {}

fn main() {}
