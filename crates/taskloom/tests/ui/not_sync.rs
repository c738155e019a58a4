use std::cell::Cell;

use taskloom::prelude::*;

#[task]
fn count(cell: &Cell<u8>) -> Cell<u8> {
    cell.clone()
}

fn main() {}
