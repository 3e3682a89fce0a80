#!/usr/bin/env bash
# Run once, when Gradescope builds the autograder's image.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
doing="looking for Python"
# The build may go on: then each result says to staff what failed here.
trap 'echo "while $doing" > "$root/setup_failed"; echo "setup.sh failed while $doing" >&2' ERR
rm -f "$root/setup_failed"
python=""
for version in 3.12 3.11 3.13; do
    if "python$version" -c "" 2>/dev/null; then python="python$version"; break; fi
done
if [ -z "$python" ]; then
    doing="installing Python 3.11 to 3.13: choose a newer base image"
    apt-get update
    for version in 3.12 3.11 3.13; do
        if apt-get install -y "python$version" "python$version-venv"; then
            python="python$version"; break
        fi
    done
    [ -n "$python" ]
fi
doing="making a Python environment"
if ! "$python" -m venv "$root/venv" 2>/dev/null; then
    apt-get update
    apt-get install -y "$python-venv"
    "$python" -m venv "$root/venv"
fi
# The sandbox. Each run says to staff whether it works in this container.
command -v bwrap >/dev/null || { apt-get update && apt-get install -y bubblewrap; } ||
    echo "bubblewrap could not be installed: submissions run with limits, but without walls" >&2
doing="installing the requirements with pip"
"$root/venv/bin/python" -m pip install --quiet -r "$root/source/project/requirements.txt"
doing="trying the grader"
cd "$root/source/project"
GRADER_KEY="$root/source/grader.key" "$root/venv/bin/python" -m grader key
"$root/venv/bin/python" -c "from grader.judging.sandbox import walls; print(walls().sentence)"
