//! What the program is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use sync_core::base::DistrictId;

/// Options of `zhifa serve`; every option can also be given by its environment variable.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Folder of keys and, unless --database says otherwise, of the database.
    #[arg(long, env = "ZHIFA_DATA", default_value = "zhifa-data")]
    pub data: PathBuf,
    /// Address to listen on.
    #[arg(long, env = "ZHIFA_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// `postgres://user@host/name`; without it SQLite at DATA/zhifa.db.
    #[arg(long, env = "ZHIFA_DATABASE")]
    pub database: Option<String>,
    /// Number of the district that this server serves.
    #[arg(long, env = "ZHIFA_DISTRICT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=0x7fff_ffff))]
    pub district: u32,
    /// HTTP worker threads; one per core if not given.
    #[arg(long, env = "ZHIFA_WORKERS")]
    pub workers: Option<usize>,
}

impl Config {
    /// A server on SQLite in `data`, on a free port of the loopback address.
    pub fn local(data: impl Into<PathBuf>) -> Config {
        Config { data: data.into(), listen: SocketAddr::from(([127, 0, 0, 1], 0)), database: None, district: 1, workers: None }
    }

    /// The district.
    pub fn district(&self) -> DistrictId {
        DistrictId(self.district)
    }
}
