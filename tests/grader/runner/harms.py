"""Submissions that try to harm the grader, other submissions or the machine.

None may run outside the full sandbox, and each is bounded by itself too. They run like those of
tests.grader.runner.attacks.
"""

HARMS = {
    "an exit": "sys.exit(0)",
    "a hard exit": "os._exit(0)",
    "a fork server that is told to end, then killed": """
reached, own = [], {int(name) for name in os.listdir("/proc/self/task")}
for which in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
    for process in {*parents(), *range(2, 100)} - own:
        try:
            os.kill(process, which)
            reached.append(process)
        except ProcessLookupError:
            pass
say("hush" if reached else "nothing")
""",
    "a fork server that is stopped": "os.kill(os.getppid(), signal.SIGSTOP)",
    "the fork server's memory changed": """
opened = []
for process in parents():
    try:
        open(f"/proc/{process}/mem", "r+b").close()
        opened.append(process)
    except OSError:
        pass
    ctypes.CDLL(None).ptrace(16, process, 0, 0) or opened.append(-process)
say(("hush", opened) if opened else "nothing")
""",
    "a fork bomb": """
made = 0
try:
    while made < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    pass
say(f"made {made}" if made < 400 else "hush")
""",
    "a thread bomb": """
made = 0
try:
    while made < 5000:
        threading.Thread(target=time.sleep, args=(60,)).start()
        made += 1
except (RuntimeError, MemoryError):
    pass
say(f"made {made}" if made < 400 else "hush")
""",
    "a memory bomb": """
blocks = []
while True:
    blocks.append(bytearray(2**26))
""",
    "limits lifted": """
for which in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
    try:
        resource.setrlimit(which, (-1, -1))
        say("hush")
    except (OSError, ValueError):
        pass
""",
    "a loop without an end": "while True:\n    pass",
    "a slow import": "time.sleep(600)",
    "sleepers behind loops of its own": """
for _ in range(8):
    if os.fork() == 0:
        while True:
            pass
def spin():
    while True:
        pass
for _ in range(6):
    threading.Thread(target=spin, daemon=True).start()
while True:
    time.sleep(1)
""",
    "a loop in a thread": """
threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()
""",
    "output without an end": """
while True:
    try:
        os.write(1, b"x" * 2**20)
        os.write(2, b"y" * 2**20)
    except OSError:
        pass
""",
    "files without an end": """
number = 0
try:
    while number < 1000:
        with open(f"{number}", "wb") as file:
            file.write(bytes(2**25))
        number += 1
except OSError as error:
    say(error)
""",
    "descriptors without an end": """
kept = []
try:
    while True:
        kept.append(open(os.devnull))
except OSError as error:
    say(error)
""",
    "a stack without an end": """
sys.setrecursionlimit(10**9)
def down():
    return down()
down()
""",
    "writes outside": """
for path in ("CANARY", "ROOT/README.md", "ROOT/pwned", "ROOT/grader/runner/cases.py", "/etc/pwned",
             "/usr/pwned", os.path.join(sys.prefix, "pwned"), keras.__file__, sys.executable):
    for mode in ("a", "w"):
        try:
            open(path, mode).write("pwned")
            say("hush")
        except OSError:
            pass
""",
    "files removed": """
import shutil
for path in ("CANARY", "ROOT/solutions", "CACHE", os.path.dirname(keras.__file__)):
    shutil.rmtree(path, ignore_errors=True)
    try:
        os.unlink(path)
    except OSError:
        pass
""",
    "a file for the next start": """
for folder in {*sys.path, sys.prefix, os.path.expanduser("~"), ".", "/tmp", "ROOT"}:
    for name in ("sitecustomize.py", "usercustomize.py", "keras.py", "pwned.pth"):
        try:
            open(os.path.join(folder, name), "w").write("import os; os._exit(0)")
        except OSError:
            pass
""",
    "the oracle's answers forged": """
for path in ("CACHE", os.path.expanduser("~/.cache/classic-convnets/oracle")):
    try:
        os.makedirs(path, exist_ok=True)
        for name in os.listdir(path) or ["0.npz"]:
            np.savez(os.path.join(path, name), records=np.zeros(3, np.uint8))
    except OSError:
        pass
""",
    "the network": """
for address in (("127.0.0.1", PORT), ("1.1.1.1", 53)):
    try:
        socket.create_connection(address, timeout=1).sendall(b"answers?")
        say("hush")
    except OSError:
        pass
""",
    "a process left behind": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(0.01)
            for folder in os.listdir("/tmp"):
                try:
                    open(f"/tmp/{folder}/0.json", "w").write("{}")
                except OSError:
                    pass
    os._exit(0)
""",
    "graph functions replaced at large": """
import tensorflow as tf
tf.nn.conv2d = tf.convert_to_tensor = tf.Variable = None
keras.config.set_floatx("float16")
keras.config.set_image_data_format("channels_first")
""",
}
