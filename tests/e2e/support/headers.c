/* The headers of all records of a partition that are there by now, which kcat prints only up to their first NUL byte.
 *     headers BROKERS TOPIC PARTITION
 * Prints a line for each record: the name and the value, in hexadecimal, of each of its headers. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: headers BROKERS TOPIC PARTITION\n");
        return 2;
    }
    char error[512];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    rd_kafka_conf_set(configuration, "bootstrap.servers", words[1], error, sizeof error);
    rd_kafka_conf_set(configuration, "enable.partition.eof", "true", error, sizeof error);
    rd_kafka_conf_set(configuration, "group.id", "headers", error, sizeof error);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, error, sizeof error);
    if (!client) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, words[2], atoi(words[3]))->offset = 0;
    rd_kafka_assign(client, list);
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 20000);
        if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            break;
        if (!message || message->err) {
            fprintf(stderr, "%s\n", message ? rd_kafka_message_errstr(message) : "no answer");
            return 1;
        }
        rd_kafka_headers_t *headers;
        const char *name;
        const void *value;
        size_t length;
        if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
            for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &length); i++) {
                printf("%s ", name);
                for (size_t at = 0; at < length; at++)
                    printf("%02x", ((const unsigned char *)value)[at]);
                printf(" ");
            }
        printf("\n");
        rd_kafka_message_destroy(message);
    }
    return 0;
}
