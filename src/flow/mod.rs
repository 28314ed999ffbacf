//! Flow records: what a flow sample or a discarded packet tells about its packet.
//!
//! Each structure stands in the file of its family, under the name that the sFlow specification or memo gives it.

mod applications;
mod discards;
mod header;
mod infiniband;
mod mpls;
mod queues;
mod routing;
mod sampled;
mod sockets;
mod switching;
mod transactions;
mod tunnels;
mod user;
mod vendor;
mod wireless;

pub use applications::*;
pub use discards::*;
pub use header::*;
pub use infiniband::*;
pub use mpls::*;
pub use queues::*;
pub use routing::*;
pub use sampled::*;
pub use sockets::*;
pub use switching::*;
pub use transactions::*;
pub use tunnels::*;
pub use user::*;
pub use vendor::*;
pub use wireless::*;

use crate::structure::records;

records! {
    /// A flow record, decoded.
    FlowRecord<'a> {
        SampledHeader(SampledHeader<'a>),
        SampledEthernet(SampledEthernet),
        SampledIpv4(SampledIpv4),
        SampledIpv6(SampledIpv6),
        ExtendedSwitch(ExtendedSwitch),
        ExtendedRouter(ExtendedRouter),
        ExtendedGateway(ExtendedGateway<'a>),
        ExtendedUser(ExtendedUser<'a>),
        ExtendedUrl(ExtendedUrl<'a>),
        ExtendedMpls(ExtendedMpls<'a>),
        ExtendedNat(ExtendedNat),
        ExtendedMplsTunnel(ExtendedMplsTunnel<'a>),
        ExtendedMplsVc(ExtendedMplsVc<'a>),
        ExtendedMplsFtn(ExtendedMplsFtn<'a>),
        ExtendedMplsLdpFec(ExtendedMplsLdpFec),
        ExtendedVlanTunnel(ExtendedVlanTunnel<'a>),
        Extended80211Payload(Extended80211Payload<'a>),
        Extended80211Rx(Extended80211Rx<'a>),
        Extended80211Tx(Extended80211Tx<'a>),
        Extended80211Aggregation(Extended80211Aggregation<'a>) if Extended80211Aggregation::is_shallow,
        ExtendedOpenflowV1(ExtendedOpenflowV1),
        ExtendedFc(ExtendedFc),
        ExtendedQueueLength(ExtendedQueueLength),
        ExtendedNatPort(ExtendedNatPort),
        ExtendedL2TunnelEgress(ExtendedL2TunnelEgress),
        ExtendedL2TunnelIngress(ExtendedL2TunnelIngress),
        ExtendedIpv4TunnelEgress(ExtendedIpv4TunnelEgress),
        ExtendedIpv4TunnelIngress(ExtendedIpv4TunnelIngress),
        ExtendedIpv6TunnelEgress(ExtendedIpv6TunnelEgress),
        ExtendedIpv6TunnelIngress(ExtendedIpv6TunnelIngress),
        ExtendedDecapsulateEgress(ExtendedDecapsulateEgress),
        ExtendedDecapsulateIngress(ExtendedDecapsulateIngress),
        ExtendedVniEgress(ExtendedVniEgress),
        ExtendedVniIngress(ExtendedVniIngress),
        ExtendedIbLrh(ExtendedIbLrh),
        ExtendedIbGrh(ExtendedIbGrh),
        ExtendedIbBth(ExtendedIbBth),
        ExtendedVlanIn(ExtendedVlanIn<'a>),
        ExtendedVlanOut(ExtendedVlanOut<'a>),
        ExtendedEgressQueue(ExtendedEgressQueue),
        ExtendedAcl(ExtendedAcl<'a>),
        ExtendedFunction(ExtendedFunction<'a>),
        ExtendedTransit(ExtendedTransit),
        ExtendedQueue(ExtendedQueue),
        ExtendedHwTrap(ExtendedHwTrap<'a>),
        ExtendedLinuxDropReason(ExtendedLinuxDropReason<'a>),
        ExtendedTimestamp(ExtendedTimestamp),
        Transaction(Transaction),
        ExtendedNfsStorageTransaction(ExtendedNfsStorageTransaction<'a>),
        ExtendedScsiStorageTransaction(ExtendedScsiStorageTransaction),
        ExtendedHttpTransaction(ExtendedHttpTransaction<'a>),
        ExtendedSocketIpv4(ExtendedSocketIpv4),
        ExtendedSocketIpv6(ExtendedSocketIpv6),
        ExtendedProxySocketIpv4(ExtendedProxySocketIpv4),
        ExtendedProxySocketIpv6(ExtendedProxySocketIpv6),
        MemcacheOperation(MemcacheOperation<'a>),
        DeprecatedHttpRequest(DeprecatedHttpRequest<'a>) if DeprecatedHttpRequest::fills,
        AppOperation(AppOperation<'a>),
        AppParentContext(AppParentContext<'a>),
        AppInitiator(AppInitiator<'a>),
        AppTarget(AppTarget<'a>),
        HttpRequest(HttpRequest<'a>),
        ExtendedProxyRequest(ExtendedProxyRequest<'a>),
        ExtendedNavTiming(ExtendedNavTiming),
        ExtendedTcpInfo(ExtendedTcpInfo),
        ExtendedEntities(ExtendedEntities),
        ExtendedBstEgressQueue(ExtendedBstEgressQueue),
        ExtendedProcess(ExtendedProcess<'a>),
        PmacctClass(PmacctClass),
        PmacctTag(PmacctTag),
        PmacctNdpiClass(PmacctNdpiClass),
        OldPmacctClass(OldPmacctClass) if OldPmacctClass::fills,
        OldPmacctTag(OldPmacctTag) if OldPmacctTag::fills,
    }
}
