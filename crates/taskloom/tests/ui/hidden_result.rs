use taskloom::prelude::*;

type Fallible<T> = Result<T, std::io::Error>;

#[task]
fn read() -> Fallible<u8> {
    Ok(1)
}

fn main() {}
