//! Programs and recordings that a test needs, and that may not be there.

use std::env;
use std::path::{Path, PathBuf};

/// Where programs are; those of the administrator included, which an ordinary user's path may lack.
pub fn search_path() -> String {
    format!("{}:/usr/sbin:/sbin", env::var("PATH").unwrap_or_default())
}

/// Whether all these programs are there. If not, the test has nothing to say; but where they are promised
/// (`SFLOWDUMP_TEST_REQUIRE_TOOLS=1`) it fails.
pub fn have(tools: &[&str]) -> bool {
    let path = search_path();
    let is_there = |tool: &&str| path.split(':').any(|directory| Path::new(directory).join(tool).is_file());
    let Some(missing) = tools.iter().find(|tool| !is_there(tool)) else { return true };
    assert!(env::var_os("SFLOWDUMP_TEST_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{missing} is not installed");
    println!("skipped: {missing} is not installed");
    false
}

/// Recorded feeds, and the scripts that run agents; they are kept beside the repository.
pub fn captures(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let path = env::var_os("SFLOW_CAPTURES").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}
