use std::{any::Any, fmt, sync::Arc};

/// When a group has succeeded (rule R-8). Skipped branches count neither as failed nor as successful.
#[derive(Clone, Debug, Default)]
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
    /// What a policy of the user's own says.
    Own(Arc<dyn OwnPolicy>),
}

/// A policy of the user's own, opaque to the core.
///
/// The front end that made it knows how to ask it (it downcasts through [`Any`]), and tells the scheduler what it
/// said by [`Event::Judged`](crate::Event::Judged).
pub trait OwnPolicy: Any + fmt::Debug + Send + Sync {
    /// What it is called in errors and drawings.
    fn name(&self) -> &str;
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Strict, Self::Strict) | (Self::BestEffort, Self::BestEffort) => true,
            (Self::AtLeast(least), Self::AtLeast(other)) => least == other,
            (Self::Critical(ids), Self::Critical(others)) => ids == others,
            (Self::Own(policy), Self::Own(other)) => Arc::ptr_eq(policy, other),
            _ => false,
        }
    }
}

impl Eq for Policy {}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strict => f.write_str("strict"),
            Self::BestEffort => f.write_str("best effort"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::Critical(ids) => write!(f, "critical: {}", ids.join(", ")),
            Self::Own(policy) => f.write_str(policy.name()),
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

    /// Whether the group has succeeded, all branches having ended; `None` if that is for the user's own code to say.
    pub(crate) fn accepts(&self, tally: Tally) -> Option<bool> {
        match self {
            Self::Strict => Some(tally.failed == 0),
            Self::BestEffort => Some(true),
            Self::AtLeast(least) => Some(tally.succeeded >= *least),
            Self::Critical(_) => Some(tally.critical_lost == 0),
            Self::Own(_) => None,
        }
    }

    /// Whether nothing that the open branches may still do changes the verdict.
    pub(crate) fn is_certain(&self, tally: Tally) -> bool {
        match self {
            Self::Strict => tally.failed > 0,
            // One of the user's own is asked once, in the end.
            Self::BestEffort | Self::Own(_) => false,
            Self::AtLeast(least) => tally.succeeded >= *least || tally.succeeded + tally.open < *least,
            Self::Critical(_) => tally.critical_lost > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_08_policies_are_the_same_if_they_judge_the_same() {
        let critical = |id: &str| Policy::Critical(vec![id.to_owned()]);
        let policies = [
            (Policy::Strict, "strict"),
            (Policy::BestEffort, "best effort"),
            (Policy::AtLeast(1), "at least 1"),
            (Policy::AtLeast(2), "at least 2"),
            (critical("a"), "critical: a"),
            (critical("b"), "critical: b"),
        ];
        for (number, (policy, text)) in policies.iter().enumerate() {
            assert_eq!(policy.to_string(), *text);
            for (other, (another, _)) in policies.iter().enumerate() {
                assert_eq!(policy == another, number == other, "{policy} and {another}");
            }
        }
    }
}
