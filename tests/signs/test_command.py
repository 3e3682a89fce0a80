"""`signs`: every command of the packages under one name, found fast, refused in one line."""

import importlib
import os
import subprocess
import sys

import pytest
import typer

from signs import __main__ as command

PACKAGES = ("grader", "training", "nets", "datasets")


def words_of(package: str) -> set[str]:
    """The commands that a package's own command line has."""
    app = importlib.import_module(f"{package}.__main__").app
    return set(typer.main.get_command(app).commands)


def process(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "signs", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )


@pytest.mark.parametrize("package", ["grader", "training"])
def test_each_command_of_a_package_is_a_command_of_signs(package):
    listed = {word for word, it in command.COMMANDS.items() if it.entry.startswith(package)}
    assert words_of(package) == listed


@pytest.mark.parametrize("package, word", [("nets", "nets"), ("datasets", "data")])
def test_a_package_with_commands_of_its_own_is_one_word(package, word, capsys):
    assert command.main([word]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: signs {word} " in shown
    assert all(name in shown for name in words_of(package))


@pytest.mark.parametrize("word", ["runs", "study"])
def test_a_group_of_commands_alone_shows_them(word, capsys):
    assert command.main([word]) == 0
    assert f"Usage: signs {word} " in capsys.readouterr().out


def test_help_lists_every_command_once_by_who_you_are(capsys):
    for words in (["--help"], ["-h"], ["help"]):
        assert command.main(words) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sorted(command.COMMANDS) == sorted(
            line.split()[0] for line in lines if line.startswith("  ")
        )
        assert max(map(len, lines)) <= 80


def test_without_a_command_it_shows_the_progress(capsys):
    assert command.main(["status"]) == 0
    status = capsys.readouterr().out
    assert command.main([]) == 0
    assert capsys.readouterr().out.startswith(status) and "lenet" in status


@pytest.mark.parametrize("words", [["--lang", "zh"], ["status", "--lang", "zh"]])
def test_options_before_a_command_are_the_graders(words):
    done = process(*words)
    assert done.returncode == 0 and "待完成" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "words, advice",
    [("wach", "did you mean watch?"), ("lnet", "did you mean nets?"), ("xyz", "--help lists them")],
)
def test_a_mistyped_command_is_one_line(words, advice, capsys):
    assert command.main([words]) == 2
    shown = capsys.readouterr()
    assert not shown.out and shown.err.count("\n") == 1 and advice in shown.err


@pytest.mark.parametrize(
    "words, status, said",
    [
        ("check lnet", 2, "did you mean lenet "),
        ("reproduce lnet", 1, "did you mean lenet "),
        ("nets show vgg166", 2, "did you mean vgg16"),
        ("data synthesize --diverse --count 1", 1, "expected a count of at least 12"),
        ("reproduce --hlp", 2, "No such option: --hlp"),
    ],
)
def test_a_command_fails_as_its_package_does(words, status, said):
    package = {"nets": "nets", "data": "datasets", "reproduce": "training"}
    first, *rest = words.split()
    module = package.get(first, "grader")
    arguments = rest if first in ("nets", "data") else [first, *rest]
    own = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True)
    done = process(*words.split())
    assert (done.returncode, done.stderr) == (own.returncode, own.stderr)
    assert done.returncode == status and said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", ["--help", "status", "nets list", "data audit", "reproduce --help"]
)
def test_no_framework_is_loaded_to_show_what_there_is(words):
    code = (
        "import sys; from signs.__main__ import main\n"
        f"try: main({words.split()})\n"
        "except SystemExit: pass\n"
        "sys.exit(str({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "set()", done.stderr


def test_only_the_package_that_is_asked_for_is_imported():
    code = (
        "import sys; from signs.__main__ import main\n"
        "try: main(['nets', 'list', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(str(sorted({'grader', 'training', 'nets'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "['nets']\n"


@pytest.mark.parametrize(
    "words",
    [
        "-m signs",
        "-m signs reproduce",
        "-m signs nets list",
        "-m signs data audit",
        "-m grader",
        "-m training reproduce",
        "-m datasets audit",
        "-m nets list",
        "assignments/lenet.py",
        "solutions/data_augmentation.py --quick",
    ],
)
def test_a_python_without_the_libraries_gets_one_line(words, root):
    """-S leaves site-packages out: what the system's own Python lacks."""
    done = subprocess.run(
        [sys.executable, "-S", *words.split()], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1 and ".venv" in done.stderr


def test_a_submission_cannot_import_the_command(root, tmp_path):
    """Importing signs would put the project's folder back on the path, and nets with it. Nor can it
    import another of our packages.
    """
    (tmp_path / "signs").symlink_to(root / "signs")  # as where it is installed
    code = (
        "import sys\n"
        f"sys.path[:0] = [{str(root)!r}, {str(tmp_path)!r}]\n"
        "from grader.runner import loader\n"
        f"loader.hide_project()\n"
        "for name in ('signs', 'datasets'):\n"
        f"    try: print(__import__(name).__file__.startswith({str(root)!r}))\n"
        "    except ImportError: print(False)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr
