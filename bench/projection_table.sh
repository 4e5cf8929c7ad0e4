#!/usr/bin/env bash
# The projection table of docs/benchmarks.md: every gold set with the default aligner, systran and the
# ensemble that needs no model; the alignments published with ABSA; ensembles with them; and what an
# MT model from English to Spanish adds.
#   bench/projection_table.sh DATA MT        (DATA holds gold/ and bitext/)
set -euo pipefail
data=$1 mt=$2
row() { labelproj bench projection --markdown "$@" | tail -n +3; }
for lang in es fr ru; do
  file="$data/gold/absa/en-$lang.train.jsonl.gz"
  for aligner in awesome simalign fast_align mgiza; do
    row --gold "$file" --aligner "record:$aligner"
  done
  row --gold "$file" --method ensemble --member record:awesome --member record:simalign \
    --member record:fast_align --member record:mgiza
  row --gold "$file" --method ensemble --member eflomal --member record:awesome \
    --member record:simalign
done
for file in "$data"/gold/*/*.jsonl.gz; do
  row --gold "$file" --aligner eflomal
  row --gold "$file" --aligner systran
  row --gold "$file" --method ensemble --member eflomal --member systran
done
for file in "$data"/gold/*/en-es.*.jsonl.gz; do
  row --gold "$file" --aligner embedding --aligner-model "$mt"
  row --gold "$file" --method ensemble --member eflomal --member embedding --aligner-model "$mt"
done
file="$data/gold/absa/en-es.train.jsonl.gz"
row --gold "$file" --aligner eflomal \
  --extra-bitext "$data/bitext/en-es/tatoeba-manythings.train.tsv.gz"
row --gold "$file" --part odd --aligner record:awesome
row --gold "$file" --part odd --method ensemble --member eflomal --member record:awesome \
  --member record:simalign
