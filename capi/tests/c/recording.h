/* Reads the datagrams of a recording: Ethernet, IPv4 or IPv6 without options. */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdio.h>
#include <string.h>

#include "sflowcap.h"

static unsigned char frame[65536];

struct received {
    uint64_t time;
    struct sflowcap_address sender;
    const unsigned char *payload;
    size_t length;
};

static FILE *open_recording(const char *name)
{
    FILE *file = fopen(name, "rb");

    return file != NULL && fseek(file, 24, SEEK_SET) == 0 ? file : NULL;
}

static int next_datagram(FILE *file, struct received *received)
{
    uint32_t record[4];
    int is_ipv4;

    if (fread(record, sizeof record, 1, file) != 1)
        return 0;
    if (record[2] > sizeof frame || fread(frame, record[2], 1, file) != 1)
        return 0;
    is_ipv4 = frame[12] == 0x08;
    memset(received, 0, sizeof *received);
    received->time = record[0] * UINT64_C(1000000000) + record[1] * UINT64_C(1000);
    received->sender.type = is_ipv4 ? SFLOWCAP_ADDRESS_IPV4 : SFLOWCAP_ADDRESS_IPV6;
    memcpy(received->sender.bytes, frame + (is_ipv4 ? 26 : 22), is_ipv4 ? 4 : 16);
    received->payload = frame + (is_ipv4 ? 42 : 62);
    received->length = record[2] - (is_ipv4 ? 42u : 62u);
    return 1;
}

#endif
