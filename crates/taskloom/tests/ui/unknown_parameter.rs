use taskloom::prelude::*;

#[task]
fn fetch(city: String) -> String {
    city
}

fn main() {
    let _ = fetch::task().ctiy("Tokyo");
}
