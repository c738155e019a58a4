use taskloom::prelude::*;

struct NoError;

#[task]
fn fetch() -> Result<u8, NoError> {
    Err(NoError)
}

fn main() {}
