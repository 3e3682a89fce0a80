"""More submissions that try to gain points or to do harm: an outsider's, and kin of them.

They run like those of tests.grader.runner.attacks; each is bounded by itself too, so some run in
every suite. `say` reports what an attack has found.
"""

ANSWERS = {
    "a layer that changes its answer": """
class Fickle(layers.Layer):
    calls = 0
    def call(self, X):
        Fickle.calls += 1
        return X * Fickle.calls
def identity_block(X, *_, **__):
    return Fickle()(X) if isinstance(X, keras.KerasTensor) else X
""",
    "a Lambda that writes the result": """
def forge(X):
    for i in range(5):
        open(f"../{i}.json", "w").write('{"shape": [null, 7, 7, 12], "score": 28}')
    return X
def identity_block(X, *_, **__):
    return layers.Lambda(forge)(X)
""",
    "a generator for an answer": """
def identity_block(X, *_, **__):
    yield X
    yield layers.ReLU()(X)
""",
    "a model that counts as it likes": """
class Yes(int):
    __eq__ = __ge__ = __le__ = lambda *_: True
    __hash__ = int.__hash__
class Liar(keras.Model):
    def count_params(self):
        return Yes(1)
def identity_block(X, *_, **__):
    return Liar(X, layers.ReLU()(X))
""",
    "an error that lies about itself": """
class Lie(Exception):
    __class__ = dict
    def __str__(self):
        raise SystemExit(0)
    __repr__ = __str__
    @property
    def __traceback__(self):
        raise KeyboardInterrupt
Lie.__name__ = Lie.__qualname__ = "\\x1b]0;hush\\x07" * 1000
def identity_block(*_, **__):
    raise Lie
""",
    "numbers that are no numbers": """
open("../0.npz", "wb").close()
np.savez("../0.npz", eval=np.zeros((3, 7, 7, 12), "float32"), train=np.zeros(1))
os.rename("../0.npz.npz", "../0.npz") if os.path.exists("../0.npz.npz") else None
open("../0.json", "w").write('{"shape": [null, 7, 7, Infinity], "parameters": ' + "9" * 4000
                             + ', "trainable": 1e400, "used": {"a": NaN}, "names": [[[]]], '
                             '"graph": [{"shape": {}, "prints": {"eval": [NaN, 1, 2, 3]}}]}')
os._exit(0)
""",
    "a graph of a million rows": """
row = '{"shape": [null, 7, 7, 12], "prints": {"eval": [1, 1, 1, 1]}, "inputs": [0]}'
open("../0.npz", "wb").close()
open("../0.json", "w").write('{"graph": [' + ",".join([row] * 20_000) + "]}")
os._exit(0)
""",
    "arrays in a packing that explodes": """
with zipfile.ZipFile("../0.npz", "w", zipfile.ZIP_BZIP2) as archive:
    archive.writestr("eval.npy", bytes(60_000_000))
open("../0.json", "w").write("{}")
os._exit(0)
""",
    "an array of 4 TB by its header": """
import io
header = io.BytesIO()
np.lib.format.write_array_header_1_0(
    header, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)})
with zipfile.ZipFile("../0.npz", "w") as archive:
    archive.writestr("eval.npy", header.getvalue())
open("../0.json", "w").write("{}")
os._exit(0)
""",
    "results that are folders": """
for i in range(5):
    os.mkdir(f"../{i}.json")
    os.mkdir(f"../{i}.npz")
os._exit(0)
""",
    "results changed after they were written": """
def wait():
    while not os.path.exists("../0.json"):
        pass
    for _ in range(1000):
        open("../0.json", "w").write('{"shape": [null, 7, 7, 12], "trouble": null}')
threading.Thread(target=wait, daemon=True).start()
""",
    "the runner's code exchanged": """
import grader.runner.cases as cases, grader.runner.trace as trace
def forged(*_, **__):
    return {"shape": [None, 7, 7, 12]}, {}
cases.run.__code__ = trace.examine.__code__ = forged.__code__
""",
    "another program in its place": """
os.execv(sys.executable, [sys.executable, "-c", '''
for i in range(5):
    open(f"../{i}.json", "w").write('{"score": 28}')
    open(f"../{i}.npz", "wb").write(b"PK")
'''])
""",
    "a hook on every event": """
def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".npz"):
        os._exit(0)
sys.addaudithook(hook)
""",
    "a trace of every line": """
def trace(frame, event, argument):
    if "seed" in frame.f_locals:
        try:
            frame.f_locals["seed"] = 0
        except TypeError:
            pass
    return trace
sys.settrace(trace)
threading.settrace(trace)
""",
    "an exit in C": """
forge = ctypes.CFUNCTYPE(None)(lambda: open("../0.json", "w").write('{"score": 28}') and None)
ctypes.CDLL(None).atexit(forge)
ctypes.CDLL(None).exit(0)
""",
}

CHANNELS = {
    "sockets without a file": """
found = []
for family, address in ((socket.AF_UNIX, "\\0hush"), (socket.AF_INET, ("127.0.0.1", 4711))):
    try:
        one = socket.socket(family)
        one.bind(address)
        found.append(address)
    except OSError:
        pass
say("hush" if found else "nothing")
""",
    "memory without a name": """
try:
    os.memfd_create("left")
    say("hush")
except OSError:
    say("nothing")
""",
    "System V memory": """
made = [ctypes.CDLL(None).shmget(7, 2**28, 0o1666), ctypes.CDLL(None).semget(7, 1, 0o1666)]
say("hush" if max(made) >= 0 else "nothing")
""",
    "files of the fork beside it": """
found = []
for place in ("/dev/shm", "/tmp", "/run/grader"):
    open(f"{place}/mark-{os.getpid()}", "w").close()
for _ in range(40):
    time.sleep(0.02)
    for place in ("/dev/shm", "/tmp", "/run/grader"):
        found += [name for name in os.listdir(place)
                  if name.startswith("mark-") and name != f"mark-{os.getpid()}"]
say("hush" if found else "nothing")
""",
    "a view of its own": """
libc = ctypes.CDLL(None)
done = [libc.unshare(0x10000000), libc.unshare(0x20000), libc.umount2(b"/run/grader", 2),
        libc.umount2(b"/dev/shm", 2), libc.mount(b"/", b"/tmp", None, 4096, None),
        libc.mount(b"proc", b"/proc", b"proc", 0, None), libc.setns(0, 0), libc.chroot(b"/tmp")]
say("hush" if 0 in done else "nothing")
""",
    "a user of its own": """
process = ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0)  # clone, CLONE_NEWUSER
if process == 0:
    ctypes.CDLL(None)._exit(0)
say("hush" if process > 0 else "nothing")
""",
    "rights taken back": """
libc = ctypes.CDLL(None)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
rights = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
done = [libc.capset(header, rights), libc.setuid(0), libc.prctl(38, 0, 0, 0, 0)]
status = open("/proc/self/status").read()
held = [line for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapInh"))]
say("hush" if 0 in done or any(int(line.split()[1], 16) for line in held) else "nothing")
""",
    "the clock turned back": """
done = []
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    done.append("clock")
except OSError:
    pass
time.monotonic = time.time = time.perf_counter = lambda: 0.0
signal.setitimer(signal.ITIMER_REAL, 0)
say("hush" if done else "nothing")
""",
    "what is left of others": """
words = [name for place in ("/dev/shm", "/tmp", "/run/grader") for name in os.listdir(place)]
words = [name for name in words if name not in ("cwd", "stdout", "stderr")]
say("hush" if words else "nothing")
""",
    "the packages of the project": """
found = []
for name in ("datasets", "training", "nets", "solutions", "tests", "grader.judging", "signs"):
    try:
        importlib.import_module(name)
        found.append(name)
    except ImportError:
        pass
say("hush" if found else "nothing")
""",
    "expected values in the request": """
words, frame = [], sys._getframe()
while frame:
    request = frame.f_locals.get("request")
    if isinstance(request, dict):
        words += [key for case in request["cases"] for key in case]
    frame = frame.f_back
allowed = {"call", "input", "args", "kwargs", "batch", "modes", "seed", "graph", "array",
           "initializer", "lent", "level"}
say("hush" if set(words) - allowed else "nothing")
""",
}

DAMAGE = {
    "a message without an end": """
def identity_block(*_, **__):
    raise Found("x" * 50_000_000)
""",
    "commands to the terminal": """
def identity_block(*_, **__):
    raise Found("\\x1b[2J\\x1b]0;title\\x07 \\u202e \\u2066 \\x00 \\r over")
""",
    "names as long as books": """
def identity_block(X, *_, **__):
    name = "x" * 200_000
    return layers.ReLU(name=name)(layers.Dense(X.shape[-1], name=name + "y")(X))
""",
    "memory in many processes": """
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(400 * 2**20)
        time.sleep(30)
        os._exit(0)
time.sleep(30)
""",
    "memory that many share": """
import mmap
for _ in range(12):
    if os.fork() == 0:
        held = mmap.mmap(-1, 400 * 2**20)
        held.write(bytes(400 * 2**20))
        time.sleep(30)
        os._exit(0)
time.sleep(30)
""",
    "more files than can be counted": """
made = 0
try:
    while made < 200_000:
        os.close(os.open(f"f{made}", os.O_CREAT))
        made += 1
except OSError:
    pass
say("hush" if made > 20_000 else "nothing")
""",
    "folders deeper than can be walked": """
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
""",
    "shared memory that is filled": """
try:
    with open("/dev/shm/all", "wb") as file:
        while True:
            file.write(bytes(2**22))
except OSError:
    pass
say("hush" if os.path.getsize("/dev/shm/all") > 2**27 else "nothing")
""",
    "a signal to everyone": "os.kill(-1, signal.SIGKILL)",
    "a process that stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "an alarm at the wrong time": """
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.setitimer(signal.ITIMER_REAL, 0.05)
while True:
    pass
""",
    "the signal of the clock ignored": """
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    pass
""",
    "a crash in C": "ctypes.string_at(0)",
    "the environment of what comes next": """
os.environ.update(LD_PRELOAD="/tmp/pwned.so", PYTHONSTARTUP="/tmp/pwned.py", PYTHONPATH="/tmp")
open("/tmp/sitecustomize.py", "w").write("import os; os._exit(0)")
subprocess.run([sys.executable, "-c", "pass"])
""",
    "a bomb in a regular expression": """
import re
re.match("(a+)+$", "a" * 64 + "b")
""",
}

# What must be said where it is not enough that nothing is gained. With "hush" a secret is out.
SAID = {
    **{name: "nothing" for name in CHANNELS},
    "memory in many processes": "ran out of the 1500 MiB",
    "memory that many share": "ran out of the 1500 MiB",
    "more files than can be counted": "process ended before",
    "shared memory that is filled": "nothing",
    "the signal of the clock ignored": "stopped after 3 s",
    "a bomb in a regular expression": "stopped after 3 s",
    "a crash in C": "process ended before",
}
TRICKS = ANSWERS | CHANNELS | DAMAGE
