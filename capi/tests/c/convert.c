/* convert RECORDING [OPTION=VALUE]...: writes the file to standard output, and what the calls say to standard error. */
#include <inttypes.h>
#include <stdlib.h>

#include "recording.h"

static int write_out(void *user, const void *bytes, size_t length)
{
    return fwrite(bytes, 1, length, (FILE *)user) != length;
}

static void report(void *user, const struct sflowcap_event *event)
{
    (void)user;
    fprintf(stderr, "event %d %" PRIu32 " %" PRIu32 ": %s\n", (int)event->kind, event->sub_agent_id, event->datagrams,
            event->text);
}

static int is_odd(void *user, const uint8_t *packet, size_t length, uint32_t original_length, uint32_t link_type)
{
    (void)user;
    return length > 0 && length <= original_length + 4 && link_type == 1 && packet[length - 1] % 2 != 0;
}

static int set(struct sflowcap_options *options, char *word)
{
    char *value = strchr(word, '=');
    unsigned long number;

    if (value == NULL)
        return 0;
    *value++ = 0;
    number = strtoul(value, NULL, 10);
#define TEXT(field) if (strcmp(word, #field) == 0) return options->field = value, 1
#define NUMBER(field) if (strcmp(word, #field) == 0) return options->field = (uint32_t)number, 1
    TEXT(agents);
    TEXT(interfaces);
    TEXT(senders);
    TEXT(filter_text);
    TEXT(application);
    TEXT(os);
    TEXT(description);
    NUMBER(direction);
    NUMBER(kinds);
    NUMBER(max_rate);
    NUMBER(content);
    NUMBER(format);
    NUMBER(link_type);
    NUMBER(comments);
    NUMBER(synthetic);
    if (strcmp(word, "seed") == 0)
        return options->seed = number, 1;
    if (strcmp(word, "most_packets") == 0)
        return options->most_packets = number, 1;
    if (strcmp(word, "filter") == 0)
        return options->filter = is_odd, 1;
    return 0;
}

int main(int count, char **words)
{
    struct sflowcap_options options;
    struct sflowcap_converter *converter;
    struct sflowcap_totals totals;
    enum sflowcap_status status;
    struct received received;
    FILE *file = count > 1 ? open_recording(words[1]) : NULL;
    int i;

    if (file == NULL || sflowcap_options_init(&options, sizeof options) != SFLOWCAP_OK)
        return 2;
    options.report = report;
    for (i = 2; i < count; i++)
        if (!set(&options, words[i]))
            return 2;
    status = sflowcap_converter_new(&converter, &options, write_out, stdout);
    if (status != SFLOWCAP_OK) {
        fprintf(stderr, "%s\n", sflowcap_last_error());
        fclose(file);
        return converter == NULL ? 3 : 4;
    }
    status = sflowcap_converter_begin(converter, 1);
    while (status == SFLOWCAP_OK && next_datagram(file, &received))
        status = sflowcap_converter_datagram(converter, received.time, &received.sender, received.payload, received.length);
    fprintf(stderr, "end %s\n", sflowcap_strerror(status));
    status = sflowcap_converter_statistics(converter, 2, 3);
    if (status != SFLOWCAP_OK || sflowcap_converter_totals(converter, &totals, sizeof totals) != SFLOWCAP_OK)
        return 5;
    fprintf(stderr, "datagrams %" PRIu64 " packets %" PRIu64 " written %" PRIu64 " datagrams written %" PRIu64 "\n",
            totals.datagrams, totals.packets, totals.written, totals.written_datagrams);
    fclose(file);
    return sflowcap_converter_free(converter) == SFLOWCAP_OK ? 0 : 6;
}
