#!/usr/bin/env bash
# What many partitions cost Moldau and Apache Kafka: creating them, writing to them, restarting after a clean stop and
# after kill -9; a table with ratios at the end. Needs kcat. Apache Kafka takes minutes from some thousand partitions on.
# Usage: benchmarks/many-partitions.sh [PARTITIONS] [USED] [BROKERS]
#   PARTITIONS  1000 if not given
#   USED        so many of them get records before the restarts; all if not given
#   BROKERS     "moldau", "kafka" or "moldau kafka", which is the default
set -euo pipefail
if [ "${1:-}" = --help ]; then
    sed -n 's/^# //p' "$0"
    exit 0
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
partitions=${1:-1000}
used=${2:-$partitions}
brokers=${3:-moldau kafka}
port=19398
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
"$root/moldau" --version >/dev/null
java=$("$root/moldau" --java-home)/bin/java
jars=$root/benchmarks/kafka/target/lib
case $brokers in
    *kafka*) (cd "$root" && mvn -q -B -f benchmarks/kafka/pom.xml package) ;;
esac

now() { date +%s%N; }
since() { echo $((($(now) - $1) / 1000000)); }
cpu() { awk '{print ($14 + $15) * 10}' "/proc/$pid/stat"; }
note() { echo "$broker	$1	$2	$3" | tee -a "$work/values"; }
gauges() {
    note "$1" "MiB resident" "$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status")"
    note "$1" "files open" "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)"
    note "$1" "threads" "$(awk '/Threads/ {print $2}' "/proc/$pid/status")"
}

# Kafka's shipped server.properties for a lone node, as benchmarks/run has it.
kafka_settings() {
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
num.network.threads=3
num.io.threads=8
log.dirs=$work/kafka
num.partitions=1
num.recovery.threads.per.data.dir=2
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
END
}

launch() {
    if [ "$broker" = moldau ]; then
        exec "$root/moldau" start --data "$work/moldau" --port $port
    fi
    exec "$java" -Xms1G -Xmx1G -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 \
        -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true "-Dlog4j2.configurationFile=$work/log4j2.properties" \
        -cp "$jars/*" kafka.Kafka "$work/kafka.properties"
}

start() {
    begin=$(now)
    (launch) >"$work/log" 2>&1 &
    pid=$!
}

# Until a record is acknowledged; the same for both, whatever they say of being ready.
first() {
    until echo one | kcat -P -q -b 127.0.0.1:$port -t "$1" -p 0 -X acks=all -X message.timeout.ms=300000 \
        -X reconnect.backoff.ms=20 -X reconnect.backoff.max.ms=100 >/dev/null 2>&1; do
        kill -0 "$pid" || { cat "$work/log"; exit 1; }
        sleep 0.02
    done
}

restarted() {
    start
    first many
    note "$1" "ms to the first acknowledged record" "$(since "$begin")"
    note "$1" "CPU ms until then" "$(cpu)"
    sleep 5
    note "$1" "CPU ms after 5 s more" "$(cpu)"
    gauges "$1"
    [ "$broker" = kafka ] || sed -n 's/^  recovery */    /p' "$work/log" | cut -c1-200
}

stop() {
    kill $1 "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
}

one_broker() {
    if [ "$broker" = kafka ]; then
        kafka_settings >"$work/kafka.properties"
        cat >"$work/log4j2.properties" <<END
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
END
        "$java" -cp "$jars/*" kafka.tools.StorageTool format --standalone -t 4L6g3nShT-eMCtK--X86sw \
            -c "$work/kafka.properties" >"$work/log" 2>&1
    fi
    start
    first warm
    sleep 5
    local before
    before=$(cpu)
    begin=$(now)
    "$root/moldau" topics create many --partitions "$partitions" --bootstrap-server 127.0.0.1:$port >/dev/null
    first many
    note "create $partitions partitions" "ms" "$(since "$begin")"
    sleep 5
    note "create $partitions partitions" "CPU ms" $(($(cpu) - before))
    gauges "create $partitions partitions"
    if [ "$used" -gt 0 ]; then
        before=$(cpu)
        begin=$(now)
        seq 1 $((used * 3)) | kcat -P -q -b 127.0.0.1:$port -t many -p -1 -X sticky.partitioning.linger.ms=0 \
            -X acks=all -X linger.ms=5
        note "records to about $used of them" "ms" "$(since "$begin")"
        note "records to about $used of them" "CPU ms" $(($(cpu) - before))
        gauges "records to about $used of them"
    fi
    before=$(cpu)
    sleep 10
    note "10 s idle" "CPU ms" $(($(cpu) - before))
    gauges "10 s idle"
    begin=$(now)
    stop
    note "clean stop" "ms" "$(since "$begin")"
    restarted "after a clean stop"
    if [ "$used" -gt 0 ]; then
        seq 1 $((used * 3)) | kcat -P -q -b 127.0.0.1:$port -t many -p -1 -X sticky.partitioning.linger.ms=0 \
            -X acks=all -X linger.ms=5
    fi
    stop -9
    restarted "kill -9 just after records to about $used"
    stop
    rm -rf "${work:?}/$broker"
}

for broker in $brokers; do
    one_broker
done
echo
echo "| $partitions partitions, $used used | what | Moldau | Kafka | ratio |"
echo "|---|---|---|---|---|"
awk -F'\t' '
    { key = $2 " | " $3; value[$1, key] = $4; if (!(key in seen)) { seen[key] = 1; order[++n] = key } }
    END {
        for (i = 1; i <= n; i++) {
            m = value["moldau", order[i]]; k = value["kafka", order[i]]
            printf "| %s | %s | %s | %s |\n", order[i], m, k, (m != "" && k + 0 > 0) ? sprintf("%.3f", m / k) : ""
        }
    }' "$work/values"
