use taskloom_core::Outline;

/// Which failures of elements a map bears.
#[derive(Clone, Copy)]
pub(super) enum Tolerance {
    Nothing,
    Anything,
    AtLeast(u32),
}

impl Tolerance {
    /// As the outline has it.
    pub(super) fn of(outline: &Outline, map: &str) -> Self {
        let line = outline.line(map).unwrap_or_default();
        let Some((_, options)) = line.rsplit_once("\tmap ") else { return Self::Nothing };
        if options.contains(", best effort") {
            return Self::Anything;
        }
        let least = options.split_once(", at least ").map(|(_, rest)| rest.split(',').next().unwrap_or_default());
        least.and_then(|least| least.trim().parse().ok()).map_or(Self::Nothing, Self::AtLeast)
    }
}
