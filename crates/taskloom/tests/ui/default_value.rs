use taskloom::prelude::*;

#[task]
fn empty(#[default] days: u32) -> u32 {
    days
}

fn main() {}
