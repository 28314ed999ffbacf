//! Counters of applications: enterprise 0, formats 2200 to 2207.

use crate::structure::{Text, structure};

structure! {
    /// `memcached_counters`, counter record 0:2200: deprecated, see [`MemcacheCounters`].
    /// [sFlow discussion](https://groups.google.com/g/sflow/c/KDk_QrxCSJI)
    MemcachedCounters = "memcached_counters" 0:2200 {
        /// Seconds since the server started.
        uptime: u32,
        /// Milliseconds in user mode.
        rusage_user: u32,
        /// Milliseconds in system mode.
        rusage_system: u32,
        /// Connections open now.
        curr_connections: u32,
        /// Connections opened so far.
        total_connections: u32,
        /// Connection structures allocated.
        connection_structures: u32,
        /// Get commands.
        cmd_get: u32,
        /// Set commands.
        cmd_set: u32,
        /// Flush commands.
        cmd_flush: u32,
        /// Gets that found their key.
        get_hits: u32,
        /// Gets that did not.
        get_misses: u32,
        /// Deletes that did not find their key.
        delete_misses: u32,
        /// Deletes that did.
        delete_hits: u32,
        /// Incrs that did not find their key.
        incr_misses: u32,
        /// Incrs that did.
        incr_hits: u32,
        /// Decrs that did not find their key.
        decr_misses: u32,
        /// Decrs that did.
        decr_hits: u32,
        /// Compare-and-swaps that did not find their key.
        cas_misses: u32,
        /// Compare-and-swaps that did and swapped.
        cas_hits: u32,
        /// Compare-and-swaps that did and found another value.
        cas_badval: u32,
        /// Authentications.
        auth_cmds: u32,
        /// Authentications that failed.
        auth_errors: u32,
        /// Bytes received.
        bytes_read: u64,
        /// Bytes sent.
        bytes_written: u64,
        /// Bytes that items may take together.
        limit_maxbytes: u32,
        /// Whether connections are accepted.
        accepting_conns: u32,
        /// Times that the limit of connections was reached.
        listen_disabled_num: u32,
        /// Worker threads.
        threads: u32,
        /// Times that a connection yielded to others.
        conn_yields: u32,
        /// Bytes of items now.
        bytes: u64,
        /// Items now.
        curr_items: u32,
        /// Items stored so far.
        total_items: u32,
        /// Items removed for want of memory.
        evictions: u32,
    }

    /// `http_counters`, counter record 0:2201: a web server's requests by method, and its responses by status.
    /// [sFlow HTTP structures](https://sflow.org/sflow_http.txt)
    HttpCounters = "http_counters" 0:2201 {
        /// OPTIONS.
        method_option_count: u32,
        /// GET.
        method_get_count: u32,
        /// HEAD.
        method_head_count: u32,
        /// POST.
        method_post_count: u32,
        /// PUT.
        method_put_count: u32,
        /// DELETE.
        method_delete_count: u32,
        /// TRACE.
        method_trace_count: u32,
        /// CONNECT.
        method_connect_count: u32,
        /// Any other method.
        method_other_count: u32,
        /// 100 to 199.
        status_1xx_count: u32,
        /// 200 to 299.
        status_2xx_count: u32,
        /// 300 to 399.
        status_3xx_count: u32,
        /// 400 to 499.
        status_4xx_count: u32,
        /// 500 to 599.
        status_5xx_count: u32,
        /// Any other status.
        status_other_count: u32,
    }

    /// `app_operations`, counter record 0:2202: an application's operations by how they ended.
    /// [sFlow application structures](https://sflow.org/sflow_application.txt)
    AppOperations<'a> = "app_operations" 0:2202 {
        /// The application's name.
        application: Text<'a>,
        /// Ended well.
        success: u32,
        /// Failed for another reason.
        other: u32,
        /// Timed out.
        timeout: u32,
        /// Internal error.
        internal_error: u32,
        /// Bad request.
        bad_request: u32,
        /// Forbidden.
        forbidden: u32,
        /// Too large.
        too_large: u32,
        /// Not implemented.
        not_implemented: u32,
        /// Not found.
        not_found: u32,
        /// Unavailable.
        unavailable: u32,
        /// Unauthorized.
        unauthorized: u32,
    }

    /// `app_resources`, counter record 0:2203: what an application takes. Open vSwitch sends it for itself.
    /// [sFlow application structures](https://sflow.org/sflow_application.txt)
    AppResources = "app_resources" 0:2203 {
        /// Milliseconds in user mode.
        user_time: u32,
        /// Milliseconds in system mode.
        system_time: u32,
        /// Bytes used.
        mem_used: u64,
        /// Bytes that can be used.
        mem_max: u64,
        /// File descriptors open.
        fd_open: u32,
        /// File descriptors that can be open.
        fd_max: u32,
        /// Network connections open.
        conn_open: u32,
        /// Network connections that can be open.
        conn_max: u32,
    }

    /// `memcache_counters`, counter record 0:2204: a memcache server.
    /// [sFlow memcache structures](https://sflow.org/sflow_memcache.txt)
    MemcacheCounters = "memcache_counters" 0:2204 {
        /// Set commands.
        cmd_set: u32,
        /// Touch commands.
        cmd_touch: u32,
        /// Flush commands.
        cmd_flush: u32,
        /// Gets that found their key.
        get_hits: u32,
        /// Gets that did not.
        get_misses: u32,
        /// Deletes that found their key.
        delete_hits: u32,
        /// Deletes that did not.
        delete_misses: u32,
        /// Incrs that found their key.
        incr_hits: u32,
        /// Incrs that did not.
        incr_misses: u32,
        /// Decrs that found their key.
        decr_hits: u32,
        /// Decrs that did not.
        decr_misses: u32,
        /// Compare-and-swaps that found their key and swapped.
        cas_hits: u32,
        /// Compare-and-swaps that did not find their key.
        cas_misses: u32,
        /// Compare-and-swaps that found another value.
        cas_badval: u32,
        /// Authentications.
        auth_cmds: u32,
        /// Authentications that failed.
        auth_errors: u32,
        /// Worker threads.
        threads: u32,
        /// Times that a connection yielded to others.
        conn_yields: u32,
        /// Times that the limit of connections was reached.
        listen_disabled_num: u32,
        /// Connections open now.
        curr_connections: u32,
        /// Connections rejected.
        rejected_connections: u32,
        /// Connections opened so far.
        total_connections: u32,
        /// Connection structures allocated.
        connection_structures: u32,
        /// Items removed for want of memory.
        evictions: u32,
        /// Times that an expired item made room for a new one.
        reclaimed: u32,
        /// Items now.
        curr_items: u32,
        /// Items stored so far.
        total_items: u32,
        /// Bytes received.
        bytes_read: u64,
        /// Bytes sent.
        bytes_written: u64,
        /// Bytes of items now.
        bytes: u64,
        /// Bytes that items may take together.
        limit_maxbytes: u64,
    }

    /// `vdi`, counter record 0:2205: virtual desktops. No memo was published; the layout is sflowtool's.
    Vdi = "vdi" 0:2205 {
        /// Sessions now.
        sessions_current: u32,
        /// Sessions so far.
        sessions_total: u32,
        /// Seconds of all sessions.
        sessions_duration: u32,
        /// Bytes received.
        rx_bytes: u32,
        /// Bytes sent.
        tx_bytes: u32,
        /// Packets received.
        rx_packets: u32,
        /// Packets sent.
        tx_packets: u32,
        /// Packets lost on the way here.
        rx_packets_lost: u32,
        /// Packets lost on the way out.
        tx_packets_lost: u32,
        /// The shortest round trip, in milliseconds.
        rtt_min_ms: u32,
        /// The longest round trip, in milliseconds.
        rtt_max_ms: u32,
        /// The average round trip, in milliseconds.
        rtt_avg_ms: u32,
        /// Bytes of sound received.
        audio_rx_bytes: u32,
        /// Bytes of sound sent.
        audio_tx_bytes: u32,
        /// Limit of sound sent.
        audio_tx_limit: u32,
        /// Bytes of pictures received.
        img_rx_bytes: u32,
        /// Bytes of pictures sent.
        img_tx_bytes: u32,
        /// Pictures.
        img_frames: u32,
        /// The worst quality of pictures.
        img_qual_min: u32,
        /// The best quality of pictures.
        img_qual_max: u32,
        /// The average quality of pictures.
        img_qual_avg: u32,
        /// Bytes of USB received.
        usb_rx_bytes: u32,
        /// Bytes of USB sent.
        usb_tx_bytes: u32,
    }

    /// `app_workers`, counter record 0:2206: an application's worker processes.
    /// [sFlow application structures](https://sflow.org/sflow_application.txt)
    AppWorkers = "app_workers" 0:2206 {
        /// Workers at work.
        workers_active: u32,
        /// Workers idle.
        workers_idle: u32,
        /// Workers that there can be.
        workers_max: u32,
        /// Requests that waited for a worker.
        req_delayed: u32,
        /// Requests dropped.
        req_dropped: u32,
    }

    /// `ovs_dp_stats`, counter record 0:2207: an Open vSwitch data path.
    /// [sFlow blog](https://blog.sflow.com/2015/01/open-vswitch-performance-monitoring.html)
    OvsDpStats = "ovs_dp_stats" 0:2207 {
        /// Packets that matched a flow.
        hits: u32,
        /// Packets that did not.
        misses: u32,
        /// Packets lost before they got to user space.
        lost: u32,
        /// Masks tried.
        mask_hits: u32,
        /// Flows now.
        flows: u32,
        /// Masks now.
        masks: u32,
    }
}
