-- sFlow fields for Wireshark: what sflowdump writes in each packet's comment, as fields to filter, show and sum up.
--
-- A comment is the word "sflow" and then key=value words. Here is what becomes of each key: its field has the same name after
-- "sflowdump.", or a longer one where the key is an abbreviation. Two fields are reckoned: sflowdump.packets, how many packets
-- of the network this one stands for, and sflowdump.bytes, their bytes. Summed up they estimate the traffic.
--
-- Runs in Wireshark and tshark 4.0 and later: put it into the folder "Personal Lua Plugins" of Help > About > Folders.

local first_time, sflow = pcall(Proto, "sflowdump", "sFlow sample")
if not first_time then return end -- the same script stands in another folder too
set_plugin_info({ version = "0.1.0", repository = "https://github.com/sflowdump/sflowdump" })

local all_fields = {}

local function field(kind, name, title, ...)
    local made = kind("sflowdump." .. name, title, ...)
    table.insert(all_fields, made)
    return made
end

------------------------------------------------------------------------------------------------------------------------
-- Values
------------------------------------------------------------------------------------------------------------------------

local find, match, gmatch, gsub, sub = string.find, string.match, string.gmatch, string.gsub, string.sub
local add_item, referenced = TreeItem.add, TreeItem.referenced

local function to_number(value)
    local number = find(value, "^%d+$") and tonumber(value)
    return number and number <= 0xffffffff and number or nil
end

local function to_number64(value)
    local digits = match(value, "^0x(%x+)$")
    if digits then return #digits <= 16 and UInt64.fromhex(digits) or nil end
    return find(value, "^%d+$") and #value <= 20 and UInt64.new(value) or nil
end

-- Wireshark would ask the name service for what is no address: only what looks like one gets there.
local function to_ipv4(value)
    local a, b, c, d = match(value, "^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    for _, part in ipairs({ a or 256, b, c, d }) do
        if tonumber(part) > 255 then return nil end
    end
    return Address.ip(value)
end

local function to_ipv6(value)
    if not find(value, "^[%x:.]+$") or not find(value, ":.*:") then return nil end
    local read, address = pcall(Address.ipv6, value)
    -- Where it cannot read one, it makes the address of zeros.
    return read and (value == "::" or tostring(address) ~= "::") and address or nil
end

local function to_ether(value)
    return find(value, "^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$") and Address.ether(value)
end

-- Printable ASCII comes out of its %XX; bytes that are no text stay in it.
local function unescape(value)
    if not find(value, "%", 1, true) then return value end
    return (gsub(value, "%%(%x%x)", function(digits)
        local byte = tonumber(digits, 16)
        if byte >= 0x20 and byte <= 0x7e then return string.char(byte) end
    end))
end

------------------------------------------------------------------------------------------------------------------------
-- Kinds of keys. A key has fields and a function "add", which adds a value to the tree. It returns false or nil for a value
-- that it cannot read.
------------------------------------------------------------------------------------------------------------------------

-- A key of one field. "read" makes of a value what the field takes.
local function single(made, read)
    local function add(tree, value)
        local known = read(value)
        return known and add_item(tree, made, known)
    end
    return { add = add, fields = { made } }
end

local function text(name, title) return single(field(ProtoField.string, name, title), unescape) end

local function number(name, title) return single(field(ProtoField.uint32, name, title), to_number) end

local function number64(name, title) return single(field(ProtoField.uint64, name, title), to_number64) end

local function hexadecimal64(name, title) return single(field(ProtoField.uint64, name, title, base.HEX), to_number64) end

local function ether(name, title) return single(field(ProtoField.ether, name, title), to_ether) end

-- The first of two keys, or the second where the first cannot read the value.
local function either(first, second)
    local function add(tree, value) return first.add(tree, value) or second.add(tree, value) end
    return { add = add, fields = { first.fields[1], second.fields[1] } }
end

-- IPv4 addresses have the plain name, IPv6 addresses a 6 after it: Wireshark compares a field with addresses of one kind only.
local function address(name, title)
    return either(
        single(field(ProtoField.ipv4, name, title), to_ipv4),
        single(field(ProtoField.ipv6, name .. "6", title), to_ipv6)
    )
end

-- An ifIndex, or words for something else: the number has the plain name, the words have ".form" after it.
local function port(name, title) return either(number(name, title), text(name .. ".form", title)) end

-- Items with commas between them. A list that was too long ends in "+N", the number of items left out.
local function list(each)
    local function add(tree, value)
        local last
        for item in gmatch(value, "[^,]+") do
            local rest = last and match(item, "^%+(%d+)$")
            if rest then
                last:append_text(" and " .. rest .. " more")
            else
                last = each.add(tree, item)
                if not last then return nil end
            end
        end
        return last
    end
    return { add = add, fields = each.fields }
end

-- An AS path: sets stand in braces.
local function as_path(name, title)
    local one = number(name, title)
    local in_set
    local function add(tree, item)
        local open, as, close = match(item, "^({?)(%d+)(}?)$")
        local added = as and one.add(tree, as)
        in_set = in_set or open == "{"
        if added and in_set then added:append_text(" (of a set)") end
        in_set = in_set and close == ""
        return added
    end
    local path = list({ add = add, fields = one.fields })
    local function add_path(tree, value)
        in_set = false
        return path.add(tree, value)
    end
    return { add = add_path, fields = one.fields }
end

-- A VLAN stack: another TPID than 8100 stands before the VLAN.
local function vlans(name, title)
    local one = number(name, title)
    local function add(tree, item)
        local tpid, vlan = match(item, "^(%x%x%x%x):(%d+)$")
        local added = one.add(tree, vlan or item)
        if added and tpid then added:append_text(" (TPID 0x" .. tpid .. ")") end
        return added
    end
    return list({ add = add, fields = one.fields })
end

-- A tunnel: SOURCE>DESTINATION/REST, whole and each end.
local function tunnel(name, title, kind)
    local whole = text(name, title)
    local source, destination = kind(name .. ".src", title .. ", source"), kind(name .. ".dst", title .. ", destination")
    local function add(tree, value)
        local src, dst = match(value, "^([^>]+)>([^/]+)/")
        return src and source.add(tree, src) and destination.add(tree, dst) and whole.add(tree, value)
    end
    local fields = { whole.fields[1] }
    for _, ends in ipairs({ source, destination }) do
        for _, one in ipairs(ends.fields) do
            table.insert(fields, one)
        end
    end
    return { add = add, fields = fields }
end

------------------------------------------------------------------------------------------------------------------------
-- Keys
------------------------------------------------------------------------------------------------------------------------

local reason = text("reason", "Discard reason")

-- Where the packet went: "discard:REASON" and "multiple:N" have a field for what is behind the colon.
local function output(name, title)
    local whole, count = port(name, title), number(name .. ".count", "Number of output ports")
    local function add(tree, value)
        local form, rest = match(value, "^(%a+):(.+)$")
        if form == "discard" then
            return whole.add(tree, form) and reason.add(tree, rest)
        elseif form == "multiple" then
            return whole.add(tree, form) and count.add(tree, rest)
        end
        return whole.add(tree, value)
    end
    return { add = add, fields = { whole.fields[1], whole.fields[2], count.fields[1], reason.fields[1] } }
end

local keys = {
    agent = address("agent", "Agent"),
    sub = number("subagent", "Sub-agent"),
    source = port("source", "Data source"),
    ["in"] = port("input", "Input port"),
    out = output("output", "Output port"),
    dir = text("direction", "Direction"),
    rate = number64("rate", "Sampling rate, 1 in"),
    thinned = number64("thinned", "Thinned, 1 in"),
    pool = number("pool", "Sample pool"),
    drops = number("drops", "Samples dropped by the agent"),
    seq = number("seq", "Sequence number of the sample"),
    reason = reason,
    header = text("header", "Ethernet header made for"),
    synthetic = text("synthetic", "Packet made from the fields of"),
    clock = text("clock", "Clock of the time stamp"),
    unread = text("unread", "Record not read"),

    ["vlan.in"] = number("vlan.in", "VLAN in"),
    ["vlan.out"] = number("vlan.out", "VLAN out"),
    ["pri.in"] = number("priority.in", "Priority in"),
    ["pri.out"] = number("priority.out", "Priority out"),
    vlans = vlans("vlans", "VLAN stack"),
    ["vlans.in"] = vlans("vlans.in", "VLAN stack in"),
    ["vlans.out"] = vlans("vlans.out", "VLAN stack out"),

    nexthop = address("nexthop", "Next hop"),
    ["mask.src"] = number("mask.src", "Source prefix length"),
    ["mask.dst"] = number("mask.dst", "Destination prefix length"),
    ["bgp.nexthop"] = address("bgp.nexthop", "BGP next hop"),
    as = number("as", "AS of the router"),
    ["as.src"] = number("as.src", "AS of the source"),
    ["as.peer"] = number("as.peer", "AS of the source's peer"),
    ["as.path"] = as_path("as.path", "AS path to the destination"),
    communities = list(text("communities", "BGP community")),
    localpref = number("localpref", "BGP local preference"),

    ["user.src"] = text("user.src", "Source user"),
    ["user.dst"] = text("user.dst", "Destination user"),
    url = text("url", "URL"),
    host = text("host", "Host of the URL"),

    ["mpls.nexthop"] = address("mpls.nexthop", "MPLS next hop"),
    ["mpls.in"] = list(number("mpls.in", "MPLS label in")),
    ["mpls.out"] = list(number("mpls.out", "MPLS label out")),
    lsp = text("lsp", "MPLS tunnel"),
    ["lsp.id"] = number("lsp.id", "MPLS tunnel number"),
    ["lsp.cos"] = number("lsp.cos", "MPLS tunnel class of service"),
    vc = text("vc", "MPLS virtual circuit"),
    ["vc.id"] = number("vc.id", "MPLS virtual circuit number"),
    ["vc.cos"] = number("vc.cos", "MPLS virtual circuit class of service"),
    ftn = text("ftn", "MPLS FTN"),
    ["ftn.mask"] = number("ftn.mask", "MPLS FTN mask"),
    ["fec.len"] = number("fec.len", "MPLS FEC prefix length"),

    ["nat.src"] = address("nat.src", "Translated source"),
    ["nat.dst"] = address("nat.dst", "Translated destination"),
    ["nat.sport"] = number("nat.sport", "Translated source port"),
    ["nat.dport"] = number("nat.dport", "Translated destination port"),

    ["tunnel.in"] = tunnel("tunnel.in", "Tunnel in", address),
    ["tunnel.out"] = tunnel("tunnel.out", "Tunnel out", address),
    ["l2tunnel.in"] = tunnel("l2tunnel.in", "Ethernet tunnel in", ether),
    ["l2tunnel.out"] = tunnel("l2tunnel.out", "Ethernet tunnel out", ether),
    ["decap.in"] = number("decap.in", "Offset of the inner header in"),
    ["decap.out"] = number("decap.out", "Offset of the inner header out"),
    ["vni.in"] = number("vni.in", "VNI in"),
    ["vni.out"] = number("vni.out", "VNI out"),

    queue = number("queue", "Egress queue"),
    ["queue.length"] = number("queue.length", "Queue length (segments)"),
    ["queue.depth"] = number("queue.depth", "Queue depth (bytes)"),
    delay = number("delay", "Transit delay (ns)"),
    acl = number("acl", "ACL"),
    ["acl.name"] = text("acl.name", "ACL name"),
    ["acl.dir"] = text("acl.dir", "ACL direction"),
    ["function"] = text("function", "Dropped by the function"),
    trap = text("trap", "Hardware trap"),
    ["trap.group"] = text("trap.group", "Hardware trap group"),
    linux = text("linux", "Linux drop reason"),

    ssid = text("ssid", "SSID"),
    bssid = ether("bssid", "BSSID"),
    wifi = text("wifi", "802.11 version"),
    channel = number("channel", "Channel"),
    speed = number64("speed", "Speed (bit/s)"),
    airtime = number("airtime", "Packet duration (µs)"),
    rsni = number("rsni", "RSNI"),
    rcpi = number("rcpi", "RCPI"),
    tx = number("tx", "Transmissions"),
    retrans = number("retrans", "Retransmission duration (µs)"),
    power = number("power", "Power (mW)"),
    ampdu = number("ampdu", "PDUs of the A-MPDU"),
    cipher = text("cipher", "Cipher suite"),

    ["of.cookie"] = hexadecimal64("of.cookie", "OpenFlow cookie"),
    ["of.match"] = number("of.match", "OpenFlow match"),
    ["of.actions"] = number("of.actions", "OpenFlow actions"),

    ["fc.nexthop"] = number("fc.nexthop", "Fibre Channel next hop"),
    ["fc.src"] = number("fc.src", "Fibre Channel source mask length"),
    ["fc.dst"] = number("fc.dst", "Fibre Channel destination mask length"),

    ["ib.lid"] = text("ib.lid", "InfiniBand LIDs"),
    ["ib.sl"] = text("ib.sl", "InfiniBand service levels"),
    ["ib.gid"] = text("ib.gid", "InfiniBand GIDs"),
    ["ib.qp"] = number("ib.qp", "InfiniBand queue pair"),
    ["ib.pkey"] = number("ib.pkey", "InfiniBand partition key"),
    ["ib.op"] = number("ib.op", "InfiniBand opcode"),

    socket = text("socket", "Socket"),
    proxy = text("proxy", "Proxied socket"),
    ["tcp.dir"] = text("tcp.dir", "TCP direction"),
    ["tcp.mss"] = number("tcp.mss", "TCP MSS"),
    ["tcp.unacked"] = number("tcp.unacked", "TCP segments not acknowledged"),
    ["tcp.lost"] = number("tcp.lost", "TCP segments lost"),
    ["tcp.retrans"] = number("tcp.retrans", "TCP segments retransmitted"),
    ["tcp.pmtu"] = number("tcp.pmtu", "TCP path MTU"),
    ["tcp.rtt"] = number("tcp.rtt", "TCP round trip (µs)"),
    ["tcp.rttvar"] = number("tcp.rttvar", "TCP round trip variance (µs)"),
    ["tcp.minrtt"] = number("tcp.minrtt", "TCP least round trip (µs)"),
    ["tcp.cwnd"] = number("tcp.cwnd", "TCP congestion window"),
    ["tcp.reordering"] = number("tcp.reordering", "TCP reordering"),

    ["entity.src"] = port("entity.src", "Source entity"),
    ["entity.dst"] = port("entity.dst", "Destination entity"),

    class = text("class", "pmacct class"),
    tag = number64("tag", "pmacct tag"),
    tag2 = number64("tag2", "pmacct tag 2"),
}

-- Keys of later versions, and values that are not what their key promises.
local other = text("other", "Other")

local packets = field(ProtoField.uint64, "packets", "Packets it stands for")
local bytes = field(ProtoField.uint64, "bytes", "Bytes it stands for")

sflow.fields = all_fields

------------------------------------------------------------------------------------------------------------------------
-- Packets
------------------------------------------------------------------------------------------------------------------------

local comments = Field.new("frame.comment")

-- The packet's comment that sflowdump wrote; users may have written others.
local function own_comment()
    for _, comment in ipairs({ comments() }) do
        local line = comment.value
        if sub(line, 1, 6) == "sflow " and find(line, " agent=", 1, true) then return line end
    end
end

-- The line of the tree that stands for all.
local function summary(line)
    local agent, source = match(line, " agent=([^ ]*)"), match(line, " source=([^ ]*)")
    if not source then return "sFlow datagram, agent " .. agent end
    local parts = { "sFlow sample", "agent " .. agent, (find(source, "^%d") and "port " or "") .. source }
    local rate = match(line, " rate=([^ ]*)")
    local why = match(line, " reason=([^ ]*)") or match(line, " out=discard:([^ ]*)")
    if rate then table.insert(parts, "1 in " .. rate) end
    if why then table.insert(parts, "discarded: " .. why) end
    return table.concat(parts, ", ")
end

-- Whether one of a key's fields is shown, filtered or summed up: only then is its value worth the work.
local function wanted(tree, fields)
    for place = 1, #fields do
        if referenced(tree, fields[place]) then return true end
    end
    return false
end

-- Adds what a line says.
local function add_keys(tree, line)
    local all = referenced(tree, other.fields[1])
    for name, at in gmatch(line, " ([^ =]+)=()") do
        local key = keys[name]
        if all or key and wanted(tree, key.fields) then
            local value = match(line, "^[^ ]*", at)
            if not (key and key.add(tree, value)) then other.add(tree, name .. "=" .. value) end
        end
    end
end

-- Adds what a sample stands for. A whole datagram is no traffic of the network that it tells of.
local function add_estimates(tree, line, length)
    if not find(line, " source=", 1, true) then return end
    -- The rate has what was thinned in it.
    local known = match(line, " rate=([^ ]*)") or match(line, " thinned=([^ ]*)") or ""
    local rate = to_number64(known) or UInt64.new(1)
    if referenced(tree, packets) then tree:add(packets, rate) end
    if referenced(tree, bytes) then tree:add(bytes, rate * UInt64.new(length)) end
end

local this

function sflow.dissector(_, pinfo, tree)
    this = this or Dissector.get("sflowdump")
    if not referenced(tree, this) then return end
    local line = own_comment()
    if not line then return end
    local item = tree:add(sflow)
    if tree.visible then item:set_text(summary(line)):set_generated() end
    add_keys(item, line)
    add_estimates(item, line, pinfo.len)
end

register_postdissector(sflow)
