use taskloom::prelude::*;

type Maybe<T> = Option<T>;

#[task]
fn show(note: Maybe<String>) -> String {
    note.unwrap_or_default()
}

fn main() {}
