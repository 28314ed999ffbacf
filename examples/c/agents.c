/*
 * agents [-p PORT] [-n DATAGRAMS] [-t SECONDS] [-i SECONDS]: a collector that counts what each sFlow agent sends.
 *
 *     cc agents.c $(pkg-config --cflags --libs sflowcap) -o agents
 *     ./agents -i 10
 *
 * It listens on PORT (6343; 0 is any), and ends after so many datagrams or seconds, or when it is interrupted; then, and every
 * -i seconds, it prints a table. An agent that has sub-agents has a line for each.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sflowcap.h>

/* A power of two. Agents come from the network: there must be a most of them. */
#define SLOTS 4096

struct agent {
    struct sflowcap_address address;
    uint32_t sub_agent_id;
    uint32_t sequence_number;
    uint32_t uptime;
    uint64_t datagrams;
    uint64_t lost;
    uint64_t packets;
    /* How many packets those stand for. */
    uint64_t estimated;
    uint64_t discards;
    uint64_t faults;
};

static struct agent agents[SLOTS];
static uint64_t unreadable, of_too_many;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static long long now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Finds an agent, or a place for it; NULL when there is none left. */
static struct agent *find(const struct sflowcap_address *address, uint32_t sub_agent_id)
{
    uint32_t hash = sub_agent_id, slot, i;

    for (i = 0; i < sizeof address->bytes; i++)
        hash = hash * 31 + address->bytes[i];
    for (i = 0; i < SLOTS; i++) {
        slot = (hash + i) & (SLOTS - 1);
        if (agents[slot].datagrams == 0) {
            agents[slot].address = *address;
            agents[slot].sub_agent_id = sub_agent_id;
            return &agents[slot];
        }
        if (agents[slot].sub_agent_id == sub_agent_id && memcmp(&agents[slot].address, address, sizeof *address) == 0)
            return &agents[slot];
    }
    return NULL;
}

/* Finds out by the numbers of its datagrams what did not come. */
static void follow(struct agent *agent, const struct sflowcap_datagram *datagram)
{
    int32_t step = (int32_t)(datagram->sequence_number - agent->sequence_number);
    /* A datagram that comes late was sent shortly before. */
    int has_restarted = datagram->uptime < agent->uptime && agent->uptime - datagram->uptime > 60000;

    if (agent->datagrams++ > 0 && !has_restarted) {
        if (step > 1)
            agent->lost += (uint64_t)step - 1;
        if (step <= 0) {
            /* It is late, and was taken for lost. */
            agent->lost -= agent->lost > 0 && step < 0;
            return;
        }
    }
    agent->sequence_number = datagram->sequence_number;
    agent->uptime = datagram->uptime;
}

static void count(const void *payload, size_t length, const struct sflowcap_address *sender)
{
    struct sflowcap_datagram datagram;
    struct sflowcap_sample sample;
    enum sflowcap_status status;
    struct agent *agent;

    if (sflowcap_open(&datagram, payload, length) != SFLOWCAP_OK) {
        unreadable++;
        return;
    }
    if (datagram.agent.type == SFLOWCAP_ADDRESS_UNKNOWN)
        datagram.agent = *sender;
    agent = find(&datagram.agent, datagram.sub_agent_id);
    if (agent == NULL) {
        of_too_many++;
        return;
    }
    follow(agent, &datagram);
    while ((status = sflowcap_next(&datagram, &sample)) != SFLOWCAP_END) {
        if (status != SFLOWCAP_OK) {
            agent->faults++;
            continue;
        }
        agent->faults += sample.faults;
        agent->packets += sample.kind == SFLOWCAP_FLOW;
        agent->estimated += sample.kind == SFLOWCAP_FLOW ? sample.sampling_rate : 0;
        agent->discards += sample.kind == SFLOWCAP_DISCARD;
    }
}

static void print_table(void)
{
    char address[SFLOWCAP_ADDRESS_TEXT];
    uint32_t i;

    printf("%-24s %10s %10s %8s %10s %14s %9s %7s\n", "agent", "sub-agent", "datagrams", "lost", "packets", "estimated",
           "discards", "faults");
    for (i = 0; i < SLOTS; i++) {
        const struct agent *agent = &agents[i];

        if (agent->datagrams == 0)
            continue;
        sflowcap_format_address(&agent->address, address, sizeof address);
        printf("%-24s %10" PRIu32 " %10" PRIu64 " %8" PRIu64 " %10" PRIu64 " %14" PRIu64 " %9" PRIu64 " %7" PRIu64 "\n",
               address, agent->sub_agent_id, agent->datagrams, agent->lost, agent->packets, agent->estimated,
               agent->discards, agent->faults);
    }
    if (unreadable > 0)
        printf("%" PRIu64 " datagrams that are no sFlow\n", unreadable);
    if (of_too_many > 0)
        printf("%" PRIu64 " datagrams of more than %d agents\n", of_too_many, SLOTS);
    fflush(stdout);
}

/* A socket for IPv6 and IPv4, or for IPv4 alone where there is no IPv6. */
static int open_port(unsigned short port)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    socklen_t size = sizeof six;
    int off = 0, buffer = 4 << 20, bound, udp = socket(AF_INET6, SOCK_DGRAM, 0);

    memset(&six, 0, sizeof six);
    memset(&four, 0, sizeof four);
    six.sin6_family = AF_INET6;
    four.sin_family = AF_INET;
    six.sin6_port = four.sin_port = htons(port);
    if (udp >= 0) {
        setsockopt(udp, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        bound = bind(udp, (struct sockaddr *)&six, sizeof six);
    } else {
        udp = socket(AF_INET, SOCK_DGRAM, 0);
        bound = udp < 0 ? -1 : bind(udp, (struct sockaddr *)&four, sizeof four);
    }
    /* The port is at the same place in both. */
    if (bound != 0 || getsockname(udp, (struct sockaddr *)&six, &size) != 0)
        return -1;
    /* The kernel gives what it allows. */
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    fprintf(stderr, "listening on UDP port %d\n", ntohs(six.sin6_port));
    return udp;
}

static void set_sender(struct sflowcap_address *sender, const struct sockaddr_storage *from)
{
    memset(sender, 0, sizeof *sender);
    if (from->ss_family == AF_INET) {
        sender->type = SFLOWCAP_ADDRESS_IPV4;
        memcpy(sender->bytes, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else {
        sender->type = SFLOWCAP_ADDRESS_IPV6;
        memcpy(sender->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
    }
}

static void collect(int udp, long long most, long long seconds, long long interval)
{
    static unsigned char payload[65536];
    long long datagrams = 0, start = now_ms(), printed = start;
    struct pollfd waiting = { udp, POLLIN, 0 };

    while (!stopped && (most == 0 || datagrams < most)) {
        /* A second at most: a signal may come just before poll. */
        long long now = now_ms(), wait = 1000;
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        struct sflowcap_address sender;
        ssize_t length;

        if (seconds > 0 && now - start >= seconds * 1000)
            break;
        if (interval > 0 && now - printed >= interval * 1000) {
            print_table();
            printed = now;
        }
        if (seconds > 0 && start + seconds * 1000 - now < wait)
            wait = start + seconds * 1000 - now;
        if (interval > 0 && printed + interval * 1000 - now < wait)
            wait = printed + interval * 1000 - now;
        if (poll(&waiting, 1, (int)wait) <= 0)
            continue;
        length = recvfrom(udp, payload, sizeof payload, 0, (struct sockaddr *)&from, &size);
        if (length < 0)
            continue;
        datagrams++;
        set_sender(&sender, &from);
        count(payload, (size_t)length, &sender);
    }
}

static long long number(const char *text, long long most)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (*text == 0 || *end != 0 || value < 0 || value > most) {
        fprintf(stderr, "agents: '%s' is not a number from 0 to %lld\n", text, most);
        exit(2);
    }
    return value;
}

int main(int words, char **word)
{
    long long port = 6343, most = 0, seconds = 0, interval = 0;
    struct sigaction on_signal;
    int option, udp;

    while ((option = getopt(words, word, "p:n:t:i:")) != -1) {
        switch (option) {
        case 'p':
            port = number(optarg, 65535);
            break;
        case 'n':
            most = number(optarg, INT64_MAX);
            break;
        case 't':
            seconds = number(optarg, 2000000);
            break;
        case 'i':
            interval = number(optarg, 2000000);
            break;
        default:
            fprintf(stderr, "usage: agents [-p PORT] [-n DATAGRAMS] [-t SECONDS] [-i SECONDS]\n");
            return 2;
        }
    }
    memset(&on_signal, 0, sizeof on_signal);
    on_signal.sa_handler = stop;
    sigaction(SIGINT, &on_signal, NULL);
    sigaction(SIGTERM, &on_signal, NULL);
    udp = open_port((unsigned short)port);
    if (udp < 0) {
        fprintf(stderr, "agents: UDP port %lld: %s\n", port, strerror(errno));
        return 1;
    }
    collect(udp, most, seconds, interval);
    close(udp);
    print_table();
    return 0;
}
