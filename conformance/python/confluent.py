"""What an application does with confluent-kafka (librdkafka): administers, produces with every codec, consumes in a
group whose members come and go, and moves records with their offsets in transactions."""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

BOOTSTRAP = sys.argv[1]
TOPIC = "confluent"
MOVED = "confluent-moved"
GROUP = "confluent-group"
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
COUNT = 300


def check(condition, what):
    if not condition:
        raise AssertionError("not so: " + what)


def delivered(error, message):
    check(error is None, "a record is delivered: %s" % error)


def produce():
    for codec in CODECS:
        producer = Producer(
            {"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "enable.idempotence": True, "linger.ms": 5})
        for i in range(COUNT):
            producer.produce(
                TOPIC, key="k%d" % i, value="%s-%d" % (codec, i), headers={"codec": codec}, on_delivery=delivered)
            producer.poll(0)
        check(producer.flush(30) == 0, "all records are delivered")


def member(group, topic, strategy):
    consumer = Consumer({
        "bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "session.timeout.ms": 10000, "heartbeat.interval.ms": 500, "isolation.level": "read_committed",
        "partition.assignment.strategy": strategy})
    consumer.subscribe([topic])
    return consumer


def take(consumer, seen):
    for message in consumer.consume(100, 0.2):
        check(message.error() is None, "a record is read: %s" % message.error())
        check(message.value().startswith(dict(message.headers())["codec"]), "headers come back")
        seen.add(message.value())


def consume(strategy):
    seen = set()
    expected = len(CODECS) * COUNT
    end = time.monotonic() + 60
    group = GROUP + "-" + strategy
    first, second = member(group, TOPIC, strategy), None
    while len(seen) < expected or second is None or not (first.assignment() and second.assignment()):
        check(time.monotonic() < end, "all records came: %d of %d" % (len(seen), expected))
        take(first, seen)
        if len(seen) > expected // 4 and second is None:
            first.commit(asynchronous=False)
            second = member(group, TOPIC, strategy)
        if second is not None:
            take(second, seen)
    check(not set(map(str, first.assignment())) & set(map(str, second.assignment())), "no partition is read by both")
    for consumer in (first, second):
        consumer.close()


def transactions():
    """Moves records in transactions, every third of which is aborted and done again."""
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "confluent-id"})
    producer.init_transactions(30)
    consumer = member(GROUP + "-moving", TOPIC, "range")
    expected = len(CODECS) * COUNT
    moved, turn = 0, 0
    end = time.monotonic() + 60
    while moved < expected:
        check(time.monotonic() < end, "all records are moved: %d of %d" % (moved, expected))
        messages = consumer.consume(100, 0.5)
        if not messages:
            continue
        turn += 1
        producer.begin_transaction()
        for message in messages:
            check(message.error() is None, "a record is read: %s" % message.error())
            producer.produce(MOVED, key=message.key(), value=message.value())
        if turn % 3 == 0:
            producer.abort_transaction(30)
            for position in {(one.topic(), one.partition()) for one in messages}:
                first = min(one.offset() for one in messages if (one.topic(), one.partition()) == position)
                consumer.seek(TopicPartition(position[0], position[1], first))
        else:
            producer.send_offsets_to_transaction(
                consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 30)
            producer.commit_transaction(30)
            moved += len(messages)
    assignment = consumer.assignment()
    committed = sum(one.offset for one in consumer.committed(assignment, 30))
    check(committed == expected, "the offsets are committed with the records: %d" % committed)
    consumer.close()
    fence()
    reader = member(GROUP + "-reading", MOVED, "range")
    seen = []
    end = time.monotonic() + 30
    while len(seen) < expected:
        check(time.monotonic() < end, "what was committed is read: %d" % len(seen))
        seen += [one.value() for one in reader.consume(500, 0.5) if one.error() is None]
    seen += [one.value() for one in reader.consume(500, 1)]
    check(len(seen) == expected and len(set(seen)) == expected, "each record is there once: %d" % len(seen))
    reader.close()


def fence():
    """Of two producers with one id the older one is told."""
    older = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "confluent-fenced"})
    older.init_transactions(30)
    older.begin_transaction()
    older.produce(MOVED, value="by the older one")
    older.flush(10)
    newer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "confluent-fenced"})
    newer.init_transactions(30)
    try:
        older.commit_transaction(30)
        check(False, "the older producer is fenced")
    except KafkaException as fenced:
        check(fenced.args[0].fatal(), "being fenced is the end: %s" % fenced)


def administer(admin):
    for future in admin.create_partitions([NewPartitions(TOPIC, 3)]).values():
        future.result(30)
    check(len(admin.list_topics(TOPIC, 10).topics[TOPIC].partitions) == 3, "there is a third partition")
    resource = ConfigResource("topic", TOPIC, set_config={"retention.ms": "3600000"})
    for future in admin.alter_configs([resource]).values():
        future.result(30)
    for future in admin.describe_configs([ConfigResource("topic", TOPIC)]).values():
        check(future.result(30)["retention.ms"].value == "3600000", "a setting is as it was set")
    check(any(group.id.startswith(GROUP) for group in admin.list_groups(timeout=10)), "the groups are listed")
    for future in admin.delete_topics([TOPIC, MOVED]).values():
        future.result(30)
    check(TOPIC not in admin.list_topics(timeout=10).topics, "the topic is gone")


def main():
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    for future in admin.create_topics([NewTopic(TOPIC, 2, 1), NewTopic(MOVED, 2, 1)]).values():
        future.result(30)
    produce()
    consume("range")
    consume("cooperative-sticky")
    transactions()
    administer(admin)
    print("ok")


main()
