/*
 * libsflowcap: sFlow datagrams (versions 2, 4 and 5) for C and C++. Made by cbindgen from capi/; change it there.
 *
 * The walk: what is in a datagram. Nothing is allocated, and there is nothing to free: datagram and sample are the caller's,
 * and point into the payload, which must stay as it is until their last use.
 *
 *     struct sflowcap_datagram datagram;
 *     struct sflowcap_sample sample;
 *     enum sflowcap_status status = sflowcap_open(&datagram, payload, length);
 *     if (status != SFLOWCAP_OK)
 *         return fprintf(stderr, "%s
", sflowcap_last_error());
 *     while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
 *         if (status != SFLOWCAP_OK)
 *             fprintf(stderr, "%s
", sflowcap_last_error());
 *         else if (sample.header)
 *             handle(sample.header, sample.header_length, sample.original_length, sample.sampling_rate);
 *     }
 *
 * The converter: datagrams in, the bytes of a capture file out, through a function of the caller.
 *
 *     status = sflowcap_converter_new(&converter, NULL, write, file);
 *     status = sflowcap_converter_begin(converter, now);
 *     status = sflowcap_converter_datagram(converter, time, &sender, payload, length);     for each datagram
 *     status = sflowcap_converter_statistics(converter, now, 0);
 *     status = sflowcap_converter_free(converter);
 *
 * Pointers are NULL, which is noticed, or point to what their type says. Functions of the caller get the caller's own `user`,
 * and what else they are given holds until they return. They may neither throw nor longjmp.
 *
 * Threads: a datagram and its samples belong to one thread at a time; different ones are independent. A converter may go from
 * thread to thread; a call while another is under way, be it in another thread or in a function that the converter calls, is
 * refused by SFLOWCAP_STATE. It is freed when nobody uses it any more. What sflowcap_last_error tells is each thread's own.
 *
 * Binary interface: SFLOWCAP_ABI_VERSION, which the shared library has in its name, changes when a program must be compiled
 * anew. Without that, a later version may have more functions, statuses, kinds and other numbers (treat those that you do not
 * know as a failure, or as nothing), more fields at the end of sflowcap_options and sflowcap_totals, whose size the program
 * tells, and more at the end of sflowcap_event. Numbers and fields that are there stay as they are.
 */

#ifndef SFLOWCAP_H
#define SFLOWCAP_H

#include <stddef.h>
#include <stdint.h>

/*
 The type of an address that is not known.
 */
#define SFLOWCAP_ADDRESS_UNKNOWN 0

/*
 The type of an IPv4 address.
 */
#define SFLOWCAP_ADDRESS_IPV4 1

/*
 The type of an IPv6 address.
 */
#define SFLOWCAP_ADDRESS_IPV6 2

/*
 Bytes that are enough for any address as text.
 */
#define SFLOWCAP_ADDRESS_TEXT 46

/*
 No discard reason.
 */
#define SFLOWCAP_NO_REASON 4294967295

/*
 The version of the binary interface. A program built with a header of another one must not call this library; the dynamic
 linker sees to that, by the library's name.
 */
#define SFLOWCAP_ABI_VERSION 1

/*
 For `direction`: packets of both, and those whose direction is not known.
 */
#define SFLOWCAP_BOTH 0

/*
 For `kinds`: packets sampled at a rate.
 */
#define SFLOWCAP_TAKE_FLOW 1

/*
 For `kinds`: packets that a device discarded.
 */
#define SFLOWCAP_TAKE_DISCARD 2

/*
 For `content`: the packets that were sampled.
 */
#define SFLOWCAP_CONTENT_PACKETS 0

/*
 For `content`: the sFlow datagrams, whole, for Wireshark's own sFlow dissector.
 */
#define SFLOWCAP_CONTENT_DATAGRAMS 1

/*
 For `content`: each datagram, and then its packets.
 */
#define SFLOWCAP_CONTENT_BOTH 2

/*
 For `format`: pcapng, with interfaces, comments and statistics.
 */
#define SFLOWCAP_FORMAT_PCAPNG 0

/*
 For `format`: classic pcap with times in nanoseconds: the packets alone, as Ethernet.
 */
#define SFLOWCAP_FORMAT_PCAP 1

/*
 For `link_type`: everything as Ethernet, so that every tool reads the file.
 */
#define SFLOWCAP_LINK_ETHERNET 0

/*
 For `link_type`: each protocol with its own link type. Wireshark reads such files, libpcap refuses them.
 */
#define SFLOWCAP_LINK_NATIVE 1

/*
 What became of a call.
 */
typedef enum sflowcap_status {
    /*
     It did what it should.
     */
    SFLOWCAP_OK = 0,
    /*
     There is no more: of samples, of records, or of packets to convert.
     */
    SFLOWCAP_END = 1,
    /*
     A part of the datagram cannot be read. A walk goes on behind it, or ends.
     */
    SFLOWCAP_FAULT = 2,
    /*
     An argument is NULL that may not be.
     */
    SFLOWCAP_NULL = 3,
    /*
     An argument has a value that it may not have.
     */
    SFLOWCAP_INVALID = 4,
    /*
     A defect of the library. A converter that had it can only be freed.
     */
    SFLOWCAP_PANIC = 5,
    /*
     The call cannot be made now: another is under way, or one that comes first is missing.
     */
    SFLOWCAP_STATE = 6,
    /*
     The function that the bytes go to wanted no more.
     */
    SFLOWCAP_STOPPED = 7,
} sflowcap_status;

/*
 What a sample is.
 */
typedef enum sflowcap_kind {
    /*
     One packet in `sampling_rate`.
     */
    SFLOWCAP_FLOW = 0,
    /*
     A packet that the device discarded: an event, never to be scaled.
     */
    SFLOWCAP_DISCARD = 1,
    /*
     Counters of a port or host.
     */
    SFLOWCAP_COUNTERS = 2,
    /*
     Anything else; no field of it is read.
     */
    SFLOWCAP_OTHER = 3,
} sflowcap_kind;

/*
 What an interface's value is.
 */
typedef enum sflowcap_interface_form {
    /*
     Nothing: the agent does not know the interface.
     */
    SFLOWCAP_INTERFACE_UNKNOWN = 0,
    /*
     An ifIndex.
     */
    SFLOWCAP_INTERFACE_INDEX = 1,
    /*
     Nothing: the device itself sent or received the packet.
     */
    SFLOWCAP_INTERFACE_INTERNAL = 2,
    /*
     The reason that the packet was discarded for.
     */
    SFLOWCAP_INTERFACE_DISCARDED = 3,
    /*
     How many interfaces the packet went out of; 0 when the agent does not know.
     */
    SFLOWCAP_INTERFACE_MULTIPLE = 4,
    /*
     Something that the specification does not define.
     */
    SFLOWCAP_INTERFACE_UNDEFINED = 5,
} sflowcap_interface_form;

/*
 Which way a packet went through the data source.
 */
typedef enum sflowcap_direction {
    /*
     The sample does not tell.
     */
    SFLOWCAP_UNKNOWN = 0,
    /*
     In.
     */
    SFLOWCAP_IN = 1,
    /*
     Out.
     */
    SFLOWCAP_OUT = 2,
} sflowcap_direction;

/*
 What an event is.
 */
typedef enum sflowcap_event_kind {
    /*
     A part of a datagram cannot be read.
     */
    SFLOWCAP_EVENT_FAULT = 0,
    /*
     Datagrams of the agent and sub-agent did not come, by their sequence numbers.
     */
    SFLOWCAP_EVENT_LOST = 1,
    /*
     The agent and sub-agent began anew: its numbers say nothing about losses at this point.
     */
    SFLOWCAP_EVENT_RESTARTED = 2,
} sflowcap_event_kind;

/*
 Turns datagrams into the bytes of a capture file.
 */
typedef struct sflowcap_converter sflowcap_converter;

/*
 A network address.
 */
typedef struct sflowcap_address {
    /*
     SFLOWCAP_ADDRESS_UNKNOWN, SFLOWCAP_ADDRESS_IPV4 or SFLOWCAP_ADDRESS_IPV6.
     */
    uint32_t type;
    /*
     In the order of the network: 4 bytes of an IPv4 address and then zeros, or 16 of an IPv6 address.
     */
    uint8_t bytes[16];
} sflowcap_address;

/*
 A datagram, on the way through its samples. sflowcap_open fills it in; read it, copy it, forget it.
 */
typedef struct sflowcap_datagram {
    /*
     The version of sFlow: 2, 4 or 5.
     */
    uint32_t version;
    /*
     The agent.
     */
    struct sflowcap_address agent;
    /*
     Tells apart the series of datagrams of one agent.
     */
    uint32_t sub_agent_id;
    /*
     Counts the datagrams of this agent and sub-agent.
     */
    uint32_t sequence_number;
    /*
     The agent's clock, in milliseconds since it started.
     */
    uint32_t uptime;
    /*
     The samples that the datagram says it has.
     */
    uint32_t num_samples;
    /*
     The library's own.
     */
    uint64_t walk[48];
} sflowcap_datagram;

/*
 Where a packet came in or went out.
 */
typedef struct sflowcap_interface {
    /*
     What `value` is.
     */
    enum sflowcap_interface_form form;
    /*
     See there.
     */
    uint32_t value;
} sflowcap_interface;

/*
 A sample. What the sample's kind does not have is 0.
 */
typedef struct sflowcap_sample {
    /*
     What it is.
     */
    enum sflowcap_kind kind;
    /*
     Counts the samples of this kind and data source.
     */
    uint32_t sequence_number;
    /*
     What kind of thing took the sample: 0 for an interface.
     */
    uint32_t source_class;
    /*
     Its number: an ifIndex for an interface.
     */
    uint32_t source_index;
    /*
     One packet in this many was sampled; 0 when the agent does not say.
     */
    uint32_t sampling_rate;
    /*
     Packets that could have been sampled so far, modulo 2^32.
     */
    uint32_t sample_pool;
    /*
     Samples that the agent dropped so far, modulo 2^32.
     */
    uint32_t drops;
    /*
     Where the packet came in.
     */
    struct sflowcap_interface input;
    /*
     Where it went.
     */
    struct sflowcap_interface output;
    /*
     Why it was discarded, or SFLOWCAP_NO_REASON.
     */
    uint32_t reason;
    /*
     Which way it went through the data source.
     */
    enum sflowcap_direction direction;
    /*
     Records of a packet that cannot be read; sflowcap_last_error tells of the last of them.
     */
    uint32_t faults;
    /*
     What the first byte of `header` belongs to: 1 Ethernet, 11 IPv4, 12 IPv6, ...
     */
    uint32_t header_protocol;
    /*
     Bytes of the packet on the medium, the frame check sequence included.
     */
    uint32_t frame_length;
    /*
     Bytes removed before `header` and after the packet's end.
     */
    uint32_t stripped;
    /*
     The packet's length as a capture on the medium would have it.
     */
    uint32_t original_length;
    /*
     The packet's first bytes, in the memory of the datagram; NULL if the sample has none. Of several headers, the first.
     */
    const uint8_t *header;
    /*
     How many those are.
     */
    size_t header_length;
    /*
     The agent's own time stamp of the packet, in nanoseconds since 1970; 0 if it sends none.
     */
    uint64_t time;
    /*
     The library's own.
     */
    uint64_t walk[12];
} sflowcap_sample;

/*
 A record of a sample: a structure of the specification or of a vendor.
 */
typedef struct sflowcap_record {
    /*
     Who defined the structure: 0 is sFlow.org, else an IANA private enterprise number.
     */
    uint32_t enterprise;
    /*
     The structure's number there. Flow records and counter records are numbered apart.
     */
    uint32_t format;
    /*
     What is in it, as the specification lays it out, in the memory of the datagram.
     */
    const uint8_t *body;
    /*
     How many bytes.
     */
    size_t length;
} sflowcap_record;

/*
 Decides on a packet: anything but 0 keeps it. `length` bytes of it are at `packet`, `original_length` were on the wire, and
 `link_type` is a LINKTYPE_ of tcpdump.org. It may not throw or longjmp.
 */
typedef int (*sflowcap_filter)(void *user,
                               const uint8_t *packet,
                               size_t length,
                               uint32_t original_length,
                               uint32_t link_type);

/*
 Something to tell the user about.
 */
typedef struct sflowcap_event {
    /*
     What it is.
     */
    enum sflowcap_event_kind kind;
    /*
     The agent, or the sender where a datagram does not get as far as to name one.
     */
    struct sflowcap_address agent;
    /*
     Its sub-agent; 0 for a fault.
     */
    uint32_t sub_agent_id;
    /*
     How many datagrams were lost.
     */
    uint32_t datagrams;
    /*
     The same in words.
     */
    const char *text;
} sflowcap_event;

/*
 Is told of an event, which is there until it returns.
 */
typedef void (*sflowcap_report)(void *user, const struct sflowcap_event *event);

/*
 What a converter is to do. Have sflowcap_options_init fill it in, then change what should be otherwise. Texts are UTF-8, and
 copied.
 */
typedef struct sflowcap_options {
    /*
     The size of this structure where the program was compiled, by which the library knows what is in it.
     */
    size_t size;
    /*
     Agents whose datagrams are read: addresses and prefixes, ! before those to leave out, such as "10.0.0.0/8,!10.1.0.1".
     NULL or "": all.
     */
    const char *agents;
    /*
     Interfaces whose samples are kept: ifIndex numbers and ranges, such as "17,1-48". NULL or "": all.
     */
    const char *interfaces;
    /*
     Packets kept, by the way they went through the interface that sampled them: SFLOWCAP_BOTH (the default), SFLOWCAP_IN or
     SFLOWCAP_OUT.
     */
    uint32_t direction;
    /*
     Packets kept, by their kind: SFLOWCAP_TAKE_FLOW, SFLOWCAP_TAKE_DISCARD or the sum of them (the default).
     */
    uint32_t kinds;
    /*
     Packets kept, by their contents; NULL: all.
     */
    sflowcap_filter filter;
    /*
     The filter as its user wrote it, for the interfaces' descriptions. May be NULL.
     */
    const char *filter_text;
    /*
     The most packets a second: a faster feed is thinned evenly, its sampling rates corrected. 0 (the default): no limit.
     */
    uint32_t max_rate;
    /*
     What the file holds: SFLOWCAP_CONTENT_PACKETS (the default), SFLOWCAP_CONTENT_DATAGRAMS or SFLOWCAP_CONTENT_BOTH.
     */
    uint32_t content;
    /*
     What thinning draws its random numbers from: the same seed keeps the same packets.
     */
    uint64_t seed;
    /*
     What kind of file it is: SFLOWCAP_FORMAT_PCAPNG (the default) or SFLOWCAP_FORMAT_PCAP.
     */
    uint32_t format;
    /*
     How link layers share the file: SFLOWCAP_LINK_ETHERNET (the default) or SFLOWCAP_LINK_NATIVE.
     */
    uint32_t link_type;
    /*
     Whether a packet's comment tells what sFlow knows of it. 1 by default.
     */
    uint32_t comments;
    /*
     Whether a packet is made from the fields that an agent sends instead of a header. 1 by default.
     */
    uint32_t synthetic;
    /*
     Packets after which the capture is over. 0 (the default): it goes on.
     */
    uint64_t most_packets;
    /*
     The program that captures, with its version. May be NULL.
     */
    const char *application;
    /*
     The operating system it runs on. May be NULL.
     */
    const char *os;
    /*
     What the capture is called as a whole. May be NULL.
     */
    const char *description;
    /*
     Is told of faults and losses; NULL: they are only counted.
     */
    sflowcap_report report;
    /*
     Addresses that datagrams may come from, as a list like `agents`: a datagram can name any agent, whoever sent it. NULL or
     "": all.
     */
    const char *senders;
} sflowcap_options;

/*
 Takes the next `length` bytes of the file, whole blocks of it. Anything but 0 stops the capture.

 Like the other functions that a converter calls, it may call anything but with the same converter, which gives
 SFLOWCAP_STATE. It may not throw or longjmp: a C++ exception ends the program.
 */
typedef int (*sflowcap_write)(void *user, const void *file_bytes, size_t length);

/*
 What was counted.

 Samples: `flow_samples + discarded_packets` = `other_kinds + other_interfaces + other_directions + without_header` + those
 that gave packets. Packets: `packets = no_link_type + filtered + thinned + written`; with synthetic ones, which are among
 them.
 */
typedef struct sflowcap_totals {
    /*
     UDP datagrams handed in.
     */
    uint64_t datagrams;
    /*
     Datagrams with at least one fault; what could be read of them was read.
     */
    uint64_t malformed;
    /*
     Datagrams of agents that were not selected.
     */
    uint64_t other_agents;
    /*
     Datagrams that did not come, by the agents' sequence numbers.
     */
    uint64_t lost_datagrams;
    /*
     Samples that did not come, by the data sources' sequence numbers; those of lost datagrams are among them.
     */
    uint64_t lost_samples;
    /*
     Samples that the agents dropped themselves, by their own count.
     */
    uint64_t agent_drops;
    /*
     Agents that began anew.
     */
    uint64_t restarts;
    /*
     Packets sampled at a rate.
     */
    uint64_t flow_samples;
    /*
     Discarded packets.
     */
    uint64_t discarded_packets;
    /*
     Samples that hold counters, and no packet.
     */
    uint64_t counter_samples;
    /*
     Samples that this library takes no packet from: of unknown kinds, and InMon's rtmetric and rtflow.
     */
    uint64_t unknown_samples;
    /*
     Samples left out because of their kind.
     */
    uint64_t other_kinds;
    /*
     Samples left out because of the interface that took them.
     */
    uint64_t other_interfaces;
    /*
     Samples left out because of their direction.
     */
    uint64_t other_directions;
    /*
     Selected samples that hold no packet: neither a sampled header nor fields to make one from.
     */
    uint64_t without_header;
    /*
     Packets of selected samples.
     */
    uint64_t packets;
    /*
     Packets made from fields, because the agent sent no header.
     */
    uint64_t synthetic;
    /*
     Packets of a protocol that the file has no link type for.
     */
    uint64_t no_link_type;
    /*
     Packets that the packet filter left out.
     */
    uint64_t filtered;
    /*
     Packets left out so that there are not too many a second; those written stand for them.
     */
    uint64_t thinned;
    /*
     Packets written.
     */
    uint64_t written;
    /*
     Packets written to interface 0 because there were too many interfaces.
     */
    uint64_t past_interface_bound;
    /*
     Whole datagrams written.
     */
    uint64_t written_datagrams;
    /*
     Whole datagrams left out so that there are not too many a second.
     */
    uint64_t thinned_datagrams;
    /*
     Datagrams of selected agents that came from addresses that were not.
     */
    uint64_t other_senders;
    /*
     Datagrams of agents past the bound: what is lost of theirs cannot be told.
     */
    uint64_t untracked_datagrams;
    /*
     Samples of data sources past the bound, and of agents past it: what is lost of theirs cannot be told.
     */
    uint64_t untracked_samples;
} sflowcap_totals;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Writes an address as text: "10.0.0.1", "2001:db8::1", or "unknown". SFLOWCAP_INVALID if `size` bytes at `buffer` are not
 enough; SFLOWCAP_ADDRESS_TEXT are.
 */
enum sflowcap_status sflowcap_format_address(const struct sflowcap_address *address,
                                             char *buffer,
                                             size_t size);

/*
 Reads an IPv4 or IPv6 address.
 */
enum sflowcap_status sflowcap_parse_address(const char *address_text,
                                            struct sflowcap_address *address);

/*
 Reads the header of the sFlow datagram in `length` bytes at `payload`, the payload of a UDP packet. They must stay as they are
 until the last use of `datagram` and its samples. SFLOWCAP_FAULT if they are no sFlow datagram; `datagram` then has no samples.
 */
enum sflowcap_status sflowcap_open(struct sflowcap_datagram *datagram,
                                   const void *payload,
                                   size_t length);

/*
 Fills in `sample` with the next sample of `datagram`, which must have been through sflowcap_open. SFLOWCAP_END after the
 last; SFLOWCAP_FAULT where something cannot be read: `sample` is left as it was, and the next call goes on behind that.
 */
enum sflowcap_status sflowcap_next(struct sflowcap_datagram *datagram,
                                   struct sflowcap_sample *sample);

/*
 The name of a discard reason, such as "acl"; NULL if it has none. It holds for good.
 */
const char *sflowcap_reason_name(uint32_t reason);

/*
 The specification's name of a flow record's structure, such as "sampled_header"; NULL if this library does not know it. It
 holds for good.
 */
const char *sflowcap_flow_record_name(uint32_t enterprise,
                                      uint32_t format);

/*
 The specification's name of a counter record's structure, such as "if_counters"; NULL if this library does not know it. It
 holds for good.
 */
const char *sflowcap_counter_record_name(uint32_t enterprise,
                                         uint32_t format);

/*
 Fills in `record` with the next record of `sample`, which must come from sflowcap_next, or be a copy of one that does.
 SFLOWCAP_END after the last; SFLOWCAP_FAULT where something cannot be read: `record` is left as it was, and the next call
 goes on behind that.
 */
enum sflowcap_status sflowcap_next_record(struct sflowcap_sample *sample,
                                          struct sflowcap_record *record);

/*
 The version of the library, such as "0.1.0".
 */
const char *sflowcap_version(void);

/*
 The library's SFLOWCAP_ABI_VERSION, for those who load it by dlopen.
 */
uint32_t sflowcap_abi_version(void);

/*
 What a status means. Any number is allowed.
 */
const char *sflowcap_strerror(int status);

/*
 What was wrong when a call in this thread failed last, and where: "flow_sample at offset 68: 40 bytes needed, 12 left".
 Empty as long as none has. SFLOWCAP_END is no failure. The text holds until the next failure in this thread.
 */
const char *sflowcap_last_error(void);

/*
 Makes a converter, to be freed with sflowcap_converter_free. Options that are NULL are the defaults. The bytes of the file
 go to `write`, some 64 KiB at a time. `user` is for `write`, and for the filter and the report of the options.
 SFLOWCAP_INVALID for an option with a bad value: sflowcap_last_error tells which. `converter` then is NULL.
 */
enum sflowcap_status sflowcap_converter_new(struct sflowcap_converter **converter,
                                            const struct sflowcap_options *options,
                                            sflowcap_write write,
                                            void *user);

/*
 Begins the file. `now` is in nanoseconds since 1970. Called again it begins a further file of the same capture, in which
 every interface is described anew; what belongs to the one before is handed over first.
 */
enum sflowcap_status sflowcap_converter_begin(struct sflowcap_converter *converter,
                                              uint64_t now);

/*
 Converts the sFlow datagram in `length` bytes at `payload`, the payload of a UDP packet that came at `time` (in nanoseconds
 since 1970) from `sender`, which stands for the agent in datagrams that do not tell it.
 SFLOWCAP_FAULT if something in it could not be read; all else in it is converted. SFLOWCAP_END after as many packets as the
 options allow. SFLOWCAP_STOPPED once `write` wanted no more.
 */
enum sflowcap_status sflowcap_converter_datagram(struct sflowcap_converter *converter,
                                                 uint64_t time,
                                                 const struct sflowcap_address *sender,
                                                 const void *payload,
                                                 size_t length);

/*
 Hands over what was converted so far, for a reader who waits.
 */
enum sflowcap_status sflowcap_converter_flush(struct sflowcap_converter *converter);

/*
 Writes what was counted, and hands everything over: what a file ends with. On long captures it may be told in between, too.
 `lost_datagrams` are those that were lost before they came here, such as in the kernel.
 */
enum sflowcap_status sflowcap_converter_statistics(struct sflowcap_converter *converter,
                                                   uint64_t now,
                                                   uint64_t lost_datagrams);

/*
 Selects otherwise from now on: by the agents, interfaces, direction and kinds of `options`, whose other fields say nothing.
 Options that are NULL select everything.
 */
enum sflowcap_status sflowcap_converter_select(struct sflowcap_converter *converter,
                                               const struct sflowcap_options *options);

/*
 Frees a converter; NULL is none. What was not handed over is lost. SFLOWCAP_STATE, and nothing is freed, while another call
 with it is under way.
 */
enum sflowcap_status sflowcap_converter_free(struct sflowcap_converter *converter);

/*
 Fills in the defaults. `size` is sizeof(struct sflowcap_options).
 */
enum sflowcap_status sflowcap_options_init(struct sflowcap_options *options, size_t size);

/*
 Fills in what was counted so far. `size` is sizeof(struct sflowcap_totals).
 */
enum sflowcap_status sflowcap_converter_totals(const struct sflowcap_converter *converter,
                                               struct sflowcap_totals *totals,
                                               size_t size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SFLOWCAP_H */
