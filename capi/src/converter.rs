//! The converter: datagrams in, the bytes of a capture file out, through a function of the caller.

use core::ffi::{c_char, c_int, c_void};
use core::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, TryLockError};

use sflowcap::capture::{Converter, Event, Fault, Received, Totals};
use sflowcap::{Address, Error};

use crate::address::sflowcap_address;
use crate::border::{Text, bytes, given, guarded, place};
use crate::options::sflowcap_options;
use crate::status::{
    SFLOWCAP_END, SFLOWCAP_FAULT, SFLOWCAP_INVALID, SFLOWCAP_NULL, SFLOWCAP_PANIC, SFLOWCAP_STATE, SFLOWCAP_STOPPED,
    failed, sflowcap_status,
};

/// Takes the next `length` bytes of the file, whole blocks of it. Anything but 0 stops the capture.
///
/// Like the other functions that a converter calls, it may call anything but with the same converter, which gives
/// SFLOWCAP_STATE. It may not throw or longjmp: a C++ exception ends the program.
pub type sflowcap_write =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, file_bytes: *const c_void, length: usize) -> c_int>;

/// Is told of an event, which is there until it returns.
pub type sflowcap_report = Option<unsafe extern "C-unwind" fn(user: *mut c_void, event: *const sflowcap_event)>;

/// What an event is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sflowcap_event_kind {
    /// A part of a datagram cannot be read.
    SFLOWCAP_EVENT_FAULT = 0,
    /// Datagrams of the agent and sub-agent did not come, by their sequence numbers.
    SFLOWCAP_EVENT_LOST = 1,
    /// The agent and sub-agent began anew: its numbers say nothing about losses at this point.
    SFLOWCAP_EVENT_RESTARTED = 2,
}
use sflowcap_event_kind::*;

/// Something to tell the user about.
#[repr(C)]
pub struct sflowcap_event {
    /// What it is.
    pub kind: sflowcap_event_kind,
    /// The agent, or the sender where a datagram does not get as far as to name one.
    pub agent: sflowcap_address,
    /// Its sub-agent; 0 for a fault.
    pub sub_agent_id: u32,
    /// How many datagrams were lost.
    pub datagrams: u32,
    /// The same in words.
    pub text: *const c_char,
}

/// How much is collected before it is handed over.
const BATCH: usize = 64 * 1024;

/// Turns datagrams into the bytes of a capture file.
pub struct sflowcap_converter {
    /// Locked during a call: one from another thread, or from a function that the converter calls, is refused.
    state: Mutex<State>,
}

struct State {
    converter: Converter,
    collected: Vec<u8>,
    write: unsafe extern "C-unwind" fn(*mut c_void, *const c_void, usize) -> c_int,
    report: sflowcap_report,
    user: *mut c_void,
    has_begun: bool,
    is_stopped: bool,
}

impl sflowcap_converter {
    fn state(&self) -> Result<MutexGuard<'_, State>, sflowcap_status> {
        self.state.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => failed(SFLOWCAP_STATE, &"another call with this converter is under way"),
            TryLockError::Poisoned(_) => SFLOWCAP_PANIC,
        })
    }

    /// The state of a converter that bytes can come from.
    fn writing(&self) -> Result<MutexGuard<'_, State>, sflowcap_status> {
        let state = self.state()?;
        if !state.has_begun {
            return Err(failed(SFLOWCAP_STATE, &"sflowcap_converter_begin comes first"));
        }
        state.go_on()?;
        Ok(state)
    }

    pub(crate) fn totals(&self) -> Result<Totals, sflowcap_status> {
        Ok(*self.state()?.converter.totals())
    }
}

impl State {
    fn go_on(&self) -> Result<(), sflowcap_status> {
        if self.is_stopped {
            return Err(failed(SFLOWCAP_STOPPED, &"the function that the bytes go to wanted no more"));
        }
        Ok(())
    }

    /// Hands over what was collected.
    fn flush(&mut self) -> Result<(), sflowcap_status> {
        if self.collected.is_empty() {
            return Ok(());
        }
        // SAFETY: the header demands that the function takes this.
        let wants_no_more = unsafe { (self.write)(self.user, self.collected.as_ptr().cast(), self.collected.len()) };
        self.collected.clear();
        self.is_stopped = wants_no_more != 0;
        self.go_on()
    }

    /// Converts a datagram. Returns its first fault.
    fn datagram(&mut self, received: &Received<'_>) -> Option<Error> {
        let mut first = None;
        let State { converter, collected, report, user, .. } = self;
        converter.datagram(received, Some(collected), |event| {
            if let Event::Fault(Fault { error, .. }) = event {
                first.get_or_insert(error);
            }
            if let Some(report) = *report {
                tell(report, *user, event);
            }
        });
        first
    }
}

#[cold]
fn tell(report: unsafe extern "C-unwind" fn(*mut c_void, *const sflowcap_event), user: *mut c_void, event: Event) {
    let mut text = Text::<256>::new();
    let (kind, agent, sub_agent_id, datagrams) = match event {
        Event::Fault(Fault { agent, error }) => {
            _ = write!(text, "agent {agent}: {error}");
            (SFLOWCAP_EVENT_FAULT, agent, 0, 0)
        }
        Event::Lost { agent, sub_agent_id, datagrams } => {
            _ = write!(text, "agent {agent}, sub-agent {sub_agent_id}: {datagrams} datagrams lost");
            (SFLOWCAP_EVENT_LOST, agent, sub_agent_id, datagrams)
        }
        Event::Restarted { agent, sub_agent_id } => {
            _ = write!(text, "agent {agent}, sub-agent {sub_agent_id}: began anew");
            (SFLOWCAP_EVENT_RESTARTED, agent, sub_agent_id, 0)
        }
    };
    let agent = Address::from(agent).into();
    let event = sflowcap_event { kind, agent, sub_agent_id, datagrams, text: text.as_ptr() };
    // SAFETY: the header demands that the function takes this.
    unsafe { report(user, &raw const event) }
}

/// Makes a converter, to be freed with sflowcap_converter_free. Options that are NULL are the defaults. The bytes of the file
/// go to `write`, some 64 KiB at a time. `user` is for `write`, and for the filter and the report of the options.
/// SFLOWCAP_INVALID for an option with a bad value: sflowcap_last_error tells which. `converter` then is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_new(
    converter: *mut *mut sflowcap_converter,
    options: *const sflowcap_options,
    write: sflowcap_write,
    user: *mut c_void,
) -> sflowcap_status {
    guarded(|| {
        let converter = place(converter, "converter")?;
        // SAFETY: not NULL, and the header demands that it is a place for a pointer.
        unsafe { converter.write(core::ptr::null_mut()) };
        let write = write.ok_or_else(|| failed(SFLOWCAP_NULL, &"write is NULL"))?;
        // SAFETY: the header demands it.
        let options = unsafe { sflowcap_options::given(options) }?;
        let state = State {
            // SAFETY: the header demands it.
            converter: Converter::new(unsafe { options.options(user) }?),
            // Room for what a datagram adds to a batch that is not quite full.
            collected: Vec::with_capacity(2 * BATCH),
            write,
            report: options.report,
            user,
            has_begun: false,
            is_stopped: false,
        };
        let made = Box::new(sflowcap_converter { state: Mutex::new(state) });
        // SAFETY: as above.
        unsafe { converter.write(Box::into_raw(made)) };
        Ok(())
    })
}

/// Begins the file. `now` is in nanoseconds since 1970. Called again it begins a further file of the same capture, in which
/// every interface is described anew; what belongs to the one before is handed over first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_begin(converter: *mut sflowcap_converter, now: u64) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let mut state = unsafe { given(converter, "converter") }?.state()?;
        let state = &mut *state;
        state.go_on()?;
        state.flush()?;
        if core::mem::replace(&mut state.has_begun, true) {
            state.converter.begin_file(&mut state.collected);
        } else {
            state.converter.begin(now, &mut state.collected);
        }
        Ok(())
    })
}

/// Converts the sFlow datagram in `length` bytes at `payload`, the payload of a UDP packet that came at `time` (in nanoseconds
/// since 1970) from `sender`, which stands for the agent in datagrams that do not tell it.
/// SFLOWCAP_FAULT if something in it could not be read; all else in it is converted. SFLOWCAP_END after as many packets as the
/// options allow. SFLOWCAP_STOPPED once `write` wanted no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_datagram(
    converter: *mut sflowcap_converter,
    time: u64,
    sender: *const sflowcap_address,
    payload: *const c_void,
    length: usize,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let (converter, sender, bytes) =
            unsafe { (given(converter, "converter")?, given(sender, "sender")?, bytes(payload, length)?) };
        let sender = sender.get()?.ip().ok_or_else(|| failed(SFLOWCAP_INVALID, &"the sender is not known"))?;
        let mut state = converter.writing()?;
        let fault = state.datagram(&Received { timestamp: time, sender, bytes });
        if state.collected.len() >= BATCH {
            state.flush()?;
        }
        match fault {
            _ if state.converter.is_done() => Err(SFLOWCAP_END),
            Some(error) => Err(failed(SFLOWCAP_FAULT, &error)),
            None => Ok(()),
        }
    })
}

/// Hands over what was converted so far, for a reader who waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_flush(converter: *mut sflowcap_converter) -> sflowcap_status {
    // SAFETY: the header demands it.
    guarded(|| unsafe { given(converter, "converter") }?.writing()?.flush())
}

/// Writes what was counted, and hands everything over: what a file ends with. On long captures it may be told in between, too.
/// `lost_datagrams` are those that were lost before they came here, such as in the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_statistics(
    converter: *mut sflowcap_converter,
    now: u64,
    lost_datagrams: u64,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let mut state = unsafe { given(converter, "converter") }?.writing()?;
        let state = &mut *state;
        let note = match lost_datagrams {
            0 => String::new(),
            lost => format!(", {lost} datagrams lost before they came here"),
        };
        state.converter.statistics(now, lost_datagrams, &note, &mut state.collected);
        state.flush()
    })
}

/// Selects otherwise from now on: by the agents, interfaces, direction and kinds of `options`, whose other fields say nothing.
/// Options that are NULL select everything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_select(
    converter: *mut sflowcap_converter,
    options: *const sflowcap_options,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let (converter, selection) =
            unsafe { (given(converter, "converter")?, sflowcap_options::given(options)?.selection()?) };
        converter.state()?.converter.select(selection);
        Ok(())
    })
}

/// Frees a converter; NULL is none. What was not handed over is lost. SFLOWCAP_STATE, and nothing is freed, while another call
/// with it is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_free(converter: *mut sflowcap_converter) -> sflowcap_status {
    guarded(|| {
        if converter.is_null() {
            return Ok(());
        }
        // SAFETY: not NULL, and the header demands that it is a converter.
        match unsafe { &*converter }.state() {
            // After a panic there is still the memory to free.
            Ok(_) | Err(SFLOWCAP_PANIC) => {}
            Err(status) => return Err(status),
        }
        // SAFETY: sflowcap_converter_new made it, and nobody else uses it.
        drop(unsafe { Box::from_raw(converter) });
        Ok(())
    })
}
