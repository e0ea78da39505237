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
    /// Address under which handhelds and browsers reach this server, such as `https://zhifa.example`: it stands in the QR
    /// codes for enrolment, and with https cookies travel over TLS only.
    #[arg(long, env = "ZHIFA_PUBLIC_URL", value_parser = public_url)]
    pub public_url: Option<String>,
    /// A proxy that ends TLS stands before this server and appends the caller's address to X-Forwarded-For. The last
    /// address there is then the caller's, and cookies travel over TLS only. Without it the header is ignored: anybody
    /// could write one.
    #[arg(long, env = "ZHIFA_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Address of the credit site's port, such as `https://credit.example/port`; without it nothing is sent, and receipts are entered by hand.
    #[arg(long, env = "ZHIFA_CREDIT_URL", value_parser = public_url)]
    pub credit_url: Option<String>,
    /// Token with which this server is known there.
    #[arg(long, env = "ZHIFA_CREDIT_TOKEN", hide_env_values = true)]
    pub credit_token: Option<String>,
    /// Milliseconds after which no answer of it is waited for.
    #[arg(long, env = "ZHIFA_CREDIT_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=120_000))]
    pub credit_timeout_ms: u64,
    /// Folder of originals: photos, recordings, papers; DATA/files if not given. Or `s3://bucket/prefix`, in any S3-compatible store, for
    /// several servers: endpoint, region and keys are read from AWS_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    /// (AWS_ALLOW_HTTP=true where no TLS is).
    #[arg(long, env = "ZHIFA_FILES")]
    pub files: Option<PathBuf>,
    /// Most mebibytes of one file.
    #[arg(long, env = "ZHIFA_FILE_LIMIT_MIB", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub file_limit_mib: u32,
    /// Address of a timestamp authority (RFC 3161) for evidence packages; without it they have no timestamp.
    #[arg(long, env = "ZHIFA_TIMESTAMP_URL", value_parser = public_url)]
    pub timestamp_url: Option<String>,
    /// Certificates of that authority, in PEM: an answer that they do not prove is not kept.
    #[arg(long, env = "ZHIFA_TIMESTAMP_TRUST", requires = "timestamp_url")]
    pub tsa_trust: Option<PathBuf>,
    /// Folder with fonts for documents, before the system's; may be given several times, or separated by `:`.
    #[arg(long, env = "ZHIFA_FONT_FOLDER", value_delimiter = ':')]
    pub font_folder: Vec<PathBuf>,
    /// Family for the text of documents, such as 仿宋_GB2312; without it the first of 仿宋 and Noto Serif CJK SC that is installed.
    #[arg(long, env = "ZHIFA_FONT_BODY", value_delimiter = ',')]
    pub font_body: Vec<String>,
    /// Family for their headings, such as 黑体.
    #[arg(long, env = "ZHIFA_FONT_HEADING", value_delimiter = ',')]
    pub font_heading: Vec<String>,
    /// Family for their titles, such as 方正小标宋简体.
    #[arg(long, env = "ZHIFA_FONT_TITLE", value_delimiter = ',')]
    pub font_title: Vec<String>,
}

/// Checks a public address and takes the slash from its end.
fn public_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|e| format!("{e}; write https://host"))?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() || url.query().is_some() || url.fragment().is_some() {
        return Err("write https://host, or http://host where no TLS is, without a query".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

impl Config {
    /// A server on SQLite in `data`, on a free port of the loopback address.
    pub fn local(data: impl Into<PathBuf>) -> Config {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let data = data.into();
        let (font_folder, font_body, font_heading, font_title) = Default::default();
        Config {
            data,
            listen,
            database: None,
            district: 1,
            workers: None,
            public_url: None,
            behind_proxy: false,
            credit_url: None,
            credit_token: None,
            credit_timeout_ms: 10_000,
            files: None,
            file_limit_mib: 1_024,
            timestamp_url: None,
            tsa_trust: None,
            font_folder,
            font_body,
            font_heading,
            font_title,
        }
    }

    /// Whether callers come over TLS, as far as this server is told.
    pub fn is_secure(&self) -> bool {
        self.behind_proxy || self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The district.
    pub fn district(&self) -> DistrictId {
        DistrictId(self.district)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_has_a_host_and_no_query() {
        assert_eq!(public_url("https://zhifa.example/"), Ok("https://zhifa.example".into()));
        assert_eq!(public_url("http://10.0.0.1:8080"), Ok("http://10.0.0.1:8080".into()));
        for bad in ["zhifa.example", "ftp://zhifa.example", "https://zhifa.example/?x=1", "data:text/plain,x", ""] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cookies_are_for_tls_only_where_the_server_knows_of_tls() {
        let config = Config::local("x");
        assert!(!config.is_secure());
        assert!(Config { behind_proxy: true, ..config.clone() }.is_secure());
        assert!(Config { public_url: Some("https://zhifa.example".into()), ..config.clone() }.is_secure());
        assert!(!Config { public_url: Some("http://zhifa.example".into()), ..config }.is_secure());
    }
}
