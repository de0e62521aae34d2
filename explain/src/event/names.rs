//! Look-ups of names, as the programs that looked up told them.

use nihao_protocol::dns::Step;

/// One step of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameStep {
    /// When, in µs since the run began.
    pub at: u64,
    /// On which node.
    pub node: String,
    /// Which of that node's look-ups, counted from 1.
    pub number: u64,
    /// What happened.
    pub step: Step,
}
