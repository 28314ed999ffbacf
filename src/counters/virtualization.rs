//! Counters of virtual machines: enterprise 0, formats 2100 to 2106. The first five are as libvirt has them, the last two
//! as a Java virtual machine's management beans have them.

use crate::structure::{Text, structure};

structure! {
    /// `virt_node`, counter record 0:2100: a hypervisor. [sFlow host](https://sflow.org/sflow_host.txt)
    VirtNode = "virt_node" 0:2100 {
        /// Expected processor frequency, in MHz.
        mhz: u32,
        /// Active processors.
        cpus: u32,
        /// Bytes.
        memory: u64,
        /// Bytes not assigned.
        memory_free: u64,
        /// Active virtual machines.
        num_domains: u32,
    }

    /// `virt_cpu`, counter record 0:2101: a virtual machine's processors, virDomainInfo.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    VirtCpu = "virt_cpu" 0:2101 {
        /// virDomainState: 0 none, 1 running, 2 blocked, 3 paused, 4 shutting down, 5 shut off, 6 crashed.
        state: u32,
        /// Milliseconds of processor time (cpuTime).
        cpu_time: u32,
        /// Virtual processors (nrVirtCpu).
        nr_virt_cpu: u32,
    }

    /// `virt_memory`, counter record 0:2102: a virtual machine's memory, virDomainInfo.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    VirtMemory = "virt_memory" 0:2102 {
        /// Bytes used.
        memory: u64,
        /// Bytes allowed (maxMemory).
        max_memory: u64,
    }

    /// `virt_disk_io`, counter record 0:2103: a virtual machine's disks, virDomainBlockInfo and virDomainBlockStatsStruct.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    VirtDiskIo = "virt_disk_io" 0:2103 {
        /// Logical size, in bytes.
        capacity: u64,
        /// Bytes allocated.
        allocation: u64,
        /// Bytes that remain free. The errata call it `physical`: bytes that the image takes where it is kept.
        available: u64,
        /// Read requests.
        rd_req: u32,
        /// Bytes read.
        rd_bytes: u64,
        /// Write requests.
        wr_req: u32,
        /// Bytes written.
        wr_bytes: u64,
        /// Errors of reading and writing.
        errs: u32,
    }

    /// `virt_net_io`, counter record 0:2104: a virtual machine's network adapters, virDomainInterfaceStatsStruct.
    /// [sFlow host](https://sflow.org/sflow_host.txt)
    VirtNetIo = "virt_net_io" 0:2104 {
        /// Bytes received.
        rx_bytes: u64,
        /// Packets received.
        rx_packets: u32,
        /// Packets received with errors.
        rx_errs: u32,
        /// Packets dropped on the way in.
        rx_drop: u32,
        /// Bytes sent.
        tx_bytes: u64,
        /// Packets sent.
        tx_packets: u32,
        /// Packets not sent because of errors.
        tx_errs: u32,
        /// Packets dropped on the way out.
        tx_drop: u32,
    }

    /// `jvm_runtime`, counter record 0:2105: which Java virtual machine it is, RuntimeMXBean.
    /// [sFlow Java virtual machine structures](https://sflow.org/sflow_jvm.txt)
    JvmRuntime<'a> = "jvm_runtime" 0:2105 {
        /// Its name.
        vm_name: Text<'a>,
        /// Who made it.
        vm_vendor: Text<'a>,
        /// Its version.
        vm_version: Text<'a>,
    }

    /// `jvm_statistics`, counter record 0:2106: a Java virtual machine.
    /// [sFlow Java virtual machine structures](https://sflow.org/sflow_jvm.txt)
    JvmStatistics = "jvm_statistics" 0:2106 {
        /// Bytes of heap asked for at the start.
        heap_initial: u64,
        /// Bytes of heap used.
        heap_used: u64,
        /// Bytes of heap committed.
        heap_committed: u64,
        /// Bytes that the heap can have.
        heap_max: u64,
        /// Bytes outside the heap asked for at the start.
        non_heap_initial: u64,
        /// Bytes outside the heap used.
        non_heap_used: u64,
        /// Bytes outside the heap committed.
        non_heap_committed: u64,
        /// Bytes that there can be outside the heap.
        non_heap_max: u64,
        /// Garbage collections.
        gc_count: u32,
        /// Milliseconds of garbage collection.
        gc_time: u32,
        /// Classes loaded now.
        classes_loaded: u32,
        /// Classes loaded since the start.
        classes_total: u32,
        /// Classes unloaded since the start.
        classes_unloaded: u32,
        /// Milliseconds of compilation.
        compilation_time: u32,
        /// Threads now.
        thread_num_live: u32,
        /// Daemon threads now.
        thread_num_daemon: u32,
        /// Threads started since the start.
        thread_num_started: u32,
        /// File descriptors open; appended later.
        fd_open_count: Option<u32>,
        /// File descriptors that can be open; appended later.
        fd_max_count: Option<u32>,
    }
}
