/* c DATAGRAM ROUNDS headers|samples|convert: the work of that name, so many times. */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sflowcap.h"

static unsigned char payload[65536];

/* The packet of each sample, and what it stands for. */
static uint64_t headers(size_t length)
{
    struct sflowcap_datagram datagram;
    struct sflowcap_sample sample;
    enum sflowcap_status status;
    uint64_t sum = 0;

    if (sflowcap_open(&datagram, payload, length) != SFLOWCAP_OK)
        return 0;
    while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END)
        if (status == SFLOWCAP_OK && sample.header != NULL)
            sum += (uint64_t)sample.header[sample.header_length - 1] + sample.original_length + sample.sampling_rate;
    return sum;
}

/* All that there is in each sample. */
static uint64_t samples(size_t length)
{
    struct sflowcap_datagram datagram;
    struct sflowcap_sample sample;
    enum sflowcap_status status;
    uint64_t sum = 0;

    if (sflowcap_open(&datagram, payload, length) != SFLOWCAP_OK)
        return 0;
    while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
        if (status != SFLOWCAP_OK || sample.kind != SFLOWCAP_FLOW || sample.header == NULL)
            continue;
        sum += (uint64_t)sample.sequence_number + sample.source_class + sample.source_index + sample.sampling_rate
             + sample.sample_pool + sample.drops + sample.input.value + sample.output.value + sample.faults
             + (sample.direction == SFLOWCAP_IN) + sample.time + sample.header_protocol + sample.frame_length
             + sample.stripped + sample.original_length + sample.header[sample.header_length - 1];
    }
    return sum;
}

static int add_length(void *user, const void *bytes, size_t length)
{
    (void)bytes;
    *(uint64_t *)user += length;
    return 0;
}

int main(int count, char **words)
{
    struct sflowcap_converter *converter;
    const struct sflowcap_address sender = { SFLOWCAP_ADDRESS_IPV4, { 127, 0, 0, 1 } };
    struct timespec start, end;
    uint64_t sum = 0, rounds, i;
    size_t length;
    FILE *file = count == 4 ? fopen(words[1], "rb") : NULL;

    if (file == NULL)
        return 2;
    length = fread(payload, 1, sizeof payload, file);
    fclose(file);
    rounds = strtoull(words[2], NULL, 10);
    if (sflowcap_converter_new(&converter, NULL, add_length, &sum) != SFLOWCAP_OK
        || sflowcap_converter_begin(converter, 1) != SFLOWCAP_OK)
        return 3;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (strcmp(words[3], "headers") == 0)
        for (i = 0; i < rounds; i++)
            sum += headers(length);
    else if (strcmp(words[3], "samples") == 0)
        for (i = 0; i < rounds; i++)
            sum += samples(length);
    else
        for (i = 0; i < rounds; i++)
            if (sflowcap_converter_datagram(converter, 1, &sender, payload, length) != SFLOWCAP_OK)
                return 4;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (sflowcap_converter_flush(converter) != SFLOWCAP_OK || sflowcap_converter_free(converter) != SFLOWCAP_OK)
        return 5;
    /* The whole time, and something that depends on all that was read. */
    printf("%lld %" PRIu64 "\n", (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec, sum);
    return 0;
}
