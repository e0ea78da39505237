//! Penalty matters, powers and who holds them on which day.
