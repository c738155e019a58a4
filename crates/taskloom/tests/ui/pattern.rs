use taskloom::prelude::*;

#[task]
fn pair((left, right): (u8, u8)) -> u8 {
    left + right
}

#[task]
fn ignored(_: u8) {}

fn main() {}
