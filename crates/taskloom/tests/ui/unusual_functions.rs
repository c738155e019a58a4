use taskloom::prelude::*;

#[task]
const fn constant() -> u8 {
    1
}

#[task]
unsafe fn dangerous() -> u8 {
    1
}

#[task]
struct NoFunction;

fn main() {}
