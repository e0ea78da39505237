//! Days and periods of the law.
