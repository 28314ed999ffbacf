/* Calls that go wrong are told by their status, and do no harm. */
#include <pthread.h>
#include <stdlib.h>

#include <stdio.h>
#include <string.h>

#include "sflowcap.h"

#define HOLDS(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, sflowcap_last_error()); \
            exit(1); \
        } \
    } while (0)
#define SAYS(text) HOLDS(strstr(sflowcap_last_error(), text) != NULL)

/* A datagram of version 5 without samples, of agent 10.0.0.1. */
static unsigned char empty[28] = { 0, 0, 0, 5, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0 };
/* It says that it has a sample, and ends before it. */
static unsigned char cut[28] = { 0, 0, 0, 5, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1 };
static const struct sflowcap_address sender = { SFLOWCAP_ADDRESS_IPV4, { 10, 0, 0, 1 } };

struct sink {
    struct sflowcap_converter *converter;
    size_t bytes;
    int calls;
    int answer;
    int events[3];
    uint32_t lost;
};

static void must_be_refused(struct sflowcap_converter *converter)
{
    struct sflowcap_totals totals;

    HOLDS(sflowcap_converter_begin(converter, 1) == SFLOWCAP_STATE);
    SAYS("another call");
    HOLDS(sflowcap_converter_datagram(converter, 1, &sender, empty, sizeof empty) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_flush(converter) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_statistics(converter, 1, 0) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_select(converter, NULL) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_totals(converter, &totals, sizeof totals) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_free(converter) == SFLOWCAP_STATE);
}

static int write_sink(void *user, const void *bytes, size_t length)
{
    struct sink *sink = (struct sink *)user;

    HOLDS(bytes != NULL && length > 0 && length % 4 == 0);
    sink->bytes += length;
    sink->calls++;
    if (sink->converter != NULL)
        must_be_refused(sink->converter);
    return sink->answer;
}

static void report(void *user, const struct sflowcap_event *event)
{
    struct sink *sink = (struct sink *)user;

    HOLDS(event->agent.type == SFLOWCAP_ADDRESS_IPV4 && strstr(event->text, "10.0.0.1") != NULL);
    sink->events[event->kind]++;
    sink->lost += event->datagrams;
    if (sink->converter != NULL)
        must_be_refused(sink->converter);
}

static void the_walk(void)
{
    struct sflowcap_datagram datagram;
    struct sflowcap_sample sample;
    struct sflowcap_address address;
    char text[SFLOWCAP_ADDRESS_TEXT];

    HOLDS(*sflowcap_last_error() == 0);
    HOLDS(sflowcap_open(NULL, empty, sizeof empty) == SFLOWCAP_NULL);
    SAYS("datagram is NULL");
    HOLDS(sflowcap_open(&datagram, NULL, 4) == SFLOWCAP_NULL);
    HOLDS(sflowcap_next(&datagram, &sample) == SFLOWCAP_END);
    HOLDS(sflowcap_open(&datagram, NULL, 0) == SFLOWCAP_FAULT);
    HOLDS(sflowcap_open(&datagram, empty, 20) == SFLOWCAP_FAULT);
    HOLDS(sflowcap_next(&datagram, &sample) == SFLOWCAP_END);
    HOLDS(sflowcap_open(&datagram, cut, sizeof cut) == SFLOWCAP_OK && datagram.num_samples == 1);
    HOLDS(datagram.version == 5 && datagram.sequence_number == 5 && datagram.uptime == 9);
    HOLDS(sflowcap_next(&datagram, NULL) == SFLOWCAP_NULL);
    HOLDS(sflowcap_next(&datagram, &sample) == SFLOWCAP_FAULT);
    SAYS("offset 28");
    HOLDS(sflowcap_next(&datagram, &sample) == SFLOWCAP_END);
    HOLDS(sflowcap_next(NULL, &sample) == SFLOWCAP_NULL);
    HOLDS(sflowcap_next_record(NULL, NULL) == SFLOWCAP_NULL);

    HOLDS(sflowcap_format_address(&datagram.agent, text, sizeof text) == SFLOWCAP_OK && strcmp(text, "10.0.0.1") == 0);
    HOLDS(sflowcap_format_address(&datagram.agent, text, 8) == SFLOWCAP_INVALID);
    HOLDS(sflowcap_format_address(NULL, text, 8) == SFLOWCAP_NULL);
    HOLDS(sflowcap_parse_address("2001:db8::1", &address) == SFLOWCAP_OK && address.type == SFLOWCAP_ADDRESS_IPV6);
    HOLDS(sflowcap_parse_address("example", &address) == SFLOWCAP_INVALID);
    SAYS("'example'");
    HOLDS(sflowcap_parse_address(NULL, &address) == SFLOWCAP_NULL);
}

static void names_and_versions(void)
{
    int i, j;

    HOLDS(strcmp(sflowcap_reason_name(258), "acl") == 0 && sflowcap_reason_name(100) == NULL);
    HOLDS(strcmp(sflowcap_flow_record_name(0, 1), "sampled_header") == 0);
    HOLDS(strcmp(sflowcap_counter_record_name(0, 1), "if_counters") == 0);
    HOLDS(sflowcap_flow_record_name(4413, 4095) == NULL);
    HOLDS(sflowcap_abi_version() == SFLOWCAP_ABI_VERSION && strlen(sflowcap_version()) >= 5);
    for (i = SFLOWCAP_OK; i <= SFLOWCAP_STOPPED; i++)
        for (j = SFLOWCAP_OK; j < i; j++)
            HOLDS(strcmp(sflowcap_strerror(i), sflowcap_strerror(j)) != 0);
    HOLDS(strcmp(sflowcap_strerror(SFLOWCAP_STOPPED + 1), "unknown status") == 0);
    HOLDS(strcmp(sflowcap_strerror(-1), "unknown status") == 0);
}

static void bad_options(void)
{
    struct sflowcap_options options;
    struct sflowcap_converter *converter = NULL;
    struct { struct sflowcap_options known; uint64_t later; } larger;
    struct sink sink;

    memset(&sink, 0, sizeof sink);
    HOLDS(sflowcap_options_init(NULL, sizeof options) == SFLOWCAP_NULL);
    HOLDS(sflowcap_options_init(&options, 3) == SFLOWCAP_INVALID);
    HOLDS(sflowcap_converter_new(NULL, NULL, write_sink, &sink) == SFLOWCAP_NULL);
    HOLDS(sflowcap_converter_new(&converter, NULL, NULL, &sink) == SFLOWCAP_NULL);
    SAYS("write is NULL");
#define IS_REFUSED(field, value, text) \
    HOLDS(sflowcap_options_init(&options, sizeof options) == SFLOWCAP_OK); \
    options.field = value; \
    HOLDS(sflowcap_converter_new(&converter, &options, write_sink, &sink) == SFLOWCAP_INVALID && converter == NULL); \
    SAYS(text)
    IS_REFUSED(size, 0, "size: 0");
    IS_REFUSED(size, 1 << 20, "size: 1048576");
    IS_REFUSED(agents, "10.0.0.0/33", "agents: '10.0.0.0/33' is not");
    IS_REFUSED(interfaces, "7-", "interfaces: '7-' is not");
    IS_REFUSED(description, "\xff", "description is not UTF-8");
    IS_REFUSED(direction, 3, "direction: 3");
    IS_REFUSED(kinds, 0, "kinds: 0");
    IS_REFUSED(kinds, 4, "kinds: 4");
    IS_REFUSED(content, 3, "content: 3");
    IS_REFUSED(format, 2, "format: 2");
    IS_REFUSED(link_type, 2, "link_type: 2");
    IS_REFUSED(comments, 2, "comments: 2");
    IS_REFUSED(synthetic, 2, "synthetic: 2");

    /* A program of a later version: it must not set what this version does not have. */
    HOLDS(sflowcap_options_init(&larger.known, sizeof larger) == SFLOWCAP_OK);
    HOLDS(larger.known.size == sizeof larger && larger.later == 0);
    HOLDS(sflowcap_converter_new(&converter, &larger.known, write_sink, &sink) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_free(converter) == SFLOWCAP_OK);
    larger.later = 1;
    HOLDS(sflowcap_converter_new(&converter, &larger.known, write_sink, &sink) == SFLOWCAP_INVALID && converter == NULL);
    SAYS("does not have");
    HOLDS(sink.calls == 0);
}

static void the_order_of_calls(void)
{
    struct sflowcap_options options;
    struct sflowcap_converter *converter;
    struct { struct sflowcap_totals known; uint64_t later; } totals;
    struct sflowcap_address unknown;
    struct sink sink;
    size_t first;

    memset(&sink, 0, sizeof sink);
    memset(&unknown, 0, sizeof unknown);
    HOLDS(sflowcap_options_init(&options, sizeof options) == SFLOWCAP_OK);
    options.report = report;
    HOLDS(sflowcap_converter_new(&converter, &options, write_sink, &sink) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_datagram(converter, 1, &sender, empty, sizeof empty) == SFLOWCAP_STATE);
    SAYS("sflowcap_converter_begin comes first");
    HOLDS(sflowcap_converter_flush(converter) == SFLOWCAP_STATE);
    HOLDS(sflowcap_converter_statistics(converter, 1, 0) == SFLOWCAP_STATE);
    HOLDS(sink.calls == 0);

    HOLDS(sflowcap_converter_begin(converter, 1) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_datagram(converter, 1, NULL, empty, sizeof empty) == SFLOWCAP_NULL);
    HOLDS(sflowcap_converter_datagram(converter, 1, &unknown, empty, sizeof empty) == SFLOWCAP_INVALID);
    HOLDS(sflowcap_converter_datagram(converter, 1, &sender, NULL, 1) == SFLOWCAP_NULL);
    HOLDS(sflowcap_converter_datagram(converter, 1, &sender, empty, sizeof empty) == SFLOWCAP_OK);
    /* From here on write and report try every call. */
    sink.converter = converter;
    HOLDS(sflowcap_converter_datagram(converter, 2, &sender, cut, sizeof cut) == SFLOWCAP_FAULT);
    SAYS("offset 28");
    HOLDS(sink.events[SFLOWCAP_EVENT_FAULT] == 1 && sink.events[SFLOWCAP_EVENT_LOST] == 1 && sink.lost == 3);
    HOLDS(sink.calls == 0 && sflowcap_converter_flush(converter) == SFLOWCAP_OK && sink.calls == 1);
    HOLDS(sflowcap_converter_flush(converter) == SFLOWCAP_OK && sink.calls == 1);
    first = sink.bytes;
    /* A further file begins like the first. */
    HOLDS(sflowcap_converter_begin(converter, 3) == SFLOWCAP_OK && sflowcap_converter_flush(converter) == SFLOWCAP_OK);
    HOLDS(sink.bytes == 2 * first);
    HOLDS(sflowcap_converter_select(converter, &options) == SFLOWCAP_OK);
    options.agents = "!10.0.0.1";
    HOLDS(sflowcap_converter_select(converter, &options) == SFLOWCAP_OK);
    options.agents = "nobody";
    HOLDS(sflowcap_converter_select(converter, &options) == SFLOWCAP_INVALID);
    HOLDS(sflowcap_converter_datagram(converter, 3, &sender, empty, sizeof empty) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_totals(converter, NULL, sizeof totals) == SFLOWCAP_NULL);
    HOLDS(sflowcap_converter_totals(converter, &totals.known, 8) == SFLOWCAP_INVALID);
    totals.later = 7;
    HOLDS(sflowcap_converter_totals(converter, &totals.known, sizeof totals) == SFLOWCAP_OK && totals.later == 0);
    HOLDS(totals.known.datagrams == 3 && totals.known.other_agents == 1 && totals.known.malformed == 1);
    HOLDS(totals.known.lost_datagrams == 3 && totals.known.other_senders == 0);

    /* Once it wants no more it is not asked again. */
    sink.answer = 1;
    sink.calls = 0;
    HOLDS(sflowcap_converter_statistics(converter, 4, 0) == SFLOWCAP_STOPPED && sink.calls == 1);
    HOLDS(sflowcap_converter_statistics(converter, 4, 0) == SFLOWCAP_STOPPED && sink.calls == 1);
    HOLDS(sflowcap_converter_begin(converter, 4) == SFLOWCAP_STOPPED);
    HOLDS(sflowcap_converter_datagram(converter, 4, &sender, empty, sizeof empty) == SFLOWCAP_STOPPED);
    HOLDS(sflowcap_converter_totals(converter, &totals.known, sizeof totals) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_free(converter) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_free(NULL) == SFLOWCAP_OK);
    HOLDS(sflowcap_converter_flush(NULL) == SFLOWCAP_NULL && sflowcap_converter_begin(NULL, 1) == SFLOWCAP_NULL);
}

static void *fail_otherwise(void *wanted)
{
    struct sflowcap_address address;
    int i;

    HOLDS(*sflowcap_last_error() == 0);
    for (i = 0; i < 1000; i++) {
        HOLDS(sflowcap_parse_address((const char *)wanted, &address) == SFLOWCAP_INVALID);
        SAYS((const char *)wanted);
    }
    return NULL;
}

static void errors_are_of_a_thread(void)
{
    static char one[] = "one", other[] = "other";
    pthread_t threads[2];

    HOLDS(pthread_create(&threads[0], NULL, fail_otherwise, one) == 0);
    HOLDS(pthread_create(&threads[1], NULL, fail_otherwise, other) == 0);
    HOLDS(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
}

int main(void)
{
    the_walk();
    names_and_versions();
    bad_options();
    the_order_of_calls();
    errors_are_of_a_thread();
    return 0;
}
