"""`signs reproduce` has huge pages: it begins again, once, and only where that is safe."""

import os
import subprocess
import sys

import pytest

from training import huge_pages

GLIBC = sys.platform == "linux" and huge_pages._glibc()
needs_glibc = pytest.mark.skipif(not GLIBC, reason="glibc has the setting")


@pytest.fixture
def begun(tmp_path):
    """begun(words, before, **environment): each start of a program, as its process and setting."""
    starts = tmp_path / "starts"

    def run(*words, before="", flags=(), **environment):
        script = tmp_path / "program.py"
        script.write_text(
            "import os, sys\n"
            f"with open({str(starts)!r}, 'a') as file:\n"
            "    print(os.getpid(), os.environ.get('GLIBC_TUNABLES'), file=file)\n"
            f"{before}\n"
            "from training import huge_pages\n"
            "huge_pages.restart(sys.argv[1:])\n"
            "print('trained', *sys.argv[1:])\n"
        )
        keep = {k: v for k, v in os.environ.items() if k not in ("GLIBC_TUNABLES", huge_pages.MARK)}
        done = subprocess.run(
            [sys.executable, *flags, script, *words],
            env={**keep, "PYTHONPATH": os.getcwd(), **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"trained {' '.join(words)}\n"
        return [line.split() for line in starts.read_text().splitlines()]

    return run


@needs_glibc
@pytest.mark.parametrize("command", huge_pages.COMMANDS)
def test_a_command_that_trains_begins_again_once_in_the_same_process(begun, command):
    first, second = begun(command, "--seeds", "2")
    assert first[0] == second[0]
    assert first[1:] == ["None"] and second[1:] == ["glibc.malloc.hugetlb=1"]


@needs_glibc
def test_other_settings_of_glibc_stay(begun):
    *_, (_, setting) = begun("reproduce", GLIBC_TUNABLES="glibc.malloc.arena_max=2")
    assert setting == "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"


@pytest.mark.parametrize(
    "words, options",
    [
        (["status"], {}),
        (["reproduce", "--help"], {}),
        (["reproduce"], {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}),
        (["reproduce"], {huge_pages.MARK: "1"}),
        (["reproduce"], {"before": "sys.modules['ipykernel'] = None"}),
        (["reproduce"], {"before": "sys.modules['tensorflow'] = None"}),
        (["reproduce"], {"before": "sys.ps1 = '>>> '"}),
        (["reproduce"], {"before": "sys.platform = 'darwin'"}),
        (["reproduce"], {"before": "os.confstr = lambda name: 'musl 1.2'"}),
        (["reproduce"], {"before": "sys.executable = ''"}),
        (["reproduce"], {"flags": ["-i"]}),
    ],
)
def test_nothing_begins_again_where_it_must_not(begun, words, options):
    assert len(begun(*words, **options)) == 1


@needs_glibc
@pytest.mark.parametrize("module", ["signs", "training"])
def test_both_names_of_the_command_begin_again(module, tmp_path):
    """The words are read after the second start, so a wrong one is refused once."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nprint(os.environ.get('GLIBC_TUNABLES'), file=open('starts', 'a'))\n"
    )
    keep = {k: v for k, v in os.environ.items() if k not in ("GLIBC_TUNABLES", huge_pages.MARK)}
    done = subprocess.run(
        [sys.executable, "-m", module, "reproduce", "--wrong"],
        cwd=tmp_path,
        env={**keep, "PYTHONPATH": f"{tmp_path}:{os.getcwd()}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert (tmp_path / "starts").read_text() == "None\nglibc.malloc.hugetlb=1\n"
