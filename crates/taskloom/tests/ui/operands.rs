use taskloom::prelude::*;

#[task]
fn fetch() {}

fn main() {
    let _ = fetch::task() >> fetch;
    let _ = fetch::task() | 7;
}
