//! What applications were asked for: formats 2200 to 2208.

use crate::sample::Record;
use crate::structure::{Field, Text, structure};

structure! {
    /// `memcache_operation`, flow record 0:2200. [sFlow Memcache]
    MemcacheOperation<'a> = "memcache_operation" 0:2200 {
        /// 0 other, 1 ASCII, 2 binary.
        protocol: u32,
        /// 0 other, 1 set, 2 add, 3 replace, 4 append, 5 prepend, 6 cas, 7 get, 8 gets, 9 incr, 10 decr, 11 delete, 12 stats,
        /// 13 flush, 14 version, 15 quit, 16 touch.
        cmd: u32,
        /// The key, or one of several.
        key: Text<'a>,
        /// Number of keys.
        nkeys: u32,
        /// Bytes of the value.
        value_bytes: u32,
        /// Microseconds that it took.
        duration: u32,
        /// 0 unknown, 1 ok, 2 error, 3 client error, 4 server error, 5 stored, 6 not stored, 7 exists, 8 not found, 9 deleted.
        status: u32,
    }

    /// `http_request`, flow record 0:2201, deprecated for [`HttpRequest`]. [sflowtool, sflow.h]
    DeprecatedHttpRequest<'a> = "http_request" 0:2201 {
        /// As in [`HttpRequest`].
        method: u32,
        /// 1000 × major version + minor version.
        protocol: u32,
        /// The URI as sent by the client.
        uri: Text<'a>,
        /// The Host field.
        host: Text<'a>,
        /// The Referer field.
        referer: Text<'a>,
        /// The User-Agent field.
        useragent: Text<'a>,
        /// The authenticated user (RFC 1413).
        authuser: Text<'a>,
        /// MIME type of the response.
        mime_type: Text<'a>,
        /// Bytes of the response.
        bytes: u64,
        /// Microseconds that it took.
        duration: u32,
        /// HTTP status.
        status: u32,
    }

    /// `context`: what an application was doing.
    Context<'a> = "context" {
        /// Name of the application, with parts after dots.
        application: Text<'a>,
        /// Name of the operation.
        operation: Text<'a>,
        /// Its attributes, as `name=value&name=value`.
        attributes: Text<'a>,
    }

    /// `app_operation`, flow record 0:2202. [sFlow application]
    AppOperation<'a> = "app_operation" 0:2202 {
        /// What was done.
        context: Context<'a>,
        /// The status in words.
        status_descr: Text<'a>,
        /// Bytes of the request's body.
        req_bytes: u64,
        /// Bytes of the response's body.
        resp_bytes: u64,
        /// Microseconds that it took.
        duration: u32,
        /// 0 success, 1 other, 2 timeout, 3 internal error, 4 bad request, 5 forbidden, 6 too large, 7 not implemented,
        /// 8 not found, 9 unavailable, 10 unauthorized.
        status: u32,
    }

    /// `app_parent_context`, flow record 0:2203: on whose behalf it was done. [sFlow application]
    AppParentContext<'a> = "app_parent_context" 0:2203 {
        /// What the parent was doing.
        context: Context<'a>,
    }

    /// `app_initiator`, flow record 0:2204: who asked. [sFlow application]
    AppInitiator<'a> = "app_initiator" 0:2204 {
        /// The business-level name of the client.
        actor: Text<'a>,
    }

    /// `app_target`, flow record 0:2205: who was asked. [sFlow application]
    AppTarget<'a> = "app_target" 0:2205 {
        /// The business-level name of the server.
        actor: Text<'a>,
    }

    /// `http_request`, flow record 0:2206. [sFlow HTTP]
    HttpRequest<'a> = "http_request" 0:2206 {
        /// 0 other, 1 OPTIONS, 2 GET, 3 HEAD, 4 POST, 5 PUT, 6 DELETE, 7 TRACE, 8 CONNECT.
        method: u32,
        /// 1000 × major version + minor version.
        protocol: u32,
        /// The URI as sent by the client.
        uri: Text<'a>,
        /// The Host field.
        host: Text<'a>,
        /// The Referer field.
        referer: Text<'a>,
        /// The User-Agent field.
        useragent: Text<'a>,
        /// The X-Forwarded-For field.
        xff: Text<'a>,
        /// The authenticated user (RFC 1413).
        authuser: Text<'a>,
        /// MIME type of the response.
        mime_type: Text<'a>,
        /// Bytes of the request.
        req_bytes: u64,
        /// Bytes of the response.
        resp_bytes: u64,
        /// Microseconds that it took.
        duration: u32,
        /// HTTP status.
        status: i32,
    }

    /// `extended_proxy_request`, flow record 0:2207: what a proxy asked for instead. [sFlow HTTP]
    ExtendedProxyRequest<'a> = "extended_proxy_request" 0:2207 {
        /// The URI in its request.
        uri: Text<'a>,
        /// The Host field in its request.
        host: Text<'a>,
    }

    /// `extended_nav_timing`, flow record 0:2208: a browser's navigation timing (W3C). [sFlow discussion]
    ///
    /// Times are in milliseconds, the earliest is 1; 0 stands for an event that did not come.
    ExtendedNavTiming = "extended_nav_timing" 0:2208 {
        /// PerformanceNavigation.type.
        navigation_type: u32,
        /// PerformanceNavigation.redirectCount.
        redirect_count: u32,
        /// navigationStart.
        navigation_start: u32,
        /// unloadEventStart.
        unload_event_start: u32,
        /// unloadEventEnd.
        unload_event_end: u32,
        /// redirectStart.
        redirect_start: u32,
        /// redirectEnd.
        redirect_end: u32,
        /// fetchStart.
        fetch_start: u32,
        /// domainLookupStart.
        domain_lookup_start: u32,
        /// domainLookupEnd.
        domain_lookup_end: u32,
        /// connectStart.
        connect_start: u32,
        /// connectEnd.
        connect_end: u32,
        /// secureConnectionStart.
        secure_connection_start: u32,
        /// requestStart.
        request_start: u32,
        /// responseStart.
        response_start: u32,
        /// responseEnd.
        response_end: u32,
        /// domLoading.
        dom_loading: u32,
        /// domInteractive.
        dom_interactive: u32,
        /// domContentLoadedEventStart.
        dom_content_loaded_event_start: u32,
        /// domContentLoadedEventEnd.
        dom_content_loaded_event_end: u32,
        /// domComplete.
        dom_complete: u32,
        /// loadEventStart.
        load_event_start: u32,
        /// loadEventEnd.
        load_event_end: u32,
    }
}

impl<'a> DeprecatedHttpRequest<'a> {
    /// The number was used for another layout too: the record holds this one if it is as long.
    pub(super) fn fills(record: &Record<'a>) -> bool {
        let mut xdr = record.xdr();
        Self::read(&mut xdr).is_ok() && xdr.left() == 0
    }
}
