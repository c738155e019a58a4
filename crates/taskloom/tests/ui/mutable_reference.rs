use taskloom::prelude::*;

#[task]
fn push(list: &mut Vec<u8>) {
    list.push(1);
}

fn main() {}
