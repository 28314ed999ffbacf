//! What decided about the packet, discarded packets above all: formats 1037, 1038, 1041 and 1042.

use crate::structure::{Text, structure};

structure! {
    /// `extended_acl`, flow record 0:1037: the rule that matched. [sFlow drops]
    ExtendedAcl<'a> = "extended_acl" 0:1037 {
        /// Number of the access list.
        number: u32,
        /// Its name.
        name: Text<'a>,
        /// 0 unknown, 1 ingress, 2 egress.
        direction: u32,
    }

    /// `extended_function`, flow record 0:1038: the code that dropped the packet. [sFlow drops]
    ExtendedFunction<'a> = "extended_function" 0:1038 {
        /// Name of a function in the kernel or program.
        symbol: Text<'a>,
    }

    /// `extended_hw_trap`, flow record 0:1041: the hardware's reason, in the words of Linux's devlink. [host-sflow, sflow.h]
    ExtendedHwTrap<'a> = "extended_hw_trap" 0:1041 {
        /// Group of traps.
        group: Text<'a>,
        /// The trap in it.
        trap: Text<'a>,
    }

    /// `extended_linux_drop_reason`, flow record 0:1042: the Linux kernel's reason. [host-sflow, sflow.h]
    ExtendedLinuxDropReason<'a> = "extended_linux_drop_reason" 0:1042 {
        /// Name of an skb drop reason.
        reason: Text<'a>,
    }
}
