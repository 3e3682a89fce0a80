"""What `make` shows while it installs, and whether the sizes that it names are right."""

import re
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from signs import install

LINES = """Collecting tensorflow<2.23,>=2.20 (from -r requirements.txt (line 2))
  Downloading tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl (572.3 MB)
  Downloading mdurl-0.1.2-py3-none-any.whl (10.0 kB)
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.6 MB)
  Downloading https://index/h5py-3.14.0-cp311-cp311-manylinux_2_28_x86_64.whl (4.9 MB)
Installing collected packages: numpy, mdurl, h5py, tensorflow
Successfully installed h5py-3.14.0 mdurl-0.1.2 numpy-2.4.6 tensorflow-2.21.0
""".splitlines(keepends=True)


def test_a_log_has_a_line_for_much_work(capsys):
    install.show(LINES, terminal=False)
    assert capsys.readouterr().out.splitlines() == [
        "  Downloading tensorflow, 572 MB",
        "  Using cached numpy, 17 MB",
        "  Unpacking 4 packages",
    ]


def test_a_terminal_shows_the_latest_line_in_place_and_takes_it_away(capsys):
    install.show(LINES, terminal=True)
    shown = capsys.readouterr().out.split("\r\x1b[K")
    assert shown[0] == shown[-1] == "" and len(shown) == len(LINES) + 2
    assert shown[1].strip().startswith("Collecting tensorflow") and max(map(len, shown)) <= 79
    assert "\n" not in "".join(shown)


def test_it_says_what_it_installs_and_fails_as_pip_does(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(install, "PIP", ("-c", "import sys; print(sys.argv); sys.exit(3)"))
    assert install.main(["requirements.txt"]) == 3
    out = capfd.readouterr().out
    assert out.startswith(f"to install: about {install.DOWNLOAD} MB to download, 2,")
    assert "installed in" not in out


def test_it_states_no_size_that_was_not_measured(capfd, monkeypatch):
    monkeypatch.setattr(install, "PIP", ("-c", ""))
    assert install.main(["requirements-gpu.txt"]) == 0
    assert capfd.readouterr().out.startswith("to install: requirements-gpu.txt\ninstalled in ")


def closure(files, root):
    """The distributions that requirements need, with those that they need in turn."""
    lines = [line for file in files for line in (root / file).read_text().splitlines()]
    todo = [line for line in lines if line and not line.startswith("#")]
    known = {}
    while todo:
        requirement = Requirement(todo.pop())
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and name not in known:
            known[name] = metadata.distribution(name)
            todo += known[name].requires or []
    return known.values()


@pytest.mark.skipif(sys.platform != "linux", reason="the sizes are those for Linux")
def test_the_size_on_disk_is_that_of_what_is_installed(root):
    needed = closure(["requirements.txt", "requirements-test.txt"], root)
    sizes = (file.size or 0 for item in needed for file in item.files or ())
    assert sum(sizes) / 1e6 == pytest.approx(install.ON_DISK, rel=0.15)


def test_make_installs_with_it_what_the_test_above_measures(root):
    text = (root / "Makefile").read_text()
    assert "signs/install.py requirements.txt requirements-test.txt\n" in text
