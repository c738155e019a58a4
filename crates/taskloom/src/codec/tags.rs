//! Objects that stand for what JSON has no form for.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::node::Node;

/// What `serde_json` calls a number in the form that it gives it where a program has it keep all digits
/// (`arbitrary_precision`).
pub(super) const NUMBER: &str = "$serde_json::private::Number";
/// What it calls a text that it leaves as it is.
pub(super) const RAW: &str = "$serde_json::private::RawValue";

/// What an object whose first key begins with `$` stands for. What only Python writes is read as what Rust's types for
/// the same read: dates and the like as texts, tuples and sets as lists, objects as maps.
pub(super) fn understand(entries: Vec<(String, Node)>) -> Result<Node, String> {
    let mut entries = entries.into_iter();
    let Some((tag, content)) = entries.next() else { return Ok(Node::Map(Vec::new())) };
    let node = match (&*tag, content) {
        ("$some", node) => Some(Node::Some(Box::new(node))),
        ("$int", Node::Text(text)) => int(&text),
        ("$float", Node::Text(text)) => float(&text),
        ("$bytes", Node::Text(text)) => STANDARD.decode(text).ok().map(Node::Bytes),
        ("$dict", Node::List(pairs)) => pairs.into_iter().map(pair).collect::<Option<_>>().map(Node::Map),
        ("$tuple" | "$set" | "$frozenset" | "$timedelta", list @ Node::List(_)) => Some(list),
        ("$datetime" | "$date" | "$time" | "$decimal" | "$uuid" | "$path", text @ Node::Text(_)) => Some(text),
        ("$enum", _) => entries.find(|(key, _)| key == "name").map(|(_, name)| name),
        ("$object", _) => entries.find(|(key, _)| key == "fields").map(|(_, fields)| fields),
        (NUMBER, Node::Text(text)) => number(&text),
        _ => None,
    };
    node.ok_or_else(|| format!("it is written as `{tag}`, in a form that Rust does not read"))
}

fn pair(pair: Node) -> Option<(Node, Node)> {
    let Node::List(pair) = pair else { return None };
    let [key, value] = <[Node; 2]>::try_from(pair).ok()?;
    Some((key, value))
}

fn int(text: &str) -> Option<Node> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let digits = digits.strip_prefix("0x")?;
    match i128::from_str_radix(&format!("{sign}{digits}"), 16) {
        Ok(int) => Some(Node::Int(int)),
        Err(_) if sign.is_empty() => u128::from_str_radix(digits, 16).ok().map(Node::Large),
        Err(_) => None,
    }
}

fn float(text: &str) -> Option<Node> {
    match text {
        "nan" => Some(Node::Float(f64::NAN)),
        "inf" => Some(Node::Float(f64::INFINITY)),
        "-inf" => Some(Node::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn number(text: &str) -> Option<Node> {
    text.parse().map(Node::Int).or_else(|_| text.parse().map(Node::Float)).ok()
}
