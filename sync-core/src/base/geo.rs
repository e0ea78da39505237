//! Places: coordinates with their reference system.
