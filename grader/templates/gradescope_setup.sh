#!/usr/bin/env bash
# Run once, when Gradescope builds the autograder's image.
set -euo pipefail
python=""
for version in 3.12 3.11 3.13; do
    if command -v "python$version" >/dev/null; then python="python$version"; break; fi
done
if [ -z "$python" ]; then
    apt-get update
    for version in 3.12 3.11 3.13; do
        if apt-get install -y "python$version" "python$version-venv"; then
            python="python$version"; break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "expected Python 3.11 to 3.13: choose a newer base image" >&2
    exit 1
fi
"$python" -m venv /autograder/venv 2>/dev/null || {
    apt-get update && apt-get install -y "$python-venv" && "$python" -m venv /autograder/venv; }
# The sandbox. Each result says whether it works in this container.
command -v bwrap >/dev/null || { apt-get update && apt-get install -y bubblewrap; } ||
    echo "bubblewrap could not be installed: submissions run with limits, but without walls" >&2
/autograder/venv/bin/python -m pip install --quiet -r /autograder/source/project/requirements.txt
