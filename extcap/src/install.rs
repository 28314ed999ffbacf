//! `--install` and `--uninstall`: what this user's own Wireshark needs to find the program and to show all that it tells.
//!
//! A link to the program, the Lua script, the profile and the manual go where [`folders`] says. What is made is written into a [`record`]
//! first. What others made, or changed, stays as it is, and is named.

mod folders;
mod record;

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::manual;
use folders::Folders;
pub use folders::folder_of_user;
use record::{Made, Record};

/// Files that belong together, by their names.
type Files = &'static [(&'static str, &'static str)];

const SCRIPT: Files = &[("sflowdump.lua", include_str!("../wireshark/sflowdump.lua"))];

const PROFILE: Files = &[
    ("colorfilters", include_str!("../wireshark/profiles/sFlow/colorfilters")),
    ("dfilter_buttons", include_str!("../wireshark/profiles/sFlow/dfilter_buttons")),
    ("io_graphs", include_str!("../wireshark/profiles/sFlow/io_graphs")),
    ("preferences", include_str!("../wireshark/profiles/sFlow/preferences")),
];

const MANUAL: Files = &[(manual::NAME, include_str!("../wireshark/sflowdump.html"))];

/// Lets this user's own Wireshark find the program, the Lua script, the profile and the manual.
pub fn install() -> Result<(), Failure> {
    let folders = Folders::find()?;
    let data = manual::share_of_user()?;
    let program = env::current_exe().map_err(|error| Failure::new(format!("where this program is: {error}")))?;
    if let Some(path) = [&program, &folders.plugins, &folders.profiles, &data].into_iter().find(|path| !is_plain(path))
    {
        return Err(Failure::new(format!("{}: a name with a tab or a line's end cannot be kept", path.display())));
    }
    if rustix::process::geteuid().is_root() {
        warn("this is for root's own Wireshark only, and as root Wireshark 4.4 and later load no Lua script");
    }
    for folder in &folders.extcap_for_all {
        let path = folder.join("sflowdump");
        // Where the environment says so, a user's own folder is that of all users.
        if path.exists() && !folders.extcap.contains(folder) {
            let path = path.display();
            warn(&format!("{path} is there for all users: Wireshark warns of the two, and takes this user's own"));
        }
    }
    let mut installation = Installation { record: Record::open()?, refused: 0 };
    for folder in &folders.extcap {
        installation.link(&program, &folder.join("sflowdump"))?;
    }
    installation.files(&folders.plugins, SCRIPT)?;
    installation.files(&folders.profiles.join("sFlow"), PROFILE)?;
    installation.files(&data.join(manual::FOLDER), MANUAL)?;
    if installation.refused > 0 {
        return Err(Failure::new("not all is installed: move what is in the way, then run --install again"));
    }
    say("Start a capture on \"sFlow listener\" in Wireshark, or run: tshark -i sflow");
    Ok(())
}

struct Installation {
    record: Record,
    /// Things that are in the way.
    refused: u32,
}

impl Installation {
    fn link(&mut self, program: &Path, path: &Path) -> Result<(), Failure> {
        let now = Made::at(path).map_err(|error| failure(path, &error))?;
        let wanted = Made::Link(program.to_owned());
        match now {
            Some(now) if now == wanted => {
                is_there(path);
                return Ok(());
            }
            // One that was made before, or by hand: it leads to a program of the same name.
            Some(Made::Link(to)) if to.file_name() == path.file_name() => {
                self.record.note(path, wanted).and_then(|()| fs::remove_file(path))
            }
            Some(_) => {
                self.refuse(path);
                return Ok(());
            }
            None => self.make_room(path).and_then(|()| self.record.note(path, wanted)),
        }
        .and_then(|()| symlink(program, path))
        .map_err(|error| failure(path, &error))?;
        say(&format!("linked {} to {}", path.display(), program.display()));
        Ok(())
    }

    /// Writes all of the files, or none where one of them is changed or somebody else's.
    fn files(&mut self, folder: &Path, files: Files) -> Result<(), Failure> {
        let mut work = Vec::new();
        for (name, contents) in files {
            let path = folder.join(name);
            let wanted = Made::file(contents.as_bytes());
            match Made::at(&path).map_err(|error| failure(&path, &error))? {
                None => work.push((path, contents, wanted, true)),
                Some(now) if now == wanted => is_there(&path),
                Some(now) if self.record.has(&path, &now) => work.push((path, contents, wanted, false)),
                Some(_) if self.record.knows(&path) => {
                    say(&format!("kept {}: it was changed since --install wrote it", path.display()));
                    return Ok(());
                }
                Some(_) => {
                    self.refuse(&path);
                    return Ok(());
                }
            }
        }
        for (path, contents, wanted, is_new) in work {
            self.make_room(&path)
                .and_then(|()| self.record.note(&path, wanted))
                .and_then(|()| File::options().write(true).create_new(is_new).truncate(!is_new).open(&path))
                .and_then(|mut file| file.write_all(contents.as_bytes()))
                .map_err(|error| failure(&path, &error))?;
            say(&format!("wrote {}", path.display()));
        }
        Ok(())
    }

    fn make_room(&mut self, path: &Path) -> io::Result<()> {
        self.record.make_folder(path.parent().expect("every path is in a folder"))
    }

    fn refuse(&mut self, path: &Path) {
        self.refused += 1;
        warn(&format!("{} is there, and not from --install: left as it is", path.display()));
    }
}

/// Removes what `--install` made and nobody changed.
pub fn uninstall() -> Result<(), Failure> {
    let record = Record::open()?;
    let paths = record.paths();
    if paths.is_empty() {
        say("--install has made nothing here: nothing is removed");
        return Ok(());
    }
    let mut left: Vec<PathBuf> = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        match Made::at(&path).map_err(|error| failure(&path, &error))? {
            None => {}
            Some(now) if !record.has(&path, &now) => {
                say(&format!("left {}: it was changed since --install made it", path.display()));
                left.push(path);
            }
            Some(Made::Folder) => folders.push(path),
            Some(_) => {
                fs::remove_file(&path).map_err(|error| failure(&path, &error))?;
                say(&format!("removed {}", path.display()));
            }
        }
    }
    record.remove().map_err(|error| Failure::new(format!("the record of what was installed: {error}")))?;
    for folder in folders {
        match fs::remove_dir(&folder) {
            Ok(()) => say(&format!("removed {}", folder.display())),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                // What is left in it was named, and so it and those above it need not be.
                if !left.iter().any(|path| path.starts_with(&folder)) {
                    say(&format!("left {}: there is more in it", folder.display()));
                    left.push(folder);
                }
            }
            Err(error) => return Err(failure(&folder, &error)),
        }
    }
    Ok(())
}

/// Whether a path fits into a line of the record.
fn is_plain(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b'\t' | b'\n'))
}

fn is_there(path: &Path) {
    say(&format!("{} is there already", path.display()));
}

/// A line for who looks on; nobody there is no failure.
fn say(line: &str) {
    _ = writeln!(io::stdout(), "{line}");
}

fn warn(line: &str) {
    _ = writeln!(io::stderr(), "sflowdump: {line}");
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
