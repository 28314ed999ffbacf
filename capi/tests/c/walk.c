/* Counts what is in the datagrams of a recording. */
#include "recording.h"

int main(int count, char **words)
{
    unsigned long flow = 0, discarded = 0, counters = 0, headers = 0, records = 0, sampled_headers = 0, bytes = 0, faults = 0;
    FILE *file = count == 2 ? open_recording(words[1]) : NULL;
    struct received received;

    if (file == NULL)
        return 2;
    while (next_datagram(file, &received)) {
        struct sflowcap_datagram datagram;
        struct sflowcap_sample sample;
        enum sflowcap_status status;

        if (sflowcap_open(&datagram, received.payload, received.length) != SFLOWCAP_OK) {
            faults++;
            continue;
        }
        while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
            struct sflowcap_record record;

            if (status != SFLOWCAP_OK) {
                faults++;
                continue;
            }
            flow += sample.kind == SFLOWCAP_FLOW;
            discarded += sample.kind == SFLOWCAP_DISCARD;
            counters += sample.kind == SFLOWCAP_COUNTERS;
            headers += sample.header != NULL;
            while ((status = sflowcap_next_record(&sample, &record)) != SFLOWCAP_END) {
                const char *name = sample.kind == SFLOWCAP_COUNTERS
                    ? sflowcap_counter_record_name(record.enterprise, record.format)
                    : sflowcap_flow_record_name(record.enterprise, record.format);

                if (status != SFLOWCAP_OK || name == NULL) {
                    faults++;
                    continue;
                }
                records++;
                bytes += record.length;
                sampled_headers += strcmp(name, "sampled_header") == 0;
            }
        }
    }
    fclose(file);
    printf("flow %lu discarded %lu counters %lu headers %lu faults %lu\n", flow, discarded, counters, headers, faults);
    printf("records %lu sampled_header %lu bytes %lu\n", records, sampled_headers, bytes);
    return 0;
}
