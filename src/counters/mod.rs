//! Counter records: what a counter sample tells about its data source.
//!
//! Each structure stands in the file of its family, under the specification's name for it and its fields. A counter that
//! an agent does not have is all ones; other special values are told at the field.

mod application;
mod environment;
mod gpu;
mod host;
mod interface;
mod mib2;
mod percent;
mod switch_asic;
mod virtualization;
mod xenserver;

pub use application::*;
pub use environment::*;
pub use gpu::*;
pub use host::*;
pub use interface::*;
pub use mib2::*;
pub use percent::Percent;
pub use switch_asic::*;
pub use virtualization::*;
pub use xenserver::*;

use crate::structure::records;

records! {
    /// A counter record, decoded.
    CounterRecord<'a> {
        IfCounters(IfCounters),
        EthernetCounters(EthernetCounters),
        TokenringCounters(TokenringCounters),
        VgCounters(VgCounters),
        VlanCounters(VlanCounters),
        Ieee80211Counters(Ieee80211Counters),
        LagPortStats(LagPortStats),
        SlowPathCounts(SlowPathCounts),
        IbCounters(IbCounters),
        Sfp(Sfp<'a>),
        Pfc(Pfc),
        Processor(Processor),
        RadioUtilization(RadioUtilization),
        QueueLength(QueueLength),
        OfPort(OfPort),
        PortName(PortName<'a>),
        HostDescr(HostDescr<'a>),
        HostAdapters(HostAdapters<'a>),
        HostParent(HostParent),
        HostCpu(HostCpu),
        HostMemory(HostMemory),
        HostDiskIo(HostDiskIo),
        HostNetIo(HostNetIo),
        Mib2IpGroup(Mib2IpGroup),
        Mib2IcmpGroup(Mib2IcmpGroup),
        Mib2TcpGroup(Mib2TcpGroup),
        Mib2UdpGroup(Mib2UdpGroup),
        VirtNode(VirtNode),
        VirtCpu(VirtCpu),
        VirtMemory(VirtMemory),
        VirtDiskIo(VirtDiskIo),
        VirtNetIo(VirtNetIo),
        JvmRuntime(JvmRuntime<'a>),
        JvmStatistics(JvmStatistics),
        MemcachedCounters(MemcachedCounters),
        HttpCounters(HttpCounters),
        AppOperations(AppOperations<'a>),
        AppResources(AppResources),
        MemcacheCounters(MemcacheCounters),
        Vdi(Vdi),
        AppWorkers(AppWorkers),
        OvsDpStats(OvsDpStats),
        Energy(Energy),
        Temperature(Temperature),
        Humidity(Humidity),
        Fans(Fans),
        BstDeviceBuffers(BstDeviceBuffers),
        BstPortBuffers(BstPortBuffers<'a>),
        HwTables(HwTables),
        NvidiaGpu(NvidiaGpu),
        XenServerVif(XenServerVif),
    }
}
