"""Which statements a graded function needs, on small files."""

from __future__ import annotations

import ast

import pytest

from grader.runner.needed import Statement, needed

HEAD = "import keras\nimport numpy as np\n"
ANSWER = "def f(x):\n    return g(x) + SIZE"


def chosen(text, *roots):
    """The needed statements, as text, without imports."""
    rows = [
        Statement(tree, compile(ast.Module([tree], []), "mine.py", "exec"))
        for tree in ast.parse(text).body
    ]
    places = needed(rows, roots or ("f",))
    return [ast.unparse(rows[i].tree) for i in sorted(places) if not rows[i].is_import]


@pytest.mark.parametrize(
    "statement",
    [
        "SIZE = 3",
        "SIZE += 1",
        "def g(x): return x",
        "class g: pass",
        "g = np.abs",
        "with open('x') as SIZE: pass",
        "for SIZE in range(3): pass",
        "if True:\n    SIZE = 4",
        "f = staticmethod(f)",
        "f.size = 3",
        "del SIZE",
        "keras.mixed_precision.set_global_policy('float32')",
        "keras.utils.get_custom_objects().update({'h': np.abs})",
    ],
)
def test_what_a_function_uses_is_run(statement):
    text = f"{HEAD}{ANSWER}\n{statement}\n"
    assert ast.unparse(ast.parse(statement)) in chosen(text)


@pytest.mark.parametrize(
    "statement",
    [
        "OTHER = 3",
        "def other(x): return f(x)",
        "f(3)",
        "print(f(3))",
        "result = f(3)",
        "model.fit(x)",
        "x_train, y_train = load_dataset()",
        "while True: pass",
        "exit()",
        "import_me = __import__('os')",
        "keras.datasets.mnist.load_data()",
        "keras.backend.set_learning_phase(1)",
        "keras.utils.plot_model(f(3))",
        "np.random.seed(1)",
        "with tf.Session() as s: s.run(f(3))",
        "if __name__ == '__main__':\n    SOMETHING = f(3)",
    ],
)
def test_what_no_function_needs_is_not_run(statement):
    text = f"{HEAD}{ANSWER}\n{statement}\n"
    assert chosen(text) == [ast.unparse(ast.parse(ANSWER))]


def test_what_is_needed_is_followed_through_others():
    text = "A = 1\nB = A\ndef g(x=B): return h(x)\nh = lambda x: x\ndef f(): return g()\nC = f()\n"
    assert len(chosen(text)) == 5 and "C = f()" not in chosen(text)


def test_a_list_that_is_filled_and_a_name_that_a_function_sets():
    text = "ROWS = []\nfor i in (1, 2):\n    ROWS.append(i)\ndef f(): return ROWS, NAME\n"
    text += "def setup():\n    global NAME\n    NAME = 1\nsetup()\nunused = []\nunused.append(1)\n"
    assert len(chosen(text)) == 5 and "setup()" in chosen(text)


def test_code_that_reaches_names_by_text_needs_all_but_training():
    text = "def f(): return eval('SECRET')\nSECRET = 1\nmodel.fit(1)\nprint(2)\n"
    assert chosen(text) == ["def f():\n    return eval('SECRET')", "SECRET = 1", "print(2)"]


def test_the_name_of_a_local_variable_is_no_global():
    assert len(chosen("def f():\n    model = 1\n    return model\nmodel = train()\n")) == 1
