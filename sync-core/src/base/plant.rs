//! Known bugs, planted one at a time to see whether the oracles catch them.
//!
//! Without the feature `testing` every switch is the constant `false` and costs nothing. The list with the
//! oracle that catches each bug is printed by the test `planted_bugs` and kept in `tests/planted-bugs.md`.

/// One deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Bug {
    ApplyWithoutPrior,
    AcknowledgeBeforeCommit,
    DropLosingCandidate,
    FillReplacesAtCommit,
    ReuseSeq,
    GatePullsOnPushes,
    LateWriteIntoSeal,
    FeedWithoutEnteredSeq,
    OfficeSeqReusedAfterRestore,
    DuplicateDecidedBySeen,
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 10] = [
        Bug::ApplyWithoutPrior,
        Bug::AcknowledgeBeforeCommit,
        Bug::DropLosingCandidate,
        Bug::FillReplacesAtCommit,
        Bug::ReuseSeq,
        Bug::GatePullsOnPushes,
        Bug::LateWriteIntoSeal,
        Bug::FeedWithoutEnteredSeq,
        Bug::OfficeSeqReusedAfterRestore,
        Bug::DuplicateDecidedBySeen,
    ];
}

#[cfg(feature = "testing")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in everything that this thread does from now on, or mends it.
#[cfg(feature = "testing")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.with(|p| p.set(bug));
}

/// Whether this bug is planted on this thread.
#[cfg(feature = "testing")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.with(|p| p.get() == Some(bug))
}

/// Whether this bug is planted: never, outside tests.
#[cfg(not(feature = "testing"))]
pub const fn planted(_bug: Bug) -> bool {
    false
}
