//! Compositions as text: `a >> (b | c) >> [d, e]`.

use std::{collections::BTreeMap, iter::Peekable, vec::IntoIter};

use taskloom::prelude::*;

/// The composition that a text says, of these operands.
pub(crate) fn parse(text: &str, operands: &BTreeMap<String, Fragment>) -> Fragment {
    let mut parser = Parser { tokens: tokens(text).into_iter().peekable(), operands };
    let parsed = parser.beside();
    assert_eq!(parser.tokens.next(), None, "behind the end of `{text}`");
    parsed
}

/// Words, `>>`, and single characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut goes_on = false;
    for character in text.chars() {
        let is_word = character.is_alphanumeric() || character == '_';
        match tokens.last_mut() {
            Some(last) if (is_word && goes_on) || (character == '>' && last == ">") => last.push(character),
            _ if character == ' ' => {}
            _ => tokens.push(character.to_string()),
        }
        goes_on = is_word;
    }
    tokens
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<String>>,
    operands: &'a BTreeMap<String, Fragment>,
}

impl Parser<'_> {
    fn beside(&mut self) -> Fragment {
        let mut left = self.series();
        while self.take("|") {
            left = left | self.series();
        }
        left
    }

    fn series(&mut self) -> Fragment {
        let mut left = self.operand();
        while self.take(">>") {
            left = left >> self.operand();
        }
        left
    }

    fn operand(&mut self) -> Fragment {
        let token = self.tokens.next().expect("an operand");
        match &*token {
            "(" => {
                let inner = self.beside();
                assert!(self.take(")"), "`(` without `)`");
                inner
            }
            "[" => {
                let mut members = vec![self.beside()];
                while self.take(",") {
                    members.push(self.beside());
                }
                assert!(self.take("]"), "`[` without `]`");
                members.into_fragment()
            }
            id => self.operands.get(id).unwrap_or_else(|| panic!("no task or group `{id}`")).clone(),
        }
    }

    fn take(&mut self, token: &str) -> bool {
        self.tokens.next_if(|next| next == token).is_some()
    }
}
