/// A longer text is cut; the whole is what a pointer on it shows.
const LONGEST: usize = 32;

/// How wide a character is, at the size of 12 in a font of fixed width.
const CHARACTER: f64 = 7.3;

/// How much room a text takes.
pub(super) fn width(text: &str) -> f64 {
    // East Asian characters and emoji are twice as wide as others.
    text.chars().map(|character| if character < '\u{1100}' { CHARACTER } else { 2.0 * CHARACTER }).sum()
}

pub(super) fn clipped(text: &str) -> String {
    let mut clipped: String = text.chars().take(LONGEST).collect();
    if clipped.len() < text.len() {
        clipped.pop();
        clipped.push('…');
    }
    clipped
}

/// A text for XML, between tags or in a quoted attribute. Some characters XML cannot express at all.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if character.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
