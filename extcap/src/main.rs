//! sFlow as a Wireshark capture interface, and in the shell.
//!
//! What was typed ([`cli`]) → what to do ([`config`]) → do it: answer Wireshark's questions ([`protocol`]), [`install`], or
//! capture ([`session`]): [`receive`] datagrams, let the library turn them into packets, [`bpf`] filter them, and hand them to the
//! [`sink`].

mod bpf;
mod choices;
mod cli;
#[cfg(feature = "kafka")]
mod collect;
mod config;
mod failure;
mod files;
mod forward;
mod heard;
mod input;
mod install;
#[cfg(feature = "kafka")]
mod kafka;
mod log;
mod manual;
mod options;
mod ports;
mod progress;
mod protocol;
mod receive;
mod replay;
mod sandbox;
mod scan;
mod session;
mod sflow_rt;
mod sink;
mod source;
mod tap;
mod toolbar;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use failure::Failure;
use protocol::Interface;
use toolbar::Pipes;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let for_wireshark = cli::is_extcap_call(&arguments);
    let mut pipes = toolbar::pipes(&arguments);
    let ended = run(arguments, &mut pipes);
    if let Some(pipes) = &mut pipes {
        pipes.wait_for_host();
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Wireshark shows the line in a box of its own, the shell among those of other programs.
            let program = if for_wireshark { "" } else { "sflowdump: " };
            tell(format_args!("{program}{failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<OsString>, pipes: &mut Option<Pipes>) -> Result<(), Failure> {
    let fifo = cli::pipe(&arguments, "--fifo");
    let words = match cli::read(arguments) {
        Ok(words) => words,
        Err(error) if !error.use_stderr() => {
            print(|out| write!(out, "{error}"))?;
            return Ok(());
        }
        Err(error) => {
            // Even a call that cannot be read must open its FIFO, or the host waits for it forever.
            _ = fifo.as_deref().map(sink::open_fifo);
            return Err(Failure::usage(&error));
        }
    };
    if words.has("capture") {
        session::for_wireshark(&words, fifo.as_deref(), pipes)
    } else if words.has("extcap-interfaces") {
        print(protocol::interfaces)
    } else if words.has("extcap-dlts") {
        Interface::of(&words).and_then(|_| print(protocol::dlts))
    } else if words.has("extcap-config") {
        let interface = Interface::of(&words)?;
        match words.value("extcap-reload-option") {
            Some(option) => print(|out| protocol::reload(interface, option, &words, out)),
            None => print(|out| protocol::config(interface, out)),
        }
    } else if words.has("extcap-cleanup-postkill") {
        Ok(()) // a capture leaves nothing behind that outlives its process
    } else if words.value("extcap-capture-filter").is_some() {
        protocol::check_filter(&words)
    } else if words.has("install") {
        install::install()
    } else if words.has("uninstall") {
        install::uninstall()
    } else {
        session::for_shell(&words)
    }
}

/// Tells a line on standard error; nobody there to read it, or no room for it, is no failure.
fn tell(line: std::fmt::Arguments<'_>) {
    _ = writeln!(io::stderr(), "{line}");
}

/// Prints an answer on standard output; nobody there to read it is no failure.
fn print(answer: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match answer(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
