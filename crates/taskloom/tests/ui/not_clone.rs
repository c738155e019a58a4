use taskloom::prelude::*;

struct Pool;

#[task]
fn connect(pool: Pool, retries: u8) -> u8 {
    let _ = pool;
    retries
}

fn main() {}
