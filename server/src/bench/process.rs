//! Servers in processes of their own: this program, started again.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use super::Failure;

/// A server that runs until dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts this program with these arguments and waits until it says where it listens.
    pub fn start(arguments: &[&str]) -> Result<Server, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).env("RUST_LOG", "warn").spawn()?;
        let address = child.stdout.take().and_then(|out| {
            let line = BufReader::new(out).lines().map_while(Result::ok).find(|l| l.starts_with("listening on "))?;
            line.rsplit_once("http://")?.1.parse().ok()
        });
        match address {
            Some(address) => Ok(Server { child, address }),
            None => {
                let status = child.wait()?;
                Err(format!("the server ended before it listened: {status}").into())
            }
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which its callers have noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
