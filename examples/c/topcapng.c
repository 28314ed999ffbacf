/*
 * topcapng RECORDING FILE: the packets that were sampled, from recorded sFlow (classic pcap of Ethernet, UDP port 6343).
 *
 *     cc topcapng.c $(pkg-config --cflags --libs sflowcap) -o topcapng
 *
 * sflowdump -r does the same for many more kinds of recordings; this shows the converter of libsflowcap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sflowcap.h>

#define SFLOW_PORT 6343

static unsigned char frame[65536];

/* Gets the bytes of the file, batch by batch. */
static int write_to_file(void *user, const void *bytes, size_t length)
{
    return fwrite(bytes, 1, length, (FILE *)user) != length;
}

/* Is told of what cannot be read, and of what did not come. */
static void report(void *user, const struct sflowcap_event *event)
{
    (void)user;
    fprintf(stderr, "%s\n", event->text);
}

static unsigned word(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Finds the payload of a UDP packet to the port of sFlow, and its sender. NULL if the frame holds none. */
static const unsigned char *payload(size_t captured, struct sflowcap_address *sender, size_t *length)
{
    size_t udp;

    memset(sender, 0, sizeof *sender);
    if (captured >= 34 && word(frame + 12) == 0x0800 && frame[23] == 17 && (word(frame + 20) & 0x3fff) == 0) {
        udp = 14 + 4 * (frame[14] & 15u);
        sender->type = SFLOWCAP_ADDRESS_IPV4;
        memcpy(sender->bytes, frame + 26, 4);
    } else if (captured >= 54 && word(frame + 12) == 0x86dd && frame[20] == 17) {
        udp = 54;
        sender->type = SFLOWCAP_ADDRESS_IPV6;
        memcpy(sender->bytes, frame + 22, 16);
    } else {
        return NULL;
    }
    if (captured < udp + 8 || word(frame + udp + 2) != SFLOW_PORT || word(frame + udp + 4) < 8)
        return NULL;
    *length = word(frame + udp + 4) - 8u;
    if (*length > captured - udp - 8)
        *length = captured - udp - 8;
    return frame + udp + 8;
}

/* Converts every datagram of the recording. Returns the program's exit code. */
static int convert(FILE *recording, struct sflowcap_converter *converter)
{
    uint32_t header[6], packet[4], fraction;
    uint64_t now = 0;
    int has_begun = 0;
    enum sflowcap_status status = SFLOWCAP_OK;

    if (fread(header, sizeof header, 1, recording) != 1 || (header[0] != 0xa1b2c3d4 && header[0] != 0xa1b23c4d)
        || header[5] != 1) {
        fprintf(stderr, "the recording is no pcap file of Ethernet in this machine's byte order\n");
        return 1;
    }
    fraction = header[0] == 0xa1b2c3d4 ? 1000 : 1;
    while (status != SFLOWCAP_END && fread(packet, sizeof packet, 1, recording) == 1) {
        struct sflowcap_address sender;
        const unsigned char *datagram;
        size_t length;

        if (packet[2] > sizeof frame || fread(frame, 1, packet[2], recording) != packet[2]) {
            fprintf(stderr, "the recording is damaged or cut\n");
            break;
        }
        now = packet[0] * UINT64_C(1000000000) + (uint64_t)packet[1] * fraction;
        if (!has_begun && (status = sflowcap_converter_begin(converter, now)) != SFLOWCAP_OK)
            break;
        has_begun = 1;
        datagram = payload(packet[2], &sender, &length);
        if (datagram == NULL)
            continue;
        status = sflowcap_converter_datagram(converter, now, &sender, datagram, length);
        /* Where something cannot be read, the rest was converted, and report() told of it. */
        if (status != SFLOWCAP_OK && status != SFLOWCAP_FAULT && status != SFLOWCAP_END)
            break;
    }
    if (!has_begun) {
        fprintf(stderr, "there is nothing in the recording\n");
        return 1;
    }
    if (status == SFLOWCAP_OK || status == SFLOWCAP_FAULT || status == SFLOWCAP_END)
        status = sflowcap_converter_statistics(converter, now, 0);
    if (status != SFLOWCAP_OK) {
        fprintf(stderr, "%s\n", sflowcap_last_error());
        return 1;
    }
    return 0;
}

int main(int count, char **words)
{
    struct sflowcap_options options;
    struct sflowcap_converter *converter;
    struct sflowcap_totals totals;
    enum sflowcap_status status;
    FILE *recording, *file;
    int code;

    if (count != 3) {
        fprintf(stderr, "usage: topcapng RECORDING FILE\n");
        return 2;
    }
    recording = fopen(words[1], "rb");
    if (recording == NULL) {
        perror(words[1]);
        return 1;
    }
    file = fopen(words[2], "wb");
    if (file == NULL) {
        perror(words[2]);
        fclose(recording);
        return 1;
    }

    status = sflowcap_options_init(&options, sizeof options);
    options.application = "topcapng";
    options.report = report;
    if (status == SFLOWCAP_OK)
        status = sflowcap_converter_new(&converter, &options, write_to_file, file);
    if (status != SFLOWCAP_OK) {
        fprintf(stderr, "%s\n", sflowcap_last_error());
        return 1;
    }
    code = convert(recording, converter);
    if (sflowcap_converter_totals(converter, &totals, sizeof totals) == SFLOWCAP_OK)
        printf("%" PRIu64 " packets of %" PRIu64 " datagrams\n", totals.written, totals.datagrams);
    sflowcap_converter_free(converter);

    fclose(recording);
    if (fclose(file) != 0) {
        perror(words[2]);
        code = 1;
    }
    return code;
}
