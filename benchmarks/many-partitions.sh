#!/usr/bin/env bash
# What many partitions cost: creating them, idling, restarting after a clean stop and after kill -9.
# Needs kcat. Usage: benchmarks/many-partitions.sh [PARTITIONS] [USED]: USED of them get a record before the restarts.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
partitions=${1:-1000}
used=${2:-$partitions}
port=19398
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
"$root/moldau" --version >/dev/null

now() { date +%s%N; }
cpu() { awk '{print ($14 + $15) * 10}' "/proc/$pid/stat"; }
rss() { awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status"; }
fds() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }
threads() { awk '/Threads/ {print $2}' "/proc/$pid/status"; }
start() {
    begin=$(now)
    "$root/moldau" start --data "$work/data" --port $port >"$work/log" 2>&1 &
    pid=$!
    until grep -q 'is ready' "$work/log" 2>/dev/null; do sleep 0.01; done
    ready=$((($(now) - begin) / 1000000))
}
first() {
    echo one | kcat -P -q -b 127.0.0.1:$port -t many -p 7 -X acks=all
    acknowledged=$((($(now) - begin) / 1000000))
}
restarted() {
    start
    ready_cpu=$(cpu)
    first
    echo "$1: ready after $ready ms ($ready_cpu ms CPU), first produce answered after $acknowledged ms" \
        "($(cpu) ms CPU), $(rss) MiB, $(fds) files open, $(threads) threads"
    sed -n 's/^  recovery */    /p' "$work/log" | cut -c1-200
}

start
kcat -L -b 127.0.0.1:$port >/dev/null
before=$(cpu)
begin=$(now)
"$root/moldau" topics create many --partitions "$partitions" --bootstrap-server 127.0.0.1:$port >/dev/null
took=$((($(now) - begin) / 1000000))
sleep 3
echo "create $partitions partitions: $took ms, broker CPU $(($(cpu) - before)) ms, $(rss) MiB, $(fds) files open"
before=$(cpu)
begin=$(now)
if [ "$used" -gt 0 ]; then
    seq 1 $((used * 3)) | kcat -P -q -b 127.0.0.1:$port -t many -p -1 -X sticky.partitioning.linger.ms=0 \
        -X acks=all -X linger.ms=5
fi
took=$((($(now) - begin) / 1000000))
echo "records to about $used of them: $took ms, broker CPU $(($(cpu) - before)) ms, $(rss) MiB, $(fds) files open"
before=$(cpu)
sleep 10
echo "10 s idle: broker CPU $(($(cpu) - before)) ms, $(rss) MiB, $(fds) files open, $(threads) threads"
begin=$(now)
kill "$pid"
wait "$pid" || true
echo "stopped in $((($(now) - begin) / 1000000)) ms"
restarted "after a clean stop"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
restarted "after kill -9"
kill "$pid"
wait "$pid" || true
pid=
