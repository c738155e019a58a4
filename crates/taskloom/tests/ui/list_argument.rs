use taskloom::prelude::*;

#[task]
fn number(value: u8) -> u8 {
    value
}

#[task]
fn join(texts: Vec<String>) -> String {
    texts.concat()
}

fn main() {
    let numbers = [1, 2].map(|value| number::task().value(value));
    // Outputs of another type.
    let _ = join::task().texts(&numbers);
    // A list of instances is bound by reference.
    let texts = vec![join::task(), join::task()];
    let _ = join::task().texts(texts);
    // A list of values is bound by value.
    let _ = join::task().texts(&["a".to_owned()]);
}
