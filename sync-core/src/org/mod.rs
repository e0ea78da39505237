//! Areas, organs, units, posts and certificates, each with its days.
