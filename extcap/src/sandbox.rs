//! A capture reads what anybody may send. Once all is open that it needs, its process gives up what it needs no more: to start
//! programs, to write anything but its own files, to reach anybody by network, to change the system.
//!
//! Landlock keeps it from files, seccomp from system calls, as far as the kernel has them. Forbidden calls fail with EPERM or
//! EACCES, so that an oversight here costs an error message and not the capture. Files can still be read: the time zone's and
//! recordings are.

use std::path::Path;

/// What a capture needs still.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs<'a> {
    /// The folder that further files are begun in.
    pub folder: Option<&'a Path>,
    /// A pipe that is still to be opened.
    pub pipe: Option<&'a Path>,
    /// New connections: sFlow-RT is called once more at the end.
    pub connections: bool,
}

/// Gives up all else, for good. What the kernel does not know how to forbid is told in the log.
pub fn enter(needs: Needs<'_>) {
    match system::forbid_files(needs) {
        Ok(enforced) => tracing::info!("sandbox: files by Landlock: {enforced}"),
        Err(reason) => tracing::info!("no sandbox for files: {reason}"),
    }
    match system::forbid_calls(needs.connections) {
        Ok(()) => tracing::info!("sandbox: system calls by seccomp"),
        Err(reason) => tracing::info!("no sandbox for system calls: {reason}"),
    }
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod system {
    use std::collections::BTreeMap;
    use std::env::consts::ARCH;

    use landlock::{
        ABI, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, path_beneath_rules,
    };
    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    use super::Needs;

    /// Starting programs, reaching into others, changing the system. Nothing here is ever needed.
    const NEVER: &[libc::c_long] = &[
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_kexec_load,
        libc::SYS_reboot,
        libc::SYS_swapon,
        libc::SYS_swapoff,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_keyctl,
        libc::SYS_settimeofday,
        libc::SYS_clock_settime,
        libc::SYS_adjtimex,
        libc::SYS_sethostname,
        libc::SYS_setdomainname,
    ];

    /// New ends of a network, and messages to whomever. Those to whom copies go were connected to before.
    const CONNECTIONS: &[libc::c_long] = &[
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendmsg,
        libc::SYS_sendmmsg,
    ];

    pub fn forbid_files(Needs { folder, pipe, .. }: Needs<'_>) -> Result<&'static str, RulesetError> {
        let begin = AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::Truncate;
        let status = Ruleset::default()
            .handle_access(AccessFs::from_write(ABI::V3) | AccessFs::Execute)?
            .create()?
            .add_rules(path_beneath_rules(folder, begin))?
            .add_rules(path_beneath_rules(pipe, AccessFs::WriteFile))?
            .restrict_self()?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => "all that is asked for",
            RulesetStatus::PartiallyEnforced => "what this kernel has of it",
            RulesetStatus::NotEnforced => "this kernel has none",
        })
    }

    pub fn forbid_calls(connections: bool) -> Result<(), Box<dyn std::error::Error>> {
        seccompiler::apply_filter_all_threads(&filter(connections)?)?;
        Ok(())
    }

    fn filter(connections: bool) -> Result<BpfProgram, BackendError> {
        // Without a rule a call is forbidden whatever its arguments.
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = NEVER.iter().map(|call| (*call, Vec::new())).collect();
        if !connections {
            rules.extend(CONNECTIONS.iter().map(|call| (*call, Vec::new())));
            // The fifth argument is the address that a message goes to; without one it goes where the socket is connected to.
            let to_whomever = SeccompCondition::new(4, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?;
            rules.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![to_whomever])?]);
        }
        let forbidden = SeccompAction::Errno(libc::EPERM as u32);
        SeccompFilter::new(rules, SeccompAction::Allow, forbidden, ARCH.try_into()?)?.try_into()
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))))]
mod system {
    use super::Needs;

    pub fn forbid_files(_: Needs<'_>) -> Result<&'static str, &'static str> {
        Err("this system has no Landlock")
    }

    pub fn forbid_calls(_: bool) -> Result<(), &'static str> {
        Err("this system has no seccomp")
    }
}

#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod tests {
    use std::fs::{self, File};
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
    use std::process::Command;
    use std::{env, io, thread};

    use super::*;

    fn is_refused<T>(outcome: io::Result<T>) -> bool {
        outcome.err().is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    fn status() -> String {
        fs::read_to_string("/proc/self/status").unwrap()
    }

    /// Runs a test below in a process of its own, with a folder to try things in: there is no way back.
    fn within(test: &str) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["own", "other"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("old"), "old").unwrap();
        }
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "--ignored", "--nocapture", &format!("sandbox::tests::{test}")]);
        let output = command.env("TMPDIR", folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}{wrong}");
    }

    #[test]
    fn a_capture_can_start_nothing_write_nothing_else_and_reach_nobody() {
        within("a_capture");
    }

    #[test]
    fn with_sflow_rt_a_capture_can_still_make_connections_and_start_nothing() {
        within("a_capture_with_connections");
    }

    #[test]
    #[ignore = "it is run by another test, for it gives up what tests need"]
    fn a_capture() {
        let folder = env::temp_dir();
        let (own, other) = (folder.join("own"), folder.join("other"));
        let mut before = File::create(other.join("before")).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let [to_us, from_us] = [0, 1].map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        from_us.connect(to_us.local_addr().unwrap()).unwrap();
        // A thread that is there already is in the sandbox, too, as far as calls go.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            wait.recv().unwrap();
            is_refused(Command::new("true").status())
        });
        enter(Needs { folder: Some(&own), ..Needs::default() });

        assert!(status().contains("\nSeccomp:\t2\n") && status().contains("\nNoNewPrivs:\t1\n"), "{}", status());
        go.send(()).unwrap();
        assert!(thread.join().unwrap());
        assert!(is_refused(Command::new("true").status()));
        assert!(is_refused(TcpStream::connect(address)));
        assert!(is_refused(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))));
        assert!(is_refused(to_us.send_to(b"x", from_us.local_addr().unwrap())));
        from_us.send(b"a copy").unwrap();
        assert_eq!(to_us.recv(&mut [0; 10]).unwrap(), 6);

        // What was open stays so, and so does the folder.
        before.write_all(b"more").unwrap();
        before.set_len(2).unwrap();
        for name in ["old", "new"] {
            File::create(own.join(name)).unwrap().write_all(b"packets").unwrap();
        }
        let mut text = String::new();
        File::open(other.join("old")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "old");
        if !has_landlock() {
            return println!("this kernel has no Landlock");
        }
        for name in ["old", "new"] {
            assert!(is_refused(File::create(other.join(name))), "{name}");
        }
        assert!(is_refused(File::options().append(true).open(other.join("old"))));
        assert!(is_refused(fs::remove_file(other.join("old"))) && is_refused(fs::remove_file(own.join("old"))));
    }

    #[test]
    #[ignore = "it is run by another test, for it gives up what tests need"]
    fn a_capture_with_connections() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        enter(Needs { connections: true, ..Needs::default() });
        assert!(TcpStream::connect(address).is_ok());
        assert!(is_refused(Command::new("true").status()));
    }

    /// Whether the kernel has Landlock: it tells its version.
    #[allow(unsafe_code, reason = "no crate asks without restricting")]
    fn has_landlock() -> bool {
        const VERSION: libc::c_int = 1;
        // SAFETY: asked for the version, the call takes no structure and changes nothing.
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, VERSION) > 0 }
    }
}
