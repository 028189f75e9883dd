"""What an application does with kafka-python: administers, produces with every codec that is installed, consumes in a
group whose members come and go. It has no transactions (2.0.2)."""

import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.codec import has_lz4, has_snappy, has_zstd

BOOTSTRAP = sys.argv[1]
TOPIC = "kafka-python"
GROUP = "kafka-python-group"
COUNT = 300


def check(condition, what):
    if not condition:
        raise AssertionError("not so: " + what)


def codecs():
    have = [None, "gzip"]
    for name, there in (("snappy", has_snappy()), ("lz4", has_lz4()), ("zstd", has_zstd())):
        if there:
            have.append(name)
    return have


def produce():
    for codec in codecs():
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all", linger_ms=5)
        sent = []
        for i in range(COUNT):
            headers = [("codec", str(codec).encode())]
            value = ("%s-%d" % (codec, i)).encode()
            sent.append(producer.send(TOPIC, key=b"k%d" % i, value=value, headers=headers))
        producer.flush()
        check(all(future.get().offset >= 0 for future in sent), "each record has an offset")
        producer.close()


def member():
    return KafkaConsumer(
        TOPIC, bootstrap_servers=BOOTSTRAP, group_id=GROUP, auto_offset_reset="earliest", enable_auto_commit=False,
        session_timeout_ms=10000, heartbeat_interval_ms=500, max_poll_records=100)


class Member(threading.Thread):
    """Reads until it is told to stop, then commits. A thread of its own: joining blocks the caller."""

    def __init__(self, seen):
        super().__init__(daemon=True)
        self.seen = seen
        self.stop = threading.Event()
        self.assigned = set()
        self.reached = 0
        self.failure = None

    def run(self):
        try:
            consumer = member()
            while not self.stop.is_set():
                for records in consumer.poll(timeout_ms=100).values():
                    for record in records:
                        check(record.value.startswith(dict(record.headers)["codec"]), "headers come back")
                        self.seen.add(record.value)
                assigned = consumer.assignment()
                self.reached = sum(consumer.position(partition) or 0 for partition in assigned)
                self.assigned = assigned
            consumer.commit()
            consumer.close()
        except Exception as failure:
            self.failure = failure


def until(what, condition, members):
    end = time.monotonic() + 60
    while not condition():
        for one in members:
            check(one.failure is None, "a member reads: %r" % one.failure)
        check(time.monotonic() < end, what)
        time.sleep(0.05)


def consume():
    """A second member joins when the first has some, so there is a rebalance in the middle."""
    seen = set()
    expected = len(codecs()) * COUNT
    members = [Member(seen), Member(seen)]
    members[0].start()
    until("the first member reads", lambda: len(seen) > expected // 4, members)
    members[1].start()
    until("both have a partition", lambda: all(len(one.assigned) == 1 for one in members), members)
    # After a rebalance a member reads again from where its partition was committed: from the beginning.
    until("all records came", lambda: sum(one.reached for one in members) == expected, members)
    check(len(seen) == expected, "each was seen: %d of %d" % (len(seen), expected))
    check(not members[0].assigned & members[1].assigned, "no partition is read by both")
    for one in members:
        one.stop.set()
    for one in members:
        one.join(30)
        check(one.failure is None, "a member ends: %r" % one.failure)


def administer(admin):
    offsets = admin.list_consumer_group_offsets(GROUP)
    check(sum(one.offset for one in offsets.values()) == len(codecs()) * COUNT, "all is committed: %s" % offsets)
    check(admin.describe_consumer_groups([GROUP])[0].state in ("Empty", "Dead"), "the group is empty")
    check(any(name == GROUP for name, _ in admin.list_consumer_groups()), "the group is listed")
    admin.create_partitions({TOPIC: NewPartitions(3)})
    check(len(admin.describe_topics([TOPIC])[0]["partitions"]) == 3, "there is a third partition")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {"retention.ms": "3600000"})])
    config = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {"retention.ms": None})])
    check(config[0].resources[0][4][0][1] == "3600000", "a setting is as it was set: %s" % (config,))
    reader = KafkaConsumer(bootstrap_servers=BOOTSTRAP)
    partition = TopicPartition(TOPIC, 0)
    check(reader.beginning_offsets([partition])[partition] == 0, "the log begins at 0")
    check(reader.offsets_for_times({partition: 0})[partition].offset == 0, "the first record is found by time")
    reader.close()
    admin.delete_consumer_groups([GROUP])
    admin.delete_topics([TOPIC])
    check(TOPIC not in admin.list_topics(), "the topic is gone")


def main():
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    admin.create_topics([NewTopic(TOPIC, 2, 1)])
    produce()
    consume()
    administer(admin)
    admin.close()
    print("ok", " ".join(str(codec) for codec in codecs()))


main()
