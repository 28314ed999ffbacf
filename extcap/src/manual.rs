//! The manual page as HTML, which Wireshark's Help buttons open.

use std::env;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::install::folder_of_user;

/// The file, and its folder below a folder `share`.
pub const FOLDER: &str = "doc/sflowdump";
pub const NAME: &str = "sflowdump.html";

/// Its address, if it is installed: beside the program, as `make install` does, or for this user, as `--install` does.
/// Wireshark complains of one that is not there.
pub fn url() -> Option<String> {
    // The program itself, not Wireshark's link to it.
    let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.join("share")));
    beside
        .into_iter()
        .chain(share_of_user().ok())
        .map(|share| share.join(FOLDER).join(NAME))
        .find(|path| path.is_file())
        .map(|path| url_of(&path))
}

/// This user's folder `share`.
pub fn share_of_user() -> Result<PathBuf, Failure> {
    folder_of_user("XDG_DATA_HOME", ".local/share")
}

fn url_of(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let bytes = path.as_os_str().as_bytes().iter();
    let escaped = bytes.map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("file://{}", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_cannot_hold_is_escaped() {
        assert_eq!(url_of(Path::new("/home/u/a b{é}/x.html")), "file:///home/u/a%20b%7B%C3%A9%7D/x.html");
    }
}
