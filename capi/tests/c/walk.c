/* Counts what is in the datagrams of a recording: Ethernet, IPv4 or IPv6 without options. */
#include <stdio.h>
#include <string.h>

#include "sflowcap.h"

static unsigned char frame[65536];

int main(int count, char **words)
{
    unsigned long flow = 0, discarded = 0, counters = 0, headers = 0, faults = 0;
    unsigned char record[16];
    FILE *file = count == 2 ? fopen(words[1], "rb") : NULL;

    if (file == NULL || fseek(file, 24, SEEK_SET) != 0)
        return 2;
    while (fread(record, sizeof record, 1, file) == 1) {
        struct sflowcap_datagram datagram;
        struct sflowcap_sample sample;
        enum sflowcap_status status;
        unsigned length, start;

        memcpy(&length, record + 8, sizeof length);
        if (length > sizeof frame || fread(frame, length, 1, file) != 1)
            return 2;
        start = frame[12] == 0x08 ? 42 : 62;
        if (sflowcap_open(&datagram, frame + start, length - start) != SFLOWCAP_OK) {
            faults++;
            continue;
        }
        while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
            if (status != SFLOWCAP_OK) {
                faults++;
                continue;
            }
            flow += sample.kind == SFLOWCAP_FLOW;
            discarded += sample.kind == SFLOWCAP_DISCARD;
            counters += sample.kind == SFLOWCAP_COUNTERS;
            headers += sample.header != NULL;
        }
    }
    fclose(file);

    if (sflowcap_open(NULL, frame, 4) != SFLOWCAP_NULL || sflowcap_strerror(SFLOWCAP_NULL) == NULL)
        return 3;
    if (strcmp(sflowcap_reason_name(258), "acl") != 0)
        return 3;
    printf("flow %lu discarded %lu counters %lu headers %lu faults %lu\n", flow, discarded, counters, headers, faults);
    return 0;
}
