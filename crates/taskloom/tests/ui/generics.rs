use taskloom::prelude::*;

#[task]
fn generic<T: Clone + Send + Sync + 'static>(value: T) -> T {
    value
}

#[task]
fn lifetime<'a>(text: &'a str) -> usize {
    text.len()
}

fn main() {}
