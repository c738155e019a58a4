use std::rc::Rc;

use taskloom::prelude::*;

#[task]
async fn count() -> usize {
    let shared = Rc::new(1);
    std::future::ready(()).await;
    *shared
}

fn main() {}
