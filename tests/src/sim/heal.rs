//! All faults end: everything that can still be delivered must be, within a bound.

use sync_core::protocol::Disposition;

use super::{Violation, World};

/// Rounds within which everything must have drained.
const ROUNDS: usize = 60;

impl World {
    /// Lets everybody sync and reviewers do their work until nothing is left to do.
    pub fn heal(&mut self) -> Result<(), Violation> {
        self.server.store.suspended.clear();
        for round in 0..ROUNDS {
            if round == 1 {
                self.upgrade_server();
            }
            for i in 0..self.devs.len() {
                if self.devs[i].alive {
                    self.sync_fully(i);
                }
            }
            self.replace_frozen();
            if let Some(violation) = self.noticed.take() {
                return Err(violation);
            }
            let mut busy = round < 2;
            while self.review(0, false) {
                busy = true;
            }
            // Nothing that is still on a living handheld is given up while it may come by itself.
            if round > 3 {
                while self.waive(0) {
                    busy = true;
                }
            }
            while self.resolve(0) {
                busy = true;
            }
            while self.decide(0, false) {
                busy = true;
            }
            if !busy && self.quiet() {
                return Ok(());
            }
        }
        Err(Violation::new("liveness", format!("not everything has drained after {ROUNDS} rounds: {}", self.what_is_left())))
    }

    /// Officers whose chain was frozen get a new handheld, once the old one has delivered everything it had.
    fn replace_frozen(&mut self) {
        for i in 0..self.devs.len() {
            let dev = &self.devs[i];
            let drained = dev.store.journal.values().all(|(r, _)| r.held);
            if dev.alive && dev.store.meta.frozen && drained {
                let (officer, head) = (dev.officer.clone(), dev.store.meta.head);
                self.devs[i].alive = false;
                self.devs[i].retired = true;
                let index = officer.as_str().trim_start_matches('o').parse().unwrap_or(0);
                self.enrol(index, Some(head));
            }
        }
    }

    fn quiet(&self) -> bool {
        let drained = self.devs.iter().filter(|d| d.alive).all(|d| !d.store.meta.frozen && d.store.journal.values().all(|(r, _)| r.held && r.settled));
        let settled = self.server.store.ledger.values().all(|(e, _)| e.disposition.is_final());
        drained && settled && self.server.store.parked.is_empty()
    }

    fn what_is_left(&self) -> String {
        let mut left: Vec<String> = Vec::new();
        for (i, dev) in self.devs.iter().enumerate().filter(|(_, d)| d.alive) {
            let rows = dev.store.journal.values().filter(|(r, _)| !r.held || !r.settled);
            left.extend(rows.map(|(r, _)| format!("handheld {i} has {} (held {}, settled {}, {:?})", r.dot, r.held, r.settled, r.disposition.as_ref().map(Disposition::state))));
        }
        for (dot, (e, _)) in &self.server.store.ledger {
            if !e.disposition.is_final() {
                left.push(format!("{dot} is {:?}", e.disposition));
            }
        }
        left.truncate(12);
        left.join("; ")
    }
}
