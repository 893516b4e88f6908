#!/bin/sh
# Train and score one model for each bAbI task, and print the table.
#
#   babi.sh FOLDER OUTPUT [TASK ...]
#
# FOLDER holds qa1_..._train.txt, qa1_..._test.txt and so on (the 1,000-example set "en"). The last
# tenth of each training file, in whole stories, chooses the epoch; the test file is scored once.
# OUTPUT gets splits/ and a run for each task; without TASK (1 to 20) all are run.
set -eu
recipe=$(dirname "$0")/babi.toml
folder=$1
output=$2
shift 2
mkdir -p "$output/splits"
for task in ${*:-$(seq 1 20)}; do
    parts=$output/splits/qa$task
    # A question line has tabs, a story starts with number 1: stories with question 901 on are held out.
    awk -v train="$parts-train.txt" -v dev="$parts-dev.txt" '
        $1 == 1 { for (i = 1; i <= n; i++) print story[i] > (asked <= 900 ? train : dev); n = 0 }
        { story[++n] = $0; asked += /\t/ }
        END { for (i = 1; i <= n; i++) print story[i] > dev }
    ' "$folder"/qa"$task"_*_train.txt
    seqkit run qa --config "$recipe" --train "$parts-train.txt" --dev "$parts-dev.txt" \
        --test "$folder"/qa"$task"_*_test.txt --output "$output/qa$task" --threads 1 --quiet
done
python - "$output" <<'END'
import json, pathlib, sys
rows = []
for number in range(1, 21):
    path = pathlib.Path(sys.argv[1], f"qa{number}", "report.json")
    if path.exists():
        report = json.loads(path.read_text())
        scores = [report["evaluation"], *(b["evaluation"] for b in report["baselines"])]
        rows.append((number, [100 * score["metrics"][0]["value"] for score in scores]))
        print(f"qa{number:<5}" + "".join(f"{value:8.1f}" for value in rows[-1][1]))
means = [sum(column) / len(rows) for column in zip(*(values for _, values in rows))]
print("mean   " + "".join(f"{value:8.1f}" for value in means), f" over {len(rows)} tasks")
END
