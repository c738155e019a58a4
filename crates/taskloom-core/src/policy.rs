use std::fmt;

/// When a group has succeeded (rule R-8). Skipped branches count neither as failed nor as successful.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// No branch failed.
    #[default]
    Strict,
    /// Always; the value lacks what failed.
    BestEffort,
    /// At least so many branches succeeded.
    AtLeast(u32),
    /// The branches with these tasks succeeded.
    Critical(Vec<String>),
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strict => f.write_str("strict"),
            Self::BestEffort => f.write_str("best effort"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::Critical(ids) => write!(f, "critical: {}", ids.join(", ")),
        }
    }
}

/// How the branches of a group stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    /// Branches that have not ended.
    pub(crate) open: u32,
    /// Branches with critical tasks that have not succeeded, but have ended.
    pub(crate) critical_lost: u32,
}

impl Policy {
    /// Whether a branch with this task has to succeed.
    pub(crate) fn names(&self, id: &str) -> bool {
        matches!(self, Self::Critical(ids) if ids.iter().any(|critical| critical == id))
    }

    /// Whether the group has succeeded, all branches having ended.
    pub(crate) fn accepts(&self, tally: Tally) -> bool {
        match self {
            Self::Strict => tally.failed == 0,
            Self::BestEffort => true,
            Self::AtLeast(least) => tally.succeeded >= *least,
            Self::Critical(_) => tally.critical_lost == 0,
        }
    }

    /// Whether nothing that the open branches may still do changes the verdict.
    pub(crate) fn is_certain(&self, tally: Tally) -> bool {
        match self {
            Self::Strict => tally.failed > 0,
            Self::BestEffort => false,
            Self::AtLeast(least) => tally.succeeded >= *least || tally.succeeded + tally.open < *least,
            Self::Critical(_) => tally.critical_lost > 0,
        }
    }
}
