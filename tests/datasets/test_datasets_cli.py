"""`python -m datasets` as real processes."""

import pytest
from PIL import Image

from datasets.synthetic import stand_in
from tests.sampling import LONG


def failed(done, status, *words):
    """It failed with one line on stderr that holds all words, and no traceback."""
    assert done.returncode == status, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    for word in words:
        assert word in lines[0], lines[0]


def test_help_names_the_commands(cli):
    done = cli("--help")
    assert done.returncode == 0
    for command in ("audit", "download", "synthesize", "contact-sheet", "throughput"):
        assert command in done.stdout


def test_synthesize_then_audit(cli, tmp_path):
    done = cli("synthesize", "--diverse", "--count", 60, "--seed", 3, "--out", tmp_path / "twin")
    assert done.returncode == 0 and done.stderr == ""
    assert "54 train and 6 test hands, diverse synthetic, seed 3" in done.stdout
    done = cli("audit", env={"SIGNS_DIR": str(tmp_path / "twin")})
    assert done.returncode == 0 and done.stdout.startswith("synthetic: ")
    assert done.stdout.count("sha256") == 2 and "0 of the 6 test photographs" in done.stdout
    row = next(line for line in done.stdout.splitlines() if "train " in line and "│" in line)
    assert [cell for cell in row.replace("│", " ").split()] == ["train", *["9"] * 6, "54"]


def test_the_stand_in_has_the_counts_of_signs(cli, tmp_path):
    done = cli("synthesize", "--seed", 3, "--out", tmp_path / "hands")
    assert done.returncode == 0 and done.stderr == ""
    assert "1,080 train and 120 test hands, synthetic, seed 3" in done.stdout
    assert stand_in.is_current(tmp_path / "hands", 3)


def test_audit_warns_of_files_it_does_not_know(cli, small):
    done = cli("audit", "--data", small)
    assert done.returncode == 0 and "not a published file" in done.stdout
    assert [line[:9] for line in done.stderr.splitlines()] == ["warning: "] * 2


@LONG
def test_contact_sheet(cli, tmp_path):
    done = cli("contact-sheet", "--out", tmp_path / "sheet.png", "--each", 3, "--scale", 1)
    assert done.returncode == 0
    assert Image.open(tmp_path / "sheet.png").size == (192, 384)
    done = cli("contact-sheet", "--diverse", "--out", tmp_path / "other.png", "--each", 3)
    assert done.returncode == 0
    assert Image.open(tmp_path / "other.png").size == (384, 768)
    failed(cli("contact-sheet", "--out", tmp_path / "sheet.txt"), 1, ".png")


@LONG
def test_throughput(cli, small):
    done = cli(
        "throughput",
        "--data",
        small,
        "--count",
        40,
        "--batch",
        20,
        "--rounds",
        1,
        "--workers",
        1,
        "--workers",
        3,
        "--steps",
        0,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("40 images of 64x64, other; mirror, crop, rotation, shearing, ")
    rows = [line.replace("│", " ").split() for line in done.stdout.splitlines() if "│" in line]
    assert [row[0] for row in rows] == ["1", "3"] and all(
        int(row[1].replace(",", "")) > 0 for row in rows
    )
    assert "ResNet" not in done.stdout


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ([], 2, ["Missing command"]),
        (["nothing"], 2, ["nothing"]),
        (["synthesize", "--count", "many"], 2, ["--count"]),
        (["synthesize", "--diverse", "--count", "3"], 1, ["at least 12, received 3"]),
        (["synthesize", "--count", "90"], 1, ["leave out --count, or add --diverse"]),
        (["synthesize", "--shards", "2"], 1, ["leave out --shards, or add --diverse"]),
        (["synthesize", "--seed", "-1"], 1, ["seed from 0"]),
        (["synthesize", "--workers", "0"], 2, ["--workers"]),
        (["throughput", "--count", "8"], 1, ["--count of at least --batch, received 8 and 32"]),
        (["audit", "--data", "/no/such/folder"], 1, ["found nothing at /no/such/folder"]),
        (["download", "--mirrors", "/no/such/list.toml"], 1, ["cannot read the mirrors"]),
    ],
)
def test_bad_input_is_one_line(cli, arguments, status, words):
    failed(cli(*arguments), status, *words)


def test_download_offline_says_so(cli, tmp_path):
    (tmp_path / "mirrors.toml").write_text('folders = ["http://127.0.0.1:9/a/"]')
    done = cli("download", "--mirrors", tmp_path / "mirrors.toml", "--out", tmp_path / "out")
    failed(done, 1, "offline", "synthesize")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_room_for_the_file(root, tmp_path, cli):
    """A real limit on the size of files stands for a full disk: 1 MB, where 6.6 are needed."""
    resource = pytest.importorskip("resource")
    done = cli(
        "synthesize",
        "--diverse",
        "--count",
        600,
        "--out",
        tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6)),
    )
    failed(done, 1, "cannot write", "train_signs.h5", "larger than this account")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.signs
def test_audit_of_the_photographs(cli, signs_dir):
    done = cli("audit", "--data", signs_dir)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("SIGNS: ") and "the course's own file" in done.stdout
    assert "13 of the 120 test photographs are in train too: 107 are unseen." in done.stdout
    assert "within test: 1: 1 and 66." in done.stdout


@pytest.mark.signs
def test_download_of_the_photographs_from_loopback(cli, signs_dir, tmp_path):
    import functools
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=signs_dir))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    (tmp_path / "m.toml").write_text(f'folders = ["http://127.0.0.1:{server.server_port}"]')
    for word in ("fetched", "already there"):
        done = cli("download", "--mirrors", tmp_path / "m.toml", "--out", tmp_path / "out")
        assert done.returncode == 0 and done.stdout.count(word) == 2, done.stderr
    server.shutdown()
    server.server_close()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "test_signs.h5",
        "train_signs.h5",
    ]
