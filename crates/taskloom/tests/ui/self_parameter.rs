use taskloom::prelude::*;

struct Client;

impl Client {
    #[task]
    fn fetch(&self) -> u8 {
        1
    }
}

fn main() {}
