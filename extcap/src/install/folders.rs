//! This user's own Wireshark folders.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;

/// Where a user's own Wireshark looks, and where everybody's does.
#[derive(Debug, PartialEq, Eq)]
pub struct Folders {
    /// Capture programs.
    pub extcap: Vec<PathBuf>,
    /// Lua scripts of all versions.
    pub plugins: PathBuf,
    pub profiles: PathBuf,
    /// Capture programs for all users.
    pub extcap_for_all: Vec<PathBuf>,
}

impl Folders {
    /// As this user's tshark names them; where there is none, those that Wireshark's manual names.
    pub fn find() -> Result<Self, Failure> {
        let output = match Command::new("tshark").args(["-G", "folders"]).stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                crate::tell(format_args!(
                    "sflowdump: tshark, which knows Wireshark's folders, is not installed: using the usual ones"
                ));
                let config = ["WIRESHARK_CONFIG_DIR", "XDG_CONFIG_HOME"].map(folder_of);
                return Ok(Self::usual(&home()?, config));
            }
            Err(error) => return Err(Failure::new(format!("tshark -G folders: {error}"))),
        };
        let text = String::from_utf8_lossy(&output.stdout);
        Self::parse(&text).filter(|_| output.status.success()).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            let why = errors.lines().last().unwrap_or("it does not name this user's folders");
            Failure::new(format!("tshark -G folders ({}): {why}", output.status))
        })
    }

    /// Reads what `tshark -G folders` prints: `Label:`, white space, a folder.
    fn parse(text: &str) -> Option<Self> {
        let all = |label: &'static str| {
            let folders = text.lines().filter_map(|line| line.split_once(':'));
            folders.filter(move |(name, _)| *name == label).map(|(_, folder)| PathBuf::from(folder.trim()))
        };
        let one = |label| all(label).find(|folder| folder.is_absolute());
        let config = one("Personal configuration")?;
        Some(Folders {
            // Wireshark 4.0 names only the one for all users, and keeps a user's own where the configuration is.
            extcap: vec![one("Personal Extcap path").unwrap_or_else(|| config.join("extcap"))],
            plugins: one("Personal Lua Plugins")?,
            profiles: config.join("profiles"),
            extcap_for_all: all("Global Extcap path").chain(all("Extcap path")).collect(),
        })
    }

    /// Those of Unix, of all versions.
    fn usual(home: &Path, [config, xdg]: [Option<PathBuf>; 2]) -> Self {
        let config = config.unwrap_or_else(|| xdg.unwrap_or_else(|| home.join(".config")).join("wireshark"));
        let library = home.join(".local/lib/wireshark");
        Folders {
            // From 4.2 on, and before.
            extcap: vec![library.join("extcap"), config.join("extcap")],
            plugins: library.join("plugins"),
            profiles: config.join("profiles"),
            extcap_for_all: Vec::new(),
        }
    }
}

/// The folder that a variable of the environment names.
fn folder_of(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// A folder of this user's: the one that a variable names, else the usual one.
pub fn folder_of_user(variable: &str, usual: &str) -> Result<PathBuf, Failure> {
    folder_of(variable).map_or_else(|| home().map(|home| home.join(usual)), Ok)
}

/// This user's home.
fn home() -> Result<PathBuf, Failure> {
    folder_of("HOME").ok_or_else(|| Failure::new("HOME names no folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(extcap: &[&str], extcap_for_all: &[&str]) -> Folders {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect();
        Folders {
            extcap: paths(extcap),
            plugins: "/home/u/.local/lib/wireshark/plugins".into(),
            profiles: "/home/u/.config/wireshark/profiles".into(),
            extcap_for_all: paths(extcap_for_all),
        }
    }

    /// What all versions print.
    const COMMON: &str = "Temp:                \t/tmp\n\
        Personal configuration:\t/home/u/.config/wireshark\n\
        Global configuration:\t/usr/share/wireshark\n\
        Personal Plugins:    \t/home/u/.local/lib/wireshark/plugins/4.x\n\
        Personal Lua Plugins:\t/home/u/.local/lib/wireshark/plugins\n\
        Global Lua Plugins:  \t/usr/lib/x86_64-linux-gnu/wireshark/plugins\n";

    #[test]
    fn wireshark_4_0_keeps_capture_programs_where_the_configuration_is() {
        let text = format!("{COMMON}Extcap path:         \t/usr/lib/x86_64-linux-gnu/wireshark/extcap\n");
        let own = ["/home/u/.config/wireshark/extcap"];
        let expected = folders(&own, &["/usr/lib/x86_64-linux-gnu/wireshark/extcap"]);
        assert_eq!(Folders::parse(&text), Some(expected));
    }

    #[test]
    fn later_versions_name_the_folder() {
        for for_all in ["/usr/lib/x86_64-linux-gnu/wireshark/extcap", "/usr/libexec/wireshark/extcap"] {
            let own = "/home/u/.local/lib/wireshark/extcap";
            let text = format!("{COMMON}Personal Extcap path:\t{own}\nGlobal Extcap path:  \t{for_all}\n");
            assert_eq!(Folders::parse(&text), Some(folders(&[own], &[for_all])));
        }
    }

    #[test]
    fn something_else_than_folders_is_no_answer() {
        assert_eq!(Folders::parse("tshark: Invalid \"folders\" option for -G flag\n"), None);
    }

    #[test]
    fn without_tshark_they_are_where_every_version_looks() {
        let own = ["/home/u/.local/lib/wireshark/extcap", "/home/u/.config/wireshark/extcap"];
        assert_eq!(Folders::usual(Path::new("/home/u"), [None, None]), folders(&own, &[]));
        let moved = Folders::usual(Path::new("/home/u"), [None, Some("/c".into())]);
        assert_eq!(moved.profiles, Path::new("/c/wireshark/profiles"));
        let moved = Folders::usual(Path::new("/home/u"), [Some("/w".into()), Some("/c".into())]);
        assert_eq!((&moved.profiles, &moved.extcap[1]), (&"/w/profiles".into(), &"/w/extcap".into()));
    }
}
