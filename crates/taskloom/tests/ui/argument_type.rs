use taskloom::prelude::*;

#[task]
fn fetch(city: String) -> String {
    city
}

#[task]
fn count(values: Vec<u8>) -> usize {
    values.len()
}

fn main() {
    let tokyo = fetch::task().city(7);
    let _ = count::task().values(&tokyo);
}
