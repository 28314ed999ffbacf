/* Walks over a datagram with the library, and converts it. The library is loaded as a program in another language would. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "sflowcap.h"

#define FUNCTIONS(each)                                                                                                          \
    each(open) each(next) each(next_record) each(flow_record_name) each(counter_record_name) each(reason_name)                   \
    each(format_address) each(strerror) each(last_error) each(converter_new) each(converter_begin)                               \
    each(converter_datagram) each(converter_statistics) each(converter_free)

#define DECLARE(name) static __typeof__(&sflowcap_##name) call_##name;
FUNCTIONS(DECLARE)

/* The line of a condition that does not hold. */
#define HOLDS(condition)                                                                                                         \
    do {                                                                                                                         \
        if (!(condition))                                                                                                        \
            return __LINE__;                                                                                                     \
    } while (0)

static int load(void)
{
    static void *library;

    if (library != NULL)
        return 0;
    library = dlopen(getenv("SFLOWCAP_LIBRARY"), RTLD_NOW);
    HOLDS(library != NULL);
#define FIND(name)                                                                                                               \
    *(void **)&call_##name = dlsym(library, "sflowcap_" #name);                                                                  \
    HOLDS(call_##name != NULL);
    FUNCTIONS(FIND)
    return 0;
}

static int is_inside(const uint8_t *bytes, size_t length, const uint8_t *part, size_t part_length)
{
    return part_length == 0 || (part >= bytes && part_length <= length && part <= bytes + length - part_length);
}

/* A fault has a text. */
static int is_told(enum sflowcap_status status)
{
    return call_strerror((int)status) != NULL && call_last_error() != NULL && call_last_error()[0] != '\0';
}

static int walk_samples(const uint8_t *bytes, size_t length)
{
    struct sflowcap_datagram datagram;
    struct sflowcap_sample sample;
    enum sflowcap_status status = call_open(&datagram, bytes, length);
    size_t steps = 0;
    char text[64];

    if (status != SFLOWCAP_OK) {
        HOLDS(is_told(status));
        return 0;
    }
    HOLDS(call_format_address(&datagram.agent, text, sizeof text) == SFLOWCAP_OK);
    while ((status = call_next(&datagram, &sample)) != SFLOWCAP_END) {
        struct sflowcap_record record;

        HOLDS(++steps <= length / 4 + 16);
        if (status != SFLOWCAP_OK) {
            HOLDS(is_told(status));
            continue;
        }
        HOLDS(sample.header == NULL || is_inside(bytes, length, sample.header, sample.header_length));
        if (sample.kind == SFLOWCAP_DISCARD)
            call_reason_name(sample.reason);
        while ((status = call_next_record(&sample, &record)) != SFLOWCAP_END) {
            HOLDS(++steps <= length / 4 + 16);
            if (status != SFLOWCAP_OK) {
                HOLDS(is_told(status));
                continue;
            }
            HOLDS(is_inside(bytes, length, record.body, record.length));
            call_flow_record_name(record.enterprise, record.format);
            call_counter_record_name(record.enterprise, record.format);
        }
    }
    return 0;
}

static int count_bytes(void *user, const void *file_bytes, size_t length)
{
    (void)file_bytes;
    *(size_t *)user += length;
    return 0;
}

int walk(const uint8_t *bytes, size_t length)
{
    struct sflowcap_converter *converter = NULL;
    struct sflowcap_address sender;
    size_t written = 0;
    int wrong = load();

    if (wrong != 0)
        return wrong;
    wrong = walk_samples(bytes, length);
    if (wrong != 0)
        return wrong;
    memset(&sender, 0, sizeof sender);
    sender.type = SFLOWCAP_ADDRESS_IPV4;
    HOLDS(call_converter_new(&converter, NULL, count_bytes, &written) == SFLOWCAP_OK);
    HOLDS(call_converter_begin(converter, 1) == SFLOWCAP_OK);
    call_converter_datagram(converter, 2, &sender, bytes, length);
    HOLDS(call_converter_statistics(converter, 3, 0) == SFLOWCAP_OK);
    HOLDS(call_converter_free(converter) == SFLOWCAP_OK);
    HOLDS(written > 0);
    return 0;
}
