//! Stages of a case, by the names of `domain.md` §5.3 and §6.

/// A clue is on record.
pub const CLUE: &str = "CLUE";
/// The head has approved the filing.
pub const FILED: &str = "FILED";
/// The head has declined to file.
pub const NOT_FILED: &str = "NOT_FILED";
/// Handed to the competent organ.
pub const TRANSFERRED: &str = "TRANSFERRED";
/// Handed to the police (国务院令730).
pub const TO_POLICE: &str = "TO_POLICE";
/// Two officers are at work.
pub const INVESTIGATING: &str = "INVESTIGATING";
/// Facts and evidence are complete.
pub const INVESTIGATED: &str = "INVESTIGATED";
/// Somebody who does not handle it has reviewed it.
pub const CASE_REVIEWED: &str = "CASE_REVIEWED";
/// Its legality is reviewed (行政处罚法 58).
pub const LEGAL_REVIEWED: &str = "LEGAL_REVIEWED";
/// The party knows proposal, facts, reasons, basis and rights.
pub const PRE_NOTICED: &str = "PRE_NOTICED";
/// Statement reviewed, waived, or the period is over.
pub const DEFENCE_CLOSED: &str = "DEFENCE_CLOSED";
/// A hearing was asked for in time and is called.
pub const HEARING: &str = "HEARING";
/// The hearing is over and on record.
pub const HEARD: &str = "HEARD";
/// Discussed by the organ's leaders (行政处罚法 57).
pub const DISCUSSED: &str = "DISCUSSED";
/// The head, or on the spot the officers, have signed the penalty.
pub const DECIDED: &str = "DECIDED";
/// The head has signed that nothing is punished.
pub const NOT_PUNISHED: &str = "NOT_PUNISHED";
/// There was no violation.
pub const NO_VIOLATION: &str = "NO_VIOLATION";
/// The decision has reached the party.
pub const SERVED: &str = "SERVED";
/// Paid and corrected.
pub const PERFORMED: &str = "PERFORMED";
/// A part is paid.
pub const PARTIAL: &str = "PARTIAL";
/// The time to pay is over.
pub const OVERDUE: &str = "OVERDUE";
/// Urged in writing (行政强制法 54).
pub const URGED: &str = "URGED";
/// The court was asked to enforce.
pub const COURT_APPLIED: &str = "COURT_APPLIED";
/// Enforcement is over, with or without success.
pub const ENFORCED: &str = "ENFORCED";
/// Closed by the head.
pub const CLOSED: &str = "CLOSED";
/// The file is in the archive.
pub const ARCHIVED: &str = "ARCHIVED";
/// Stands still (中止).
pub const SUSPENDED: &str = "SUSPENDED";
/// Ended without a decision (终止).
pub const TERMINATED: &str = "TERMINATED";
/// The filing was withdrawn (撤销立案).
pub const WITHDRAWN: &str = "WITHDRAWN";
/// The decision was taken back.
pub const REVOKED: &str = "REVOKED";
/// The decision was changed, and the new one waits for service.
pub const CHANGED: &str = "CHANGED";
/// Fast handling was offered (§6).
pub const FAST_OFFERED: &str = "FAST_OFFERED";
/// The party has consented to it in writing.
pub const CONSENTED: &str = "CONSENTED";
/// Filing and proposal are approved together.
pub const FAST_RUNNING: &str = "FAST_RUNNING";
/// Fast handling is over; evidence and clock stay.
pub const CONVERTED: &str = "CONVERTED_TO_NORMAL";

/// Stages after which a case lies in the archive of its unit.
pub const OVER: &[&str] = &[NOT_FILED, TRANSFERRED, CLOSED, ARCHIVED, WITHDRAWN];
