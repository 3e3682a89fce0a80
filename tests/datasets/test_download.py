"""The downloader against a mirror on loopback that serves right, wrong, cut, slow and nothing."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datasets import download as mirrors
from datasets.download import Patience, download
from datasets.errors import DataError, DownloadError

RIGHT = {"train_signs.h5": bytes(range(256)) * 2000, "test_signs.h5": b"test" * 5000}
EXPECTED = {
    name: {"0" * 64: 700_000, hashlib.sha256(data).hexdigest(): len(data)}
    for name, data in RIGHT.items()
}
BRISK = Patience(answer=2.0, piece=0.3, file=1.5)


class Mirror(BaseHTTPRequestHandler):
    """/BEHAVIOUR/name: right, norange, wrong, longer, cut, trickle, stall, 404, 500, mute."""

    def do_GET(self):
        _, behaviour, name = self.path.split("/")
        self.server.asked.append((behaviour, name, self.headers.get("Range")))
        data = RIGHT[name]
        if behaviour.isdigit():
            self.send_error(int(behaviour))
        elif behaviour == "mute":
            self.server.stop.wait(20)
        elif behaviour == "wrong":
            self.serve(data[::-1], 0)
        elif behaviour == "longer":
            self.serve(data * 3, 0)
        elif behaviour == "norange":
            self.serve(data, 0)
        else:
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            self.serve(data, start, behaviour)

    def serve(self, data, start, behaviour="right"):
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        rest = data[start:]
        if behaviour in ("cut", "stall"):
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            if behaviour == "stall":
                self.server.stop.wait(20)
        elif behaviour == "trickle":
            for k in range(200):
                self.wfile.write(rest[k : k + 1])
                self.wfile.flush()
                if self.server.stop.wait(0.1):
                    return
        else:
            self.wfile.write(rest)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that hung up is what we test
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server(("127.0.0.1", 0), Mirror)
    server.asked, server.stop = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()


def at(server, *behaviours):
    return [f"http://127.0.0.1:{server.server_port}/{one}/" for one in behaviours]


def fetch(folder, server, *behaviours, **options):
    return download(
        folder,
        mirrors=at(server, *behaviours),
        **{"expected": EXPECTED, "patience": BRISK} | options,
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def whole(folder):
    return all((folder / name).read_bytes() == data for name, data in RIGHT.items())


def test_right_files_arrive_with_progress_and_are_not_fetched_again(server, tmp_path):
    seen = []
    got = fetch(tmp_path, server, "right", progress=lambda *now: seen.append(now))
    assert got == [tmp_path / "train_signs.h5", tmp_path / "test_signs.h5"] and whole(tmp_path)
    assert names(tmp_path) == ["test_signs.h5", "train_signs.h5"]
    assert ("train_signs.h5", 512_000, 512_000) in seen and seen[-1][1:] == (20_000, 20_000)
    before = len(server.asked)
    assert fetch(tmp_path, server, "right") == [] and len(server.asked) == before


@pytest.mark.parametrize(
    "behaviour, word",
    [
        ("404", "answered 404"),
        ("500", "answered 500"),
        ("wrong", "gave another file"),
        ("longer", "bytes, expected 700000"),
        ("cut", "broke off after"),
        ("stall", "stopped for 0.3 s"),
        ("trickle", "too slow: not done after 1.5 s"),
    ],
)
def test_a_fault_is_one_line_and_no_half_file_is_in_place(server, tmp_path, behaviour, word):
    began = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        fetch(tmp_path, server, behaviour)
    message = str(caught.value)
    assert word in message and "train_signs.h5" in message and "\n" not in message
    assert "data synthesize`" in message and "offline" not in message
    assert set(names(tmp_path)) <= {"train_signs.h5.part"}
    assert time.monotonic() - began < 15  # bounded: far below the 20 s the mirror would take


@pytest.mark.parametrize("fault", ["404", "wrong", "longer", "cut", "stall"])
def test_the_next_mirror_is_tried(server, tmp_path, fault):
    fetch(tmp_path, server, fault, "right")
    assert whole(tmp_path) and names(tmp_path) == ["test_signs.h5", "train_signs.h5"]


def test_a_cut_transfer_is_resumed(server, tmp_path):
    with pytest.raises(DownloadError, match="kept, to be resumed"):
        fetch(tmp_path, server, "cut")
    assert (tmp_path / "train_signs.h5.part").stat().st_size == 256_000
    fetch(tmp_path, server, "right")
    assert whole(tmp_path) and ("right", "train_signs.h5", "bytes=256000-") in server.asked


def test_a_mirror_that_cannot_resume_starts_over(server, tmp_path):
    (tmp_path / "train_signs.h5.part").write_bytes(RIGHT["train_signs.h5"][:1000])
    fetch(tmp_path, server, "norange")
    assert whole(tmp_path)
    assert [name for _, name, _ in server.asked] == list(RIGHT)  # each was asked for once


def test_a_part_of_something_else_is_dropped(server, tmp_path):
    (tmp_path / "train_signs.h5.part").write_bytes(b"nonsense" * 100)
    (tmp_path / "test_signs.h5.part").write_bytes(b"x" * 800_000)  # larger than any version
    fetch(tmp_path, server, "right")
    assert whole(tmp_path) and names(tmp_path) == ["test_signs.h5", "train_signs.h5"]


def test_killed_between_the_last_byte_and_the_rename(server, tmp_path):
    for name, data in RIGHT.items():
        (tmp_path / (name + ".part")).write_bytes(data)
    fetch(tmp_path, server, "404")
    assert whole(tmp_path) and server.asked == []


def test_a_silent_host_is_asked_once_and_called_offline(server, tmp_path):
    began = time.monotonic()
    with pytest.raises(DownloadError, match="offline, or no mirror can be reached.*no answer"):
        fetch(tmp_path, server, "mute", "mute", "mute", patience=Patience(0.5, 20, 20))
    assert len(server.asked) == 1 and time.monotonic() - began < 10


def test_nobody_listens(tmp_path):
    with pytest.raises(DownloadError, match="offline, or no mirror can be reached"):
        download(tmp_path, mirrors=["http://127.0.0.1:9/"], expected=EXPECTED, patience=BRISK)
    assert names(tmp_path) == []


def test_what_stands_there_is_kept_unless_forced(server, tmp_path):
    (tmp_path / "train_signs.h5").write_bytes(b"mine")
    with pytest.raises(DataError, match="there already.*--force"):
        fetch(tmp_path, server, "right")
    with pytest.raises(DownloadError):
        fetch(tmp_path, server, "404", force=True)
    assert (tmp_path / "train_signs.h5").read_bytes() == b"mine"
    fetch(tmp_path, server, "right", force=True)
    assert whole(tmp_path)


def test_folders_in_the_way(server, tmp_path):
    (tmp_path / "train_signs.h5").mkdir()
    with pytest.raises(DataError, match="a folder has that name"):
        fetch(tmp_path, server, "right")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot make the folder"):
        fetch(tmp_path / "file", server, "right")


def test_the_list_of_mirrors_is_pinned_and_checked(tmp_path):
    folders = mirrors.read_mirrors()
    assert len(folders) >= 3 and all(one.startswith("https://") for one in folders)
    assert all(any(len(part) == 40 for part in one.split("/")) for one in folders)
    path = tmp_path / "mirrors.toml"
    for text in (
        "folders = []",
        "folders = 'x'",
        "folders = ['ftp://x']",
        "",
        "folders = [",
        "\udcff",
    ):
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(DataError, match="expected"):
            mirrors.read_mirrors(path)
    with pytest.raises(DataError, match="cannot read the mirrors"):
        mirrors.read_mirrors(tmp_path / "none.toml")


def test_both_known_train_files_are_taken():
    known = mirrors.known_files()
    assert sorted(known["train_signs.h5"].values()) == [13281776, 13281872]
    assert list(known["test_signs.h5"].values()) == [1477712]
