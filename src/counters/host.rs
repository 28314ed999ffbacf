//! Counters of hosts: enterprise 0, formats 2000 to 2006, from the memo
//! [sFlow host structures](https://sflow.org/sflow_host.txt).
//!
//! hsflowd and its like send all of them for the machine, and the first three for each virtual machine as well.

use crate::counters::Percent;
use crate::sample::Tag;
use crate::structure::{Field, List, Mac, Structure, Text, structure};
use crate::xdr::{Result, Xdr};

structure! {
    /// `host_descr`, counter record 0:2000: a physical or virtual host. [sFlow host](https://sflow.org/sflow_host.txt)
    HostDescr<'a> = "host_descr" 0:2000 {
        /// Empty if unknown.
        hostname: Text<'a>,
        /// All zeros if unknown.
        uuid: [u8; 16],
        /// 0 unknown, 1 other, 2 x86, 3 x86_64, 4 ia64, 5 sparc, 6 alpha, 7 powerpc, 8 m68k, 9 mips, 10 arm, 11 hppa,
        /// 12 s390.
        machine_type: u32,
        /// 0 unknown, 1 other, 2 linux, 3 windows, 4 darwin, 5 hpux, 6 aix, 7 dragonfly, 8 freebsd, 9 netbsd,
        /// 10 openbsd, 11 osf, 12 solaris; agents within a Java virtual machine send 13.
        os_name: u32,
        /// Such as `2.6.9-42.ELsmp`; empty if unknown.
        os_release: Text<'a>,
    }

    /// `host_adapter` of [`HostAdapters`].
    HostAdapter<'a> = "host_adapter" {
        /// ifIndex.
        if_index: u32,
        /// The adapter's addresses; none if unknown.
        mac_address: List<'a, Mac>,
    }

    /// `host_adapters`, counter record 0:2001: the host's network adapters.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    HostAdapters<'a> = "host_adapters" 0:2001 {
        /// One for each.
        adapters: List<'a, HostAdapter<'a>>,
    }

    /// `host_parent`, counter record 0:2002: the data source that contains this one, such as the hypervisor of a virtual
    /// machine. [sFlow host](https://sflow.org/sflow_host.txt)
    HostParent = "host_parent" 0:2002 {
        /// Class of the data source.
        container_type: u32,
        /// Index of the data source.
        container_index: u32,
    }

    /// `host_cpu`, counter record 0:2003: a physical host's processors. [sFlow host](https://sflow.org/sflow_host.txt)
    HostCpu = "host_cpu" 0:2003 {
        /// Load average over a minute; -1.0 if unknown.
        load_one: f32,
        /// Load average over five minutes; -1.0 if unknown.
        load_five: f32,
        /// Load average over fifteen minutes; -1.0 if unknown.
        load_fifteen: f32,
        /// Processes that run.
        proc_run: u32,
        /// All processes.
        proc_total: u32,
        /// Processors.
        cpu_num: u32,
        /// MHz.
        cpu_speed: u32,
        /// Seconds since the host started.
        uptime: u32,
        /// Milliseconds in user mode.
        cpu_user: u32,
        /// Milliseconds in user mode with low priority.
        cpu_nice: u32,
        /// Milliseconds in system mode.
        cpu_system: u32,
        /// Milliseconds idle.
        cpu_idle: u32,
        /// Milliseconds that processes waited for I/O.
        cpu_wio: u32,
        /// Milliseconds in interrupts.
        cpu_intr: u32,
        /// Milliseconds in soft interrupts.
        cpu_sintr: u32,
        /// Interrupts.
        interrupts: u32,
        /// Context switches.
        contexts: u32,
        /// Milliseconds that the hypervisor gave to others; appended in 2014.
        cpu_steal: Option<u32>,
        /// Milliseconds in guests; appended in 2014.
        cpu_guest: Option<u32>,
        /// Milliseconds in guests with low priority; appended in 2014.
        cpu_guest_nice: Option<u32>,
    }

    /// `host_disk_io`, counter record 0:2005: a physical host's disks. [sFlow host](https://sflow.org/sflow_host.txt)
    HostDiskIo = "host_disk_io" 0:2005 {
        /// Bytes of all disks.
        disk_total: u64,
        /// Bytes free.
        disk_free: u64,
        /// How full the fullest partition is.
        part_max_used: Percent,
        /// Reads.
        reads: u32,
        /// Bytes read.
        bytes_read: u64,
        /// Milliseconds of reading.
        read_time: u32,
        /// Writes.
        writes: u32,
        /// Bytes written.
        bytes_written: u64,
        /// Milliseconds of writing.
        write_time: u32,
    }

    /// `host_net_io`, counter record 0:2006: a physical host's network adapters together.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    HostNetIo = "host_net_io" 0:2006 {
        /// Bytes received.
        bytes_in: u64,
        /// Packets received.
        pkts_in: u32,
        /// Packets received with errors.
        errs_in: u32,
        /// Packets dropped on the way in.
        drops_in: u32,
        /// Bytes sent.
        bytes_out: u64,
        /// Packets sent.
        packets_out: u32,
        /// Packets not sent because of errors.
        errs_out: u32,
        /// Packets dropped on the way out.
        drops_out: u32,
    }
}

/// `host_memory`, counter record 0:2004: a physical host's memory. [sFlow host](https://sflow.org/sflow_host.txt)
///
/// Agents older than May 2010 wrote the sizes as 32 bit words; that form is known by its length, 44 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostMemory {
    /// Bytes.
    pub mem_total: u64,
    /// Bytes free.
    pub mem_free: u64,
    /// Bytes shared.
    pub mem_shared: u64,
    /// Bytes of buffers.
    pub mem_buffers: u64,
    /// Bytes of caches.
    pub mem_cached: u64,
    /// Bytes of swap space.
    pub swap_total: u64,
    /// Bytes of swap space free.
    pub swap_free: u64,
    /// Pages read.
    pub page_in: u32,
    /// Pages written.
    pub page_out: u32,
    /// Pages read from swap space.
    pub swap_in: u32,
    /// Pages written to swap space.
    pub swap_out: u32,
}

impl HostMemory {
    const OLDER_LENGTH: usize = 44;
}

impl<'a> Field<'a> for HostMemory {
    const LEAST: usize = Self::OLDER_LENGTH;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let size: fn(&mut Xdr<'a>) -> Result<u64> = match xdr.left() {
            Self::OLDER_LENGTH => |xdr| xdr.u32().map(u64::from),
            _ => Xdr::u64,
        };
        Ok(HostMemory {
            mem_total: size(xdr)?,
            mem_free: size(xdr)?,
            mem_shared: size(xdr)?,
            mem_buffers: size(xdr)?,
            mem_cached: size(xdr)?,
            swap_total: size(xdr)?,
            swap_free: size(xdr)?,
            page_in: xdr.u32()?,
            page_out: xdr.u32()?,
            swap_in: xdr.u32()?,
            swap_out: xdr.u32()?,
        })
    }
}

impl Structure<'_> for HostMemory {
    const TAG: Tag = Tag::new(0, 2004);
    const NAME: &'static str = "host_memory";
}
