#!/bin/sh
# Index each evaluation set under the folder $1 and print the measures of the three modes.
# Usage: benchmarks/evaluate.sh EVAL_FOLDER [SET...]
set -eu
folder=$1
shift
[ $# -gt 0 ] || set -- $(ls "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for set in "$@"; do
    arsearch index "$folder/$set/corpus.jsonl.gz" --index "$work/$set"
    for mode in lexical semantic hybrid; do
        printf '\n%s\n' "$set"
        arsearch evaluate --index "$work/$set" --mode "$mode" --queries "$folder/$set/queries.tsv" --qrels "$folder/$set/qrels.txt"
    done
    rm -rf "${work:?}/$set"
done
