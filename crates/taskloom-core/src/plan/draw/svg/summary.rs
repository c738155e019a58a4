//! What a picture says of a plan that is too large to draw.

use std::fmt::Write;

use super::{
    super::super::{NodeId, Plan},
    Mark, open,
    text::{clipped, escaped, width},
    tree::{LINE, MARGIN},
    write_text,
};
use crate::State;

/// How many definitions are listed.
const LISTED: usize = 10;

/// How many tasks that failed are named.
const NAMED: usize = 5;

/// How wide the bar of all tasks is.
const BAR: f64 = 480.0;

const STATES: [State; 10] = [
    State::Succeeded,
    State::Failed,
    State::Cancelled,
    State::Skipped,
    State::NotRun,
    State::Running,
    State::BackingOff,
    State::Suspended,
    State::Ready,
    State::Waiting,
];

pub(super) fn draw(plan: &Plan, caption: &str, mark: Option<&dyn Fn(NodeId) -> Mark>) -> String {
    let nodes = || (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node));
    let parts: Vec<Part> = match mark {
        Some(mark) => {
            let states: Vec<_> = nodes().map(|node| (plan.id(node), mark(node).state)).collect();
            STATES.iter().filter_map(|&state| part_of_state(state, &states)).collect()
        }
        None => definitions(nodes().map(|node| plan.task(node).definition().id()).collect()),
    };
    let note = "too large to draw";
    let longest = parts.iter().map(|part| width(&part.text)).fold(width(caption), f64::max);
    let lines = parts.iter().fold(0.0, |lines, _| lines + 1.0);
    let mut text = String::new();
    open(&mut text, caption, longest.max(BAR) + 2.0 * MARGIN, 2.0 * MARGIN + 48.0 + (lines + 1.0) * LINE);
    write_text(&mut text, MARGIN, MARGIN + 12.0 + LINE, "", "#868e96", note);
    write_bar(&mut text, &parts);
    let mut baseline = MARGIN + 48.0 + 2.0 * LINE;
    for part in &parts {
        write_text(&mut text, MARGIN, baseline, "", part.color, &escaped(&part.text));
        baseline += LINE;
    }
    text.push_str("</svg>\n");
    text
}

/// Some of the tasks.
struct Part {
    count: u32,
    text: String,
    color: &'static str,
}

/// How many tasks are in a state; of those that failed, the first are named.
fn part_of_state(state: State, states: &[(&str, State)]) -> Option<Part> {
    let ids: Vec<&str> = states.iter().filter(|&&(_, other)| other == state).map(|&(id, _)| id).collect();
    let named = ids.iter().take(if state == State::Failed { NAMED } else { 0 });
    let names: Vec<String> = named.map(|id| clipped(id)).collect();
    let colon = if names.is_empty() { "" } else { ": " };
    let more = if !names.is_empty() && ids.len() > NAMED { ", …" } else { "" };
    let text = format!("{} {state}{colon}{}{more}", ids.len(), names.join(", "));
    let color = Mark { state, duration: None }.colors().line;
    (!ids.is_empty()).then(|| Part { count: whole(ids.len()), text, color })
}

/// How many tasks there are of each definition, the most frequent first.
fn definitions(mut ids: Vec<&str>) -> Vec<Part> {
    ids.sort_unstable();
    let mut counted: Vec<(&str, usize)> =
        ids.chunk_by(|one, other| one == other).map(|same| (same[0], same.len())).collect();
    counted.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let further = counted.split_off(counted.len().min(LISTED));
    let mut parts: Vec<Part> = counted
        .into_iter()
        .map(|(id, count)| Part { count: whole(count), text: format!("{}: {count}", clipped(id)), color: "#495057" })
        .collect();
    if !further.is_empty() {
        let count = further.iter().map(|&(_, count)| count).sum();
        let text = format!("{} further definitions: {count}", further.len());
        parts.push(Part { count: whole(count), text, color: "#868e96" });
    }
    parts
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// All tasks side by side, each part as wide as it is large.
fn write_bar(text: &mut String, parts: &[Part]) {
    let total = f64::from(parts.iter().map(|part| part.count).sum::<u32>());
    let mut left = MARGIN;
    for part in parts {
        // However small, it can be seen.
        let width = (BAR * f64::from(part.count) / total).max(3.0);
        let _ = writeln!(
            text,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"12\" fill=\"{}\" stroke=\"#ffffff\">\
             <title>{}</title></rect>",
            MARGIN + 40.0,
            part.color,
            escaped(&part.text)
        );
        left += width;
    }
}
