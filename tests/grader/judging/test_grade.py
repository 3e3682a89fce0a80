"""What earns points: solutions, stubs, right answers in other styles, wrong answers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from grader import assignments
from grader.authoring import regions
from grader.authoring.release import stub
from grader.judging import checks, gradescope
from grader.runner import reference_weights
from tests.judgement.residual_networks.whole_styles import STYLES
from tests.sampling import LONG

BLOCKS = ("identity_block", "convolutional_block")
FIRST = 'X = layers.Activation("relu")(normalised(X, F1, 1, "2a"))'
SUM = 'X = layers.Activation("relu")(layers.Add()([shortcut, X]))'
NORM = "layers.BatchNormalization(axis=3, name=norm)(X, training=training)"


def failed(report):
    """The names of the checks that failed by what they compare, not by what another explains."""
    return {
        outcome.check.name
        for outcome in report.outcomes
        if outcome.failure is not None and outcome.failure.kind != "follows"
    }


def test_the_points_are_those_of_the_markers_and_make_100(solution):
    found = checks.collect(assignments.find("residual_networks").checks)
    points = {}
    for one in found:
        points[one.exercise] = points.get(one.exercise, 0) + one.points
    assert points == {region.name: region.points for region in regions.find(solution)}
    assert sum(points.values()) == 100


def test_the_solution_earns_all(grade, solution):
    report = grade(solution)
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []
    assert (report.score, report.max_score, report.status) == (100, 100, "graded")


def test_a_fresh_release_earns_nothing_and_says_where_to_go_on(grade, solution):
    report = grade(stub(solution, "residual_networks"))
    assert (report.score, report.status) == (0, "unfilled")
    said = report.outcomes[0].failure.message
    assert "exercise 1" in said and ".venv/bin/signs hint residual_networks identity_block" in said


@pytest.mark.sampled(1)
@pytest.mark.parametrize("style", STYLES)
def test_another_style_earns_all(grade, style):
    report = grade(STYLES[style])
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []
    assert report.score == 100


# name -> (edits of the solution, checks that must fail), on the blocks alone.
WRONG = {
    "no ReLU after the sum": (
        [SUM, "X = layers.Add()([shortcut, X])"],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "no shortcut": (
        [SUM, 'X = layers.Activation("relu")(X)'],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "ReLU before the sum": (
        [SUM, "X = layers.Add()([shortcut, layers.ReLU()(X)])"],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "batch norm over the rows": (
        ["BatchNormalization(axis=3", "BatchNormalization(axis=1"],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "training ignored": (
        [NORM, NORM.replace(", training=training", "")],
        {"identity_block_in_training_mode", "convolutional_block_in_training_mode"},
    ),
    "training always on": (
        [NORM, NORM.replace("training=training", "training=True")],
        {"identity_block_in_training_mode", "convolutional_block_in_training_mode"},
    ),
    "initialiser ignored": (
        ["first = initializer(seed=0)", "first = GlorotUniform(seed=0)"],
        {"identity_block_on_arrays", "convolutional_block_on_arrays"},
    ),
    "no names": (
        ['return f"res{stage}{block}_branch{branch}"', 'return None, None; f""'],
        {"identity_block_names_its_layers", "convolutional_block_names_its_layers"},
    ),
    "f never used": (
        ['normalised(X, F2, f, "2b")', 'normalised(X, F2, 3, "2b")'],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "first two widths swapped": (
        ["F1, F2, F3 = filters", "F2, F1, F3 = filters"],
        {"identity_block_in_inference_mode", "convolutional_block_in_inference_mode"},
    ),
    "stride always 2": (
        [
            'normalised(X, F1, 1, "2a", s)',
            'normalised(X, F1, 1, "2a", 2)',
            'normalised(X, F3, 1, "1", s)',
            'normalised(X, F3, 1, "1", 2)',
        ],
        {"convolutional_block_shape", "convolutional_block_strides"},
    ),
    "stride in the second convolution": (
        [
            'normalised(X, F1, 1, "2a", s)',
            'normalised(X, F1, 1, "2a")',
            'normalised(X, F2, f, "2b"))\n    X = normalised(X, F3, 1, "2c")\n    # 3. Add both',
            'normalised(X, F2, f, "2b", s))\n    X = normalised(X, F3, 1, "2c")\n    # 3. Add both',
        ],
        {"convolutional_block_in_inference_mode"},
    ),
    "ReLU on the projection": (
        ['normalised(X, F3, 1, "1", s)', 'layers.ReLU()(normalised(X, F3, 1, "1", s))'],
        {"convolutional_block_in_inference_mode"},
    ),
}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_block_loses_the_right_check(grade, changed, name):
    edits, expected = WRONG[name]
    report = grade(changed(*edits), BLOCKS)
    assert failed(report) == expected
    assert all(
        outcome.failure.kind == "wrong" and len(outcome.failure.table) >= 2
        for outcome in report.outcomes
        if outcome.check.name in expected
    )


WRONG_NETS = {
    "a block too few in stage 4": (
        ["(256, 6)", "(256, 5)"],
        {"resnet50_stage_4", "resnet50_counts"},
    ),
    "no softmax": (
        ['activation="softmax",', ""],
        {
            "resnet50_gives_probabilities",
            "resnet50_head",
            "resnet50_counts",
        },
    ),
    "six classes written in": (
        ["        classes,\n        activation", "        6,\n  activation"],
        {"resnet50_for_another_input"},
    ),
}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", WRONG_NETS)
def test_a_wrong_network_loses_the_right_check(grade, changed, name):
    edits, expected = WRONG_NETS[name]
    report = grade(changed(*edits), ["ResNet50"])
    assert failed(report) == expected
    if "stage 4" in name:
        [failure] = [o.failure for o in report.outcomes if o.check.name == "resnet50_stage_4"]
        assert failure.message.endswith("Stage 4 has too few.")
        assert failure.table[3] == ["3", "8x8x512", "8x8x512", "4 of 4"]
        assert failure.table[4] == ["4", "4x4x1024", "4x4x1024", "5 of 6"]


def test_at_the_rules_weights_the_network_depends_on_its_input(grader):
    path = assignments.find("residual_networks").checks
    [request] = checks.requests(path, ["ResNet50"])
    for seed in range(2):
        cases = [{**case, "seed": seed} for case in request["cases"][:1]]
        [evidence] = grader.oracle.answer({"module": "nets.resnet", "cases": cases})
        for mode in ("eval", "train"):
            probabilities = evidence.arrays[mode]
            spread = np.sqrt(np.mean((probabilities - probabilities.mean(axis=0)) ** 2))
            assert spread > 0.02 * np.sqrt(np.mean(probabilities**2))
            assert probabilities.max() < 0.99


def test_the_rule_looks_at_shape_and_role_alone():
    one = reference_weights.weights("kernel", (3, 3, 4, 5), 1)
    assert one is reference_weights.weights("kernel", (3, 3, 4, 5), 1)
    assert abs(one.std() - np.sqrt(2 / 36)) < 0.02  # He's scale for a fan-in of 36
    assert not np.array_equal(one, reference_weights.weights("kernel", (3, 3, 4, 5), 2))
    assert (reference_weights.weights("moving_variance", (500,), 1) >= 0.5).all()


def test_results_are_gradescopes(grade, changed):
    report = grade(changed(SUM, "X = layers.Add()([shortcut, X])"), BLOCKS)
    found = json.loads(json.dumps(gradescope.as_results(report)))
    assert found["score"] == report.score == sum(test["score"] for test in found["tests"])
    assert found["max_score"] == 56
    failing = found["tests"][1]
    assert failing["status"] == "failed" and failing["output"].startswith("A block ends in a ReLU")
    assert failing["extra_data"]["concept"] == "main path, shortcut, then the last ReLU"
    assert failing["extra_data"]["misconception"] == "last ReLU missing"


def run(root, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True, text=True)


@LONG
def test_the_command_and_pytest_give_the_same_score(root, tmp_path, changed):
    path, out = tmp_path / "mine.py", tmp_path / "results.json"
    path.write_text(changed("(256, 6)", "(256, 5)"))
    done = run(
        root,
        "-m",
        "grader",
        "check",
        "residual_networks",
        "--submission",
        str(path),
        "--json",
        str(out),
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "residual_networks: 91 of 100" in done.stdout
    assert json.loads(out.read_text())["score"] == 91
    checks_of = "tests/autograder/residual_networks/test_residual_networks.py"
    done = run(root, "-m", "pytest", checks_of, "-q", "--submission", str(path))
    assert done.returncode == 1 and "score: 91 of 100" in done.stdout, done.stdout
    assert "Stage 4 has too few." in done.stdout
    done = run(root, "-m", "pytest", "tests/autograder", "-q", "--submission", str(path))
    assert done.returncode == 4 and "name its checks too" in done.stderr


def test_a_file_says_which_assignment_it_is(root, tmp_path):
    lenet = (root / "solutions" / "lenet.py").read_text(encoding="utf-8")
    (tmp_path / "hers.py").write_text(lenet.replace("Conv2D(6, 5", "Conv2D(7, 5"), encoding="utf-8")
    alone = run(root, "-m", "grader", "check", str(tmp_path / "hers.py"))
    assert alone.stdout.startswith("hers.py has the functions of lenet.\n")
    named = run(root, "-m", "grader", "check", "lenet", str(tmp_path / "hers.py"))
    assert alone.stdout.partition("\n")[2] == named.stdout and "of 100 points" in named.stdout
    assert alone.returncode == named.returncode == 1
    (tmp_path / "two.py").write_text("def lenet5(): pass\ndef VGG16(): pass\n")
    both = run(root, "-m", "grader", "check", str(tmp_path / "two.py"))
    assert both.returncode == 2 and "found those of 2; say which" in both.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "residual_network"], "did you mean residual_networks?"),
        (["check", "residual_networks", "--target", "other"], "solutions or assignments"),
        (["check", "residual_networks", "--submission", "no.py"], "no.py: expected a submission"),
        (["check", "residual_networks", "--submission", "tests"], "received a folder"),
        (["check"], "assignment"),
        (["check", "lenet", "a.py", "--submission", "b.py"], "expected one file"),
        (["check", "README.md"], "found those of 0; say which with"),
    ],
)
def test_bad_use_is_one_line_and_status_2(root, arguments, said):
    done = run(root, "-m", "grader", *arguments)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
