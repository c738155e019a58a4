use std::time::SystemTime;

use serde_json::json;

use super::micros;

/// Who drives a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The process's number.
    pub pid: u32,
    /// The name of its machine or container.
    pub host: String,
    /// Since when.
    pub since: SystemTime,
}

impl Owner {
    pub(super) fn this_process() -> Self {
        Self { pid: std::process::id(), host: host(), since: SystemTime::now() }
    }

    pub(super) fn to_json(&self) -> String {
        json!({"pid": self.pid, "host": self.host, "since": micros::of_time(self.since)}).to_string()
    }

    pub(super) fn from_json(text: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        Some(Self {
            pid: u32::try_from(value["pid"].as_u64()?).ok()?,
            host: value["host"].as_str()?.to_owned(),
            since: micros::to_time(value["since"].as_i64()?),
        })
    }
}

fn host() -> String {
    #[cfg(unix)]
    let name = nix::unistd::gethostname().ok();
    #[cfg(not(unix))]
    let name = std::env::var_os("COMPUTERNAME");
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
