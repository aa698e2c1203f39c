#!/bin/sh
# A whole large city: generate eleven million careers (about 2.06 billion months, 1.2 GB of Parquet) in bounded memory,
# write them again as one row a month (2.2 GB) for the scan, compute the complete pension for everybody, and print the
# cost per person from ten thousand people up.
#
#     sh bench/eleven_million.sh [PERSONS]     (needs about 6 GB below var/bench; minutes on two idle cores)
set -eu
cd "$(dirname "$0")/.."
largest=${1:-11000000}
for persons in 10000 100000 1000000 "$largest"; do
    echo "== $persons persons"
    PEERS=${PEERS:-none} .venv/bin/python bench/careers.py "$persons" | tee "/tmp/jinbao-careers-$persons.log"
done
echo "persons  bulk wall s  bulk CPU s  CPU us/person  peak MB  CPU to a scan of monthly rows  of the same files"
for persons in 10000 100000 1000000 "$largest"; do
    tail -1 "/tmp/jinbao-careers-$persons.log" | .venv/bin/python -c 'import json, sys
f = json.load(sys.stdin)
print(f["persons"], round(f["bulk_s"], 2), round(f["bulk_cpu_s"], 2), round(f["cpu_us_per_person"], 2), f["peak_mb"], round(f["ratio_cpu"], 2), round(f["ratio_packed_cpu"], 2))'
done
