use taskloom::prelude::*;

#[task]
fn reserved(task_id: u8, task: u8, definition: u8) -> u8 {
    task_id + task + definition
}

fn main() {}
