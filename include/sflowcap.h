/*
 * libsflowcap: sFlow datagrams (versions 2, 4 and 5) for C and C++. Made by cbindgen from capi/; change it there.
 *
 *     struct sflowcap_datagram datagram;
 *     struct sflowcap_sample sample;
 *     enum sflowcap_status status = sflowcap_open(&datagram, payload, length);
 *     if (status != SFLOWCAP_OK)
 *         return fprintf(stderr, "%s\n", sflowcap_last_error());
 *     while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
 *         if (status != SFLOWCAP_OK)
 *             fprintf(stderr, "%s\n", sflowcap_last_error());
 *         else if (sample.header)
 *             handle(sample.header, sample.header_length, sample.original_length, sample.sampling_rate);
 *     }
 *
 * Pointers are NULL, which is noticed, or point to what their type says. Nothing is allocated for a datagram, and there is
 * nothing to free: its memory is the caller's, and samples point into it.
 *
 * Threads: a datagram and its samples belong to one thread at a time; different ones are independent. What
 * sflowcap_last_error tells is each thread's own.
 */

#ifndef SFLOWCAP_H
#define SFLOWCAP_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SFLOWCAP_MUST_USE __attribute__((warn_unused_result))
#else
#define SFLOWCAP_MUST_USE
#endif

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
 What became of a call.
 */
typedef enum sflowcap_status {
    /*
     It did what it should.
     */
    SFLOWCAP_OK = 0,
    /*
     There are no more samples, or records.
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
     A defect of the library.
     */
    SFLOWCAP_PANIC = 5,
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
     Records that cannot be read; sflowcap_last_error tells of the last of them.
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
} sflowcap_sample;

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
 Fills in `sample` with the next sample of `datagram`, which must have been through sflowcap_open.
 SFLOWCAP_END after the last; SFLOWCAP_FAULT where something cannot be
 read, and then the next call goes on behind that.
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SFLOWCAP_H */
