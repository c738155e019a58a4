/// What is recorded of a run when it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The workflow's name.
    pub workflow: String,
    /// The plan's fingerprint.
    pub fingerprint: String,
    /// What the plan is, as JSON text. It is kept once for all runs with this fingerprint.
    pub plan: String,
    /// Start node, limits, the initial channel and the like, as JSON text.
    pub options: String,
    /// When the run began, in microseconds since 1970 (UTC).
    pub at: u64,
}
