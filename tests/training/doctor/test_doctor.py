"""`signs doctor`: the cause of each recorded failure, and what it does with a machine and a log.

The logs in logs/ and held_out/ are our own words around error lines that users have posted; each
begins with the address of the report. Where a report leaves out a fact, such as a permission, the
log has one that fits. Those in held_out/ were written before the table of causes.
"""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from training.__main__ import main
from training.doctor import causes, commands, look
from training.doctor.seen import BACKENDS, Answer, Seen, as_text, parsed
from training.errors import TrainingError

HERE = Path(__file__).parent
EXPECTED = {
    "wsl2_plain_tensorflow": "no_cuda_libraries",
    "wsl2_old_cuda_by_hand": "no_cuda_libraries",
    "docker_latest_gpu": "no_cuda_libraries",
    "wheels_hidden_by_a_path": "two_cudas",
    "blackwell_invalid_ptx": "card_unknown",
    "blackwell_invalid_handle": "card_unknown",
    "blackwell_in_wsl2": "card_unknown",
    "blackwell_in_xla": "card_unknown",
    "metal_symbol_not_found": "metal_plugin",
    "metal_expected_in_flat_namespace": "metal_plugin",
    "cudnn_older_than_tensorflow": "cudnn_version",
    "torch_driver_too_old": "driver_too_old",
    "jax_driver_too_old": "driver_too_old",
    "jax_finds_another_cuda_first": "two_cudas",
    "nodes_for_the_group_video": "no_permission",
    "jax_without_its_plugin": "jax_without_plugin",
    "torch_for_the_processor": "cpu_package",
    "tensorflow_for_the_processor": "cpu_package",
    "memory_of_another_program": "memory_taken",
    "jax_plugin_newer_than_jax": "jax_plugin_version",
    "driver_updated_without_a_reboot": "driver_mismatch",
    "driver_lost_by_a_new_kernel": "driver_not_loaded",
    "card_without_a_driver": "no_driver",
    "docker_without_gpus": "docker_without_gpus",
    "docker_with_nodes_but_no_driver_library": "docker_without_gpus",
    "docker_lost_its_cards": "docker_lost_its_cards",
    "cards_hidden_by_a_setting": "cards_hidden",
    "system_not_ready": "system_not_ready",
    "unknown_error_after_sleep": "driver_stuck",
    "native_windows": "native_windows",
    "jax_plugin_without_libraries": "jax_without_libraries",
    "slurm_card_of_another_job": "card_busy",
    "apptainer_without_nv": "apptainer_without_nv",
    "cudnn_without_memory": "memory_taken",
    "docker_image_newer_than_the_driver": "driver_mismatch",
    "jax_without_code_for_the_card": "card_unknown",
    "docker_base_image": "docker_without_gpus",
    "context_without_memory": "memory_taken",
}
HELD_OUT = {
    "jax_in_a_container_with_another_libcuda": "driver_mismatch",
    "torch_before_blackwell": "card_unknown",
    "jax_with_a_plugin_of_another_version": "jax_plugin_version",
    "wsl2_where_smi_finds_no_driver": "wsl_without_a_driver",
    "docker_image_without_cudnn": "no_cuda_libraries",
    "another_program_fills_both_cards": "memory_taken",
    "jax_with_an_old_cudnn_of_conda": "cudnn_version",
    "docker_run_without_gpus": "docker_without_gpus",
    "torch_after_the_laptop_slept": "driver_stuck",
    "jax_on_hopper_without_fabric_manager": "system_not_ready",
}
# Machines with which nothing is wrong, and what they are told.
HEALTHY = {
    "healthy_gpu": None,
    "healthy_wsl2_with_a_gpu": None,
    "healthy_cpu": None,
    "healthy_apple": None,
    "apple_on_tensorflow": "apple_processor",
    "amd_card": "amd_card",
}
CASES = [
    *(("logs", name, cause) for name, cause in EXPECTED.items()),
    *(("held_out", name, cause) for name, cause in HELD_OUT.items()),
]


def recorded(folder: str, name: str) -> Seen:
    return parsed((HERE / folder / f"{name}.txt").read_text(encoding="utf-8"))


def log(name: str) -> str:
    return str(HERE / "logs" / f"{name}.txt")


def test_every_log_is_expected_and_says_where_it_is_from():
    for folder, names in (("logs", {*EXPECTED, *HEALTHY}), ("held_out", {*HELD_OUT})):
        files = {path.stem: path.read_text(encoding="utf-8") for path in (HERE / folder).iterdir()}
        assert {*files} == names
        for name, text in files.items():
            head = "# Written by us: " if name in HEALTHY and name != "amd_card" else "# https://"
            assert text.startswith(head), name
    assert len({*EXPECTED.values(), *HELD_OUT.values()}) >= 15


@pytest.mark.parametrize("folder, name, cause", CASES)
def test_the_cause_of_a_recorded_failure(folder, name, cause):
    (found, *advice) = causes.diagnose(recorded(folder, name))
    assert (found.cause, found.wrong) == (cause, True) and found.type
    assert not any(line.wrong for line in advice)


@pytest.mark.parametrize("name, cause", HEALTHY.items())
def test_nothing_is_wrong_with_a_machine_that_works(name, cause, capsys):
    assert [it.cause for it in causes.diagnose(recorded("logs", name))] == [cause] * bool(cause)
    assert main(["doctor", "--log", log(name)]) == 0
    assert "nothing is wrong: training uses the " in capsys.readouterr().out


def test_without_messages_and_facts_it_names_no_cause():
    """What decides is in the logs, not in the way they are written."""
    seen = recorded("logs", "cudnn_older_than_tensorflow")
    seen.answers["tensorflow"].messages = "all is well"
    assert causes.diagnose(seen)[0].cause == "backend_fails"


@pytest.mark.parametrize("row", [*causes.MACHINE, *causes.BACKEND, *causes.ELSEWHERE])
def test_every_row_is_in_short_sentences_and_can_be_filled_in(row):
    seen = Seen({"system": ["Linux x86_64"]}, {"tensorflow": Answer({}, "last words")})
    found = causes._finding(row, seen, "tensorflow")
    assert "{" not in found.sentence + found.type and "\n" not in found.sentence + found.type
    assert all(len(part.split()) <= 30 for part in row.sentence.split(". "))


def test_another_backend_that_works_is_advice():
    seen = recorded("logs", "blackwell_invalid_handle")
    seen.machine["packages"][0] += ", jax 0.10.2, jax-cuda13-plugin 0.10.2"
    seen.answers["jax"] = Answer({"devices": ["cpu, gpu"], "computed on": ["gpu"]})
    wrong, advice = causes.diagnose(seen)
    assert wrong.cause == "card_unknown" and advice.type == "export KERAS_BACKEND=jax"


def test_a_failure_is_one_line_with_the_line_to_type_and_a_status(capsys, tmp_path):
    out = tmp_path / "doctor.json"
    assert main(["doctor", "--log", log("docker_without_gpus"), "--json", str(out)]) == 1
    *_, wrong, line = capsys.readouterr().out.splitlines()
    assert wrong == "wrong: The container was started without the cards of its host."
    assert line == "  type: docker run --gpus all IMAGE"
    (finding,) = json.loads(out.read_text())["findings"]
    assert finding["cause"] == "docker_without_gpus" and finding["type"] in line


@pytest.mark.parametrize(
    "text, said",
    [
        (None, "cannot read "),
        ("hello\n", "expected a log of signs doctor --save"),
        ("", "expected"),
    ],
)
def test_what_is_no_log_is_refused_in_a_line(text, said, tmp_path, capsys):
    path = tmp_path / "log.txt"
    if text is not None:
        path.write_text(text)
    assert main(["doctor", "--log", str(path)]) == 1
    shown = capsys.readouterr()
    assert not shown.out and shown.err.count("\n") == 1 and f"error: {said}" in shown.err


@pytest.mark.parametrize("name", [*EXPECTED, *HEALTHY])
def test_a_log_that_is_saved_reads_as_it_was(name):
    seen = recorded("logs", name)
    assert parsed(as_text(seen)) == seen


def test_a_message_like_the_head_of_a_section_stays_a_message():
    seen = Seen({"system": ["Linux x86_64"]}, {"jax": Answer({}, "[machine]\nsystem: a trap\n")})
    again = parsed(as_text(seen))
    assert again.machine == seen.machine and "a trap" in again.answers["jax"].messages


def test_a_log_without_a_machine_is_an_error():
    with pytest.raises(TrainingError, match=r"a line \[machine\]"):
        parsed("[tensorflow]\nexit: 0\n")


@pytest.fixture
def file_system(tmp_path):
    """file_system({path: text}): a root folder that has these files."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


@pytest.fixture
def path_with(tmp_path, monkeypatch):
    """path_with(nvidia_smi="script"): a PATH that has these programs alone."""

    def make(**programs: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, script in programs.items():
            program = folder / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


def test_a_machine_with_a_card_as_the_kernel_shows_it(file_system, path_with, monkeypatch):
    root = file_system(
        {
            "proc/version": "Linux version 6.6.87.2-microsoft-standard-WSL2",
            "proc/cpuinfo": "flags : fpu avx512_bf16 sse\n",
            "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  "
            "550.54.14  Thu Feb 22 01:44:30 UTC 2024\n",
            "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
            "sys/bus/pci/devices/0000:02:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:02:00.0/class": "0x040300\n",  # its sound
            ".dockerenv": "",
            "dev/nvidia0": "",
            "dev/nvidiactl": "",
            "usr/local/cuda-12.4/version.json": "",
        }
    )
    path_with(
        nvidia_smi='case "$*" in *query*) echo "NVIDIA L4, 23034, 22500, 8.9";; '
        '*) echo "| NVIDIA-SMI 550.54.14  Driver Version: 550.54.14  CUDA Version: 12.4 |";; esac'
    )
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{Path.home()}/cuda/lib64")
    facts = look.machine(root)
    assert facts["wsl"] == ["2"] and facts["container"] == ["docker"]
    assert facts["processor"] == ["bfloat16 yes"] and facts["kernel module"] == ["550.54.14"]
    assert facts["pci"] == ["NVIDIA, driver none"] and facts["nvidia-smi"] == ["ok"]
    assert facts["driver"] == ["550.54.14, CUDA 12.4"]
    assert facts["card"] == ["NVIDIA L4, 23034 MiB, 22500 MiB free, compute 8.9"]
    assert facts["nodes"] == ["/dev/nvidia0 /dev/nvidiactl"]
    assert "LD_LIBRARY_PATH=~/cuda/lib64" in facts["set"]
    assert f"keras {metadata.version('keras')}" in facts["packages"][0]


def test_a_machine_without_one(file_system, path_with):
    path_with()
    facts = look.machine(file_system({"proc/version": "Linux version 6.1.0-13-amd64"}))
    assert facts["nvidia-smi"] == ["missing"] and facts["nodes"] == ["none"]
    assert not {"wsl", "container", "pci", "card", "kernel module"} & {*facts}


@pytest.mark.parametrize(
    "script, said",
    [
        ("echo Failed to initialize NVML: Unknown Error; exit 9", "NVML: Unknown Error"),
        ("exit 3", "no answer"),
        ("exec /bin/sleep 60", "does not answer within 2 s"),
    ],
)
def test_nvidia_smi_that_fails_is_quoted(script, said, file_system, path_with, monkeypatch):
    monkeypatch.setattr(look, "SMI_SECONDS", 2)
    path_with(nvidia_smi=script)
    (text,) = look.machine(file_system({}))["nvidia-smi"]
    assert said in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every file")
def test_device_files_that_one_may_not_open(file_system):
    root = file_system({"dev/nvidia0": ""})
    (root / "dev/nvidia0").chmod(0)
    assert look.machine(root)["nodes"] == ["/dev/nvidia0 (no permission)"]


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """backend(lines of Python): a module called torch that does this on import."""

    def make(code: str) -> None:
        (tmp_path / "torch.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return make


TORCH = """
import sys
from types import SimpleNamespace as Some
print("a warning of", {home!r}, file=sys.stderr)
cuda = Some(is_available=lambda: {cuda})
backends = Some(mps=Some(is_available=lambda: False))
ones = lambda *shape, **options: None
nn = Some(functional=Some(conv2d=lambda *both: Some(sum=lambda: Some(item=lambda: {total}))))
"""


@pytest.mark.parametrize(
    "cuda, total, facts",
    [
        (False, 0, {"devices": ["cpu"]}),
        (True, 3888.0, {"devices": ["cpu, gpu"], "computed on": ["gpu"]}),
        (True, 7.0, {"devices": ["cpu, gpu"], "computed wrongly": ["7.0"]}),
    ],
)
def test_a_backend_is_asked_in_a_process_of_its_own(backend, cuda, total, facts):
    backend(TORCH.format(home=str(Path.home()), cuda=cuda, total=total))
    answer = look.answer("torch", 60)
    assert answer.facts.items() >= {"exit": ["0"], **facts}.items()
    assert answer.messages == "a warning of ~\n" and "torch" not in sys.modules


def test_a_backend_that_hangs_or_dies_is_an_answer(backend):
    backend("import sys, time\nprint('late', file=sys.stderr, flush=True)\ntime.sleep(60)")
    late = look.answer("torch", 2)
    assert late.facts["exit"] == ["timeout"] and late.messages == "late\n"
    backend("import os\nos.abort()")
    assert look.answer("torch", 60).facts["exit"] == ["-6"]


def test_this_machine_is_looked_at_without_a_framework(monkeypatch, capsys, tmp_path):
    """The parent imports no backend, and asks that of Keras first."""
    asked = []

    def answer(name, seconds):
        asked.append((name, seconds))
        return Answer({"exit": ["0"], "devices": ["cpu"]})

    facts = {"keras backend": ["torch"], "packages": ["torch 2.13.0, jax 0.10.2, keras 3.15.1"]}
    monkeypatch.setattr(look, "answer", answer)
    monkeypatch.setattr(look, "machine", lambda: {"system": ["Linux x86_64"], **facts})
    saved = tmp_path / "doctor.txt"
    assert main(["doctor", "--save", str(saved), "--seconds", "7"]) == 0
    assert asked == [("torch", 7.0), ("jax", 7.0)]
    shown = capsys.readouterr()
    assert "asking torch 2.13.0 for its devices (at most 7 s)" in shown.err
    assert shown.out.endswith("uses the processor; no card of NVIDIA's is seen\n")
    assert {*parsed(saved.read_text()).answers} == {"torch", "jax"}


def test_keras_set_to_a_backend_that_is_not_installed():
    seen = Seen({"keras backend": ["jax"], "packages": ["keras 3.15.1"]}, {})
    (finding,) = causes.diagnose(seen)
    assert finding.cause == "backend_missing" and "requirements-jax-gpu.txt" in finding.type


@pytest.mark.parametrize("name", BACKENDS)
def test_the_files_that_it_tells_to_install_exist(name, root, monkeypatch):
    monkeypatch.chdir(root)
    assert (root / causes.install(name).split()[-1]).is_file()
    lines = {"gpu": "tensorflow[and-cuda]<2.23", "jax-gpu": "jax[cuda12]<0.13", "torch": "torch<3"}
    needs = ["keras>=3.13", *(f"{line}; extra == '{extra}'" for extra, line in lines.items())]
    monkeypatch.setattr(causes, "INSTALLED", True)
    monkeypatch.setattr(causes.metadata, "requires", lambda package: needs)
    extra = causes._INSTALLS[name][0]
    assert causes.install(name, "-U ").endswith(f' -m pip install -U "{lines[extra]}"')


@pytest.mark.parametrize(
    "compute, line", [("8.9", "mixed_bfloat16"), ("7.5", "mixed_float16"), ("6.1", "float32")]
)
def test_the_precision_that_a_card_has_units_for(compute, line):
    seen = recorded("logs", "healthy_gpu")
    seen.machine["card"] = [f"A card, 8000 MiB, 7000 MiB free, compute {compute}"]
    assert commands.precision(seen).endswith(line)


def test_no_backend_is_imported_to_read_a_log():
    code = (
        "import sys; from training.__main__ import main\n"
        f"main(['doctor', '--log', {log('healthy_gpu')!r}])\n"
        "sys.exit(str({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "set()\n"
