"""Wrong answers that behave alike are one group, and one comment reaches all its learners."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import replace

import pytest

from grader.batch import behaviour
from grader.batch.run import Batch
from grader.errors import GraderError
from tests.grader.batch.stand_in import CHECKS, SETTINGS, Pool
from tests.judgement.residual_networks.mutants import MUTANTS


def result_of(mutant, draw):
    """The tests of a result in which an exercise is wrong as this mutant is.

    The numbers are those of another submission each time, and so are names of files.
    """
    own = [check for check in CHECKS if check.exercise == mutant.exercise]
    # Which checks a mistake fails follows from the mistake.
    failing = random.Random(mutant.title).sample(own, max(1, len(own) // 2))
    named = mutant.expected
    sentence = f"{named or 'The numbers differ'}: for learner{draw.randrange(10**6)}.py"
    for check in CHECKS:
        wrong = check in failing
        told = {
            "sentence": named
            or f"Expected other numbers, {draw.random():.4f} in 'x{draw.random()}'.",
            "table": [["received", f"mean {draw.random():.4g}"]],
            "trace": sentence,
        }
        more = {"check": check.name, "exercise": check.exercise, "concept": check.concept}
        more |= {"kind": "wrong" if wrong else None, "misconception": named if wrong else None}
        more["told"] = told if wrong else None
        status = "failed" if wrong else "passed"
        yield {"status": status, "extra_data": more, "output": "", "score": 0, "max_score": 1}


def test_nine_tenths_of_a_thousand_failures_are_in_forty_groups():
    """In a class few mistakes are made by many: here the n-th has a weight of 1/n."""
    draw = random.Random(0)
    mutants = draw.sample(MUTANTS, len(MUTANTS))
    drawn = draw.choices(mutants, [1 / rank for rank in range(1, len(mutants) + 1)], k=1000)
    counts = Counter(
        one.group for mutant in drawn for one in behaviour.of(result_of(mutant, draw), "graded")
    )
    assert sum(counts.values()) == 1000 and 40 < len(counts) <= 52
    assert sum(count for _, count in counts.most_common(40)) >= 900


def test_the_same_mistake_is_one_group_and_others_are_others():
    found = {}
    for mutant in MUTANTS:
        [one] = behaviour.of(result_of(mutant, random.Random(1)), "graded")
        found.setdefault(one.group, set()).add(mutant.expected)
    assert set(found) == {mutant.expected for mutant in MUTANTS}


def test_without_a_misconception_words_and_checks_tell_groups_apart():
    unnamed = [replace(mutant, expected="") for mutant in MUTANTS]
    one, again, other = (
        behaviour.of(result_of(mutant, random.Random(seed)), "graded")[0]
        for mutant, seed in ((unnamed[0], 1), (unnamed[0], 2), (unnamed[-1], 1))
    )
    assert one.group == again.group != other.group and one.sentence != again.sentence


def test_what_could_not_be_run_is_one_group_for_each_reason():
    [one], [other] = (behaviour.of([], status) for status in ("syntax", "empty"))
    assert one.sentence == "Python cannot read it" and one.exercise == "" != other.group
    assert one.group != other.group == behaviour.of([{}], "empty")[0].group


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    for number in range(6):
        (path / f"learner{number}.py").write_text(f"x = {number}\n")
    return path


def run(folder):
    with Batch(folder, folder.parent / "out", SETTINGS) as batch:
        batch.run(Pool())
    return folder.parent / "out"


def table(out):
    with (out / behaviour.NAME).open(newline="", encoding="utf-8-sig") as file:
        return [*csv.DictReader(file)]


def rewritten(out, rows):
    with (out / behaviour.NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, behaviour.TITLES, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_a_comment_is_kept_and_shown_to_each_of_the_group(folder):
    out = run(folder)
    rows = table(out)
    counts = [int(row["submissions"]) for row in rows]
    assert counts == sorted(counts, reverse=True) and counts[0] > 1
    rows[0]["comment"] = "=Look at <the sum> again."
    rewritten(out, [*rows, {"group": "gone-123456", "comment": "kept too"}])
    run(folder)
    again = table(run(folder))
    assert [row["group"] for row in again] == [*(row["group"] for row in rows), "gone-123456"]
    assert (
        again[0]["comment"] == "'=Look at <the sum> again." and again[-1]["comment"] == "kept too"
    )
    pages = [path.read_text(encoding="utf-8") for path in (out / "learners").iterdir()]
    shown = [page for page in pages if "=Look at &lt;the sum&gt; again." in page]
    assert len(shown) == counts[0] and "From your teacher" in shown[0]
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "=Look at &lt;the sum&gt; again." in index and "gone-123456" not in index


def test_a_file_of_comments_that_is_none_stays_as_it_is(folder):
    out = run(folder)
    (out / behaviour.NAME).write_text("my notes\nread these\n")
    with pytest.raises(GraderError, match=r"comments\.csv: expected the titles group"):
        run(folder)
    assert (out / behaviour.NAME).read_text() == "my notes\nread these\n"
