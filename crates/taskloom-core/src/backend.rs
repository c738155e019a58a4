/// Where tasks of a group are called. Which front end knows which is its own affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// In the process of the run: plain functions on its workers, async ones by whoever runs those.
    #[default]
    Threads,
    /// In another process, for which a worker of the run waits, whether the function is async or not.
    Processes,
}
