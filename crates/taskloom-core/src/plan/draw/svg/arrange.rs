//! What edges hold together is placed as one, and the parts side by side.

use super::sketch;

/// Between parts.
const BESIDE: f64 = 22.0;

/// Parts fill rows of this width, or wider ones if there is much of it.
const WIDEST: f64 = 640.0;

/// Where an edge passes a row.
pub(super) struct Bend {
    pub(super) x: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

pub(super) struct Arranged {
    /// The upper left corner of each item.
    pub(super) corners: Vec<(f64, f64)>,
    /// For each edge where it bends, from top to bottom.
    pub(super) bends: Vec<Vec<Bend>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Places items of these sizes, with edges from upper to lower ones.
pub(super) fn arrange(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Arranged {
    let parts = parts(sizes, edges);
    let column = parts.iter().map(|part| part.arranged.width).fold(0.0, f64::max) + BESIDE;
    let area: f64 = parts.iter().map(|part| column * (part.arranged.height + BESIDE)).sum();
    let widest = column.max(WIDEST).max(area.sqrt() * 1.2);
    // Columns are for more than one row.
    let fits = parts.iter().map(|part| part.arranged.width + BESIDE).sum::<f64>() <= widest;
    let mut whole = Arranged {
        corners: vec![(0.0, 0.0); sizes.len()],
        bends: (0..edges.len()).map(|_| Vec::new()).collect(),
        width: 0.0,
        height: 0.0,
    };
    let (mut left, mut top) = (0.0, 0.0);
    for part in parts {
        let Arranged { corners, bends, width, height } = part.arranged;
        if left > 0.0 && left + width > widest {
            (left, top) = (0.0, whole.height + BESIDE);
        }
        for (item, (x, y)) in part.items.into_iter().zip(corners) {
            whole.corners[item] = (left + x, top + y);
        }
        for (edge, bends) in part.edges.into_iter().zip(bends) {
            let moved =
                bends.into_iter().map(|bend| Bend { x: left + bend.x, top: top + bend.top, bottom: top + bend.bottom });
            whole.bends[edge] = moved.collect();
        }
        whole.width = whole.width.max(left + width);
        whole.height = whole.height.max(top + height);
        left += if fits { width + BESIDE } else { column };
    }
    whole
}

/// Items that edges hold together, and these edges.
struct Part {
    items: Vec<usize>,
    edges: Vec<usize>,
    arranged: Arranged,
}

/// The parts in the order of their first items.
fn parts(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Vec<Part> {
    let mut touching = vec![Vec::new(); sizes.len()];
    for (edge, &(upper, lower)) in edges.iter().enumerate() {
        touching[upper].push(edge);
        touching[lower].push(edge);
    }
    let mut places = vec![None; sizes.len()];
    let mut parts = Vec::new();
    for first in 0..sizes.len() {
        if places[first].is_some() {
            continue;
        }
        let mut items = vec![first];
        places[first] = Some(0);
        let mut seen = 0;
        while let Some(&item) = items.get(seen) {
            seen += 1;
            for &edge in &touching[item] {
                for end in [edges[edge].0, edges[edge].1] {
                    if places[end].is_none() {
                        places[end] = Some(0);
                        items.push(end);
                    }
                }
            }
        }
        items.sort_unstable();
        for (place, &item) in items.iter().enumerate() {
            places[item] = Some(place);
        }
        let mut own: Vec<usize> = items.iter().flat_map(|&item| touching[item].iter().copied()).collect();
        own.sort_unstable();
        own.dedup();
        let place = |item: usize| places[item].unwrap_or_default();
        let ends: Vec<_> = own.iter().map(|&edge| (place(edges[edge].0), place(edges[edge].1))).collect();
        let own_sizes: Vec<_> = items.iter().map(|&item| sizes[item]).collect();
        parts.push(Part { arranged: sketch::lay(&own_sizes, &ends), items, edges: own });
    }
    parts
}
