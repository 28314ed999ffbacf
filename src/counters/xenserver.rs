//! Counters of XenServer: enterprise 4300, InMon.

use std::net::Ipv4Addr;

use crate::structure::structure;

structure! {
    /// `xenserver_vif`, counter record 4300:2: a virtual interface of a XenServer guest. No memo was published; the layout
    /// was read off agents, and the name is no more than a description.
    XenServerVif = "xenserver_vif" 4300:2 {
        /// The interface's number within the guest.
        vif_index: u32,
        /// The guest's address.
        ip: Ipv4Addr,
        /// The guest.
        domain_id: u32,
        /// The network it is connected to.
        network_index: u32,
        /// Not explained.
        flags: u32,
    }
}
