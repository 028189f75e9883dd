#!/usr/bin/env bash
# How long a start takes: from the start of the process to the first acknowledged record, and the memory after 10 s
# of doing nothing. Needs kcat. Usage: benchmarks/start-up.sh [RUNS]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runs=${1:-7}
port=19397
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/moldau" --version >/dev/null

for ((run = 1; run <= runs; run++)); do
    data=$work/data-$run
    begin=$(date +%s%N)
    "$root/moldau" start --data "$data" --port $port >"$work/log" 2>&1 &
    pid=$!
    until grep -q 'is ready' "$work/log" 2>/dev/null; do :; done
    ready=$(date +%s%N)
    ready_cpu=$(awk '{print ($14 + $15) * 10}' "/proc/$pid/stat")
    echo one | kcat -P -q -b 127.0.0.1:$port -t first -X acks=all >/dev/null 2>&1
    acknowledged=$(date +%s%N)
    cpu=$(awk '{print ($14 + $15) * 10}' "/proc/$pid/stat")
    sleep 10
    rss=$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status")
    kill "$pid"
    stop=$(date +%s%N)
    wait "$pid" || true
    ended=$(date +%s%N)
    echo "run $run: ready $(((ready - begin) / 1000000)) ms ($ready_cpu ms CPU)," \
        "first record acknowledged $(((acknowledged - begin) / 1000000)) ms ($cpu ms CPU)," \
        "idle $rss MiB, stopped in $(((ended - stop) / 1000000)) ms"
done
