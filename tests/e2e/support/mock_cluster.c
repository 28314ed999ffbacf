/* A cluster of three Kafka brokers that exist in this process alone: librdkafka's mock.
 *     mock_cluster TOPIC PARTITIONS
 * Prints the brokers' addresses, then does what the lines of standard input say, and answers each with "done":
 *     lead PARTITION BROKER
 *     down BROKER
 *     up BROKER
 *     refuse COUNT ERROR: the next so many requests to write something are answered with this number
 * It ends with standard input. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>

/* The number of requests to write, in Kafka's protocol. */
#define PRODUCE 0

static void must(rd_kafka_resp_err_t error, const char *what) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fprintf(stderr, "%s: %s\n", what, rd_kafka_err2str(error));
        exit(1);
    }
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: mock_cluster TOPIC PARTITIONS\n");
        return 2;
    }
    const char *topic = words[1];
    char error[512], line[64];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    /* It would warn that it has no other brokers. */
    rd_kafka_conf_set(configuration, "log_level", "3", error, sizeof error);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, error, sizeof error);
    rd_kafka_mock_cluster_t *cluster = client ? rd_kafka_mock_cluster_new(client, 3) : NULL;
    if (!cluster) {
        fprintf(stderr, "no cluster\n");
        return 1;
    }
    must(rd_kafka_mock_topic_create(cluster, topic, atoi(words[2]), 3), "topic");
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int partition, broker, refusal;
        if (sscanf(line, "lead %d %d", &partition, &broker) == 2)
            must(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker), line);
        else if (sscanf(line, "down %d", &broker) == 1)
            must(rd_kafka_mock_broker_set_down(cluster, broker), line);
        else if (sscanf(line, "up %d", &broker) == 1)
            must(rd_kafka_mock_broker_set_up(cluster, broker), line);
        else if (sscanf(line, "refuse %d %d", &count, &refusal) == 2)
            while (count-- > 0)
                rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, refusal);
        else
            must(RD_KAFKA_RESP_ERR__INVALID_ARG, line);
        printf("done\n");
        fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
    return 0;
}
