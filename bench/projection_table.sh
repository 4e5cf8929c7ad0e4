#!/usr/bin/env bash
# The projection table of docs/benchmarks.md: every gold set with the default aligner, and ABSA with
# the alignments published with it.   bench/projection_table.sh DATA   (DATA holds gold/)
set -euo pipefail
data=$1
for aligner in awesome simalign fast_align mgiza; do
  labelproj bench projection --markdown --aligner "record:$aligner" \
    --gold "$data/gold/absa/en-es.train.jsonl.gz" --gold "$data/gold/absa/en-fr.train.jsonl.gz" \
    --gold "$data/gold/absa/en-ru.train.jsonl.gz"
done
for file in "$data"/gold/*/*.jsonl.gz; do
  labelproj bench projection --markdown --aligner eflomal --gold "$file" | tail -n +3
done
