//! A keep-alive HTTP/1.1 client for one loopback connection: small, so that the driver is not what is measured.
//!
//! It reads answers with a Content-Length, or without a body; the servers measured here send no others.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Failure;

/// Longest answer that is read.
const LONGEST: usize = 64 << 20;
/// A server that is silent for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n").into_bytes();
    for (name, value) in headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !body.is_empty() || method == "POST" {
        out.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

impl Client {
    /// Connects.
    pub fn new(to: SocketAddr) -> Result<Client, Failure> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client { stream, buffer: vec![0; 64 << 10], filled: 0 })
    }

    /// Sends a request.
    pub fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(request)?)
    }

    fn fill(&mut self) -> Result<(), Failure> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        match self.stream.read(room)? {
            0 => Err("the server closed the connection".into()),
            n => {
                self.filled += n;
                Ok(())
            }
        }
    }

    /// Reads the answer to the oldest request that has none: its body if it is a success.
    pub fn receive(&mut self) -> Result<&[u8], Failure> {
        self.filled = 0;
        let head = loop {
            self.fill()?;
            let text = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(at) = text.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default());
        let good = text.get(9..10) == Some("2");
        let status = text.lines().next().unwrap_or_default().to_owned();
        let length = |l: &str| l.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).and_then(|(_, n)| n.trim().parse().ok());
        let length: usize = match text.lines().find_map(length) {
            Some(length) => length,
            None if text.get(9..12) == Some("204") => 0,
            None => return Err("an answer without Content-Length".into()),
        };
        if length > LONGEST {
            return Err("an answer that is too long".into());
        }
        while self.filled < head + length {
            self.fill()?;
        }
        let body = self.buffer.get(head..head + length).unwrap_or_default();
        if good { Ok(body) } else { Err(format!("{status}: {}", String::from_utf8_lossy(body)).into()) }
    }

    /// A header of the last answer, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(self.buffer.get(..self.filled)?);
        let head = text.split("\r\n\r\n").next()?;
        head.lines().filter_map(|l| l.split_once(':')).find(|(said, _)| said.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }

    /// Sends a request and reads its answer.
    pub fn call(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        self.send(request)?;
        self.receive()
    }
}
