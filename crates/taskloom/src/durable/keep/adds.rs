use std::collections::HashMap;

use taskloom_core::channel::{Content, Number, Published};

/// What tasks that are not kept have added to numbers of the channel: they will add it again.
#[derive(Default)]
pub(super) struct Adds {
    dropped: HashMap<String, Number>,
}

impl Adds {
    /// Takes the changes of an entry in, in order; those that are kept lose what was dropped before.
    pub(super) fn follow(&mut self, changes: &mut [Published], is_kept: bool) {
        let added: Vec<(String, Number)> = changes
            .iter()
            .filter_map(|change| match change {
                Published::Added { key, amount, .. } => Some((key.clone(), *amount)),
                _ => None,
            })
            .collect();
        if !is_kept {
            for (key, amount) in added {
                let sum = self.dropped.entry(key).or_insert(Number::Int(0));
                *sum = plus(*sum, amount);
            }
            return;
        }
        let is_added = |key: &String| added.iter().any(|(other, _)| other == key);
        for change in changes {
            match change {
                Published::Added { key, total, .. } => self.lose(key, total),
                Published::Set { key, content: Content::Number(number), .. } if is_added(key) => self.lose(key, number),
                // What was there before is gone.
                Published::Set { key, .. } | Published::Delete { key } => {
                    self.dropped.remove(key);
                }
                Published::Extend { .. } => {}
            }
        }
    }

    fn lose(&self, key: &str, number: &mut Number) {
        if let Some(dropped) = self.dropped.get(key) {
            *number = plus(*number, minus(*dropped));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "so does the channel when it adds a float to a whole number")]
fn plus(one: Number, other: Number) -> Number {
    let float = |number| match number {
        Number::Int(number) => number as f64,
        Number::Float(number) => number,
    };
    match (one, other) {
        (Number::Int(one), Number::Int(other)) => Number::Int(one.wrapping_add(other)),
        (one, other) => Number::Float(float(one) + float(other)),
    }
}

fn minus(number: Number) -> Number {
    match number {
        Number::Int(number) => Number::Int(number.wrapping_neg()),
        Number::Float(number) => Number::Float(-number),
    }
}
