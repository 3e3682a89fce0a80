"""Submissions that try to gain points or to do harm. None may run outside the full sandbox.

Each runs after `HEAD`, whose identity_block is wrong. ROOT, CANARY, CACHE and PORT stand for the
project, a file that must not change, the oracle's folder, and a port that nobody may reach. An
attack reports what it has found by raising `Found`.
"""

HEAD = '''
import atexit, builtins, ctypes, gc, importlib, inspect, io, json, os, pickle, resource, signal
import socket, subprocess, sys, threading, time, traceback, types, zipfile
import keras
import numpy as np
from keras import layers

class Found(Exception):
    pass

def identity_block(X, f, filters, stage=None, block=None, *, training=None, initializer=None):
    return layers.ReLU()(X)

def parents():
    """This process's own parent, and that one's, as far as they can be seen."""
    found, process = [], os.getppid()
    while process > 1:
        found.append(process)
        process = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
    return found

def use(source):
    """Answer with the identity_block of this source."""
    space = {"__name__": "stolen"}
    exec(source.replace("from nets", "from keras"), space)
    globals()["identity_block"] = space["identity_block"]

def say(words):
    """Have every call say these words."""
    def identity_block(*args, **kwargs):
        raise Found(str(words)[:500])
    globals()["identity_block"] = identity_block
'''

FORGERIES = {
    "an equality that is always true": """
class Yes(np.ndarray):
    __eq__ = __ne__ = __lt__ = __le__ = lambda *_: True
    __abs__ = __sub__ = __rsub__ = lambda self, *_: 0
def identity_block(X, *_, **__):
    return X * 0 if isinstance(X, keras.KerasTensor) else np.zeros(X.shape, X.dtype).view(Yes)
""",
    "equal to every tensor": """
keras.KerasTensor.__eq__ = lambda *_: True
np.ndarray = type("ndarray", (np.ndarray,), {"__eq__": lambda *_: True})
""",
    "numpy patched": """
np.allclose = np.array_equal = lambda *_, **__: True
np.mean = np.sqrt = np.max = lambda *_, **__: 0.0
np.asarray = lambda value, *_, **__: np.zeros((3, 7, 7, 12), "float32")
""",
    "keras patched": """
keras.ops.convert_to_numpy = lambda value: np.zeros(value.shape, "float32")
keras.Model.__call__ = lambda self, X, **_: X
keras.layers.BatchNormalization.call = lambda self, X, **_: X
""",
    "json patched": """
json.dumps = lambda *_, **__: '{"shape": [null, 7, 7, 12], "correct": true, "score": 100}'
""",
    "the saving of arrays patched": """
np.savez = lambda file, **arrays: zipfile.ZipFile(file, "w").writestr("eval.npy", b"right")
keras.Model.save = keras.Model.get_weights = lambda *_, **__: []
""",
    "forged results": """
for i in range(5):
    with open(f"../{i}.npz", "wb") as file:
        np.savez(file, eval=np.zeros((3, 7, 7, 12), "float32"), passed=np.ones(1))
    open(f"../{i}.json", "w").write('{"shape": [null, 7, 7, 12], "score": 28, "trouble": null}')
os._exit(0)
""",
    "results that are links": """
for i in range(5):
    os.symlink("/dev/zero", f"../{i}.npz")
    os.symlink("CANARY", f"../{i}.json")
os._exit(0)
""",
    "results that never end": """
for i in range(5):
    os.mkfifo(f"../{i}.npz")
    open(f"../{i}.json", "w").write("[" * 1_000_000)
os._exit(0)
""",
    "a result that unpacks to 4 GB": """
with zipfile.ZipFile("../0.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("eval.npy", "w", force_zip64=True) as file:
        for _ in range(200):
            file.write(bytes(2**20))
open("../0.json", "w").write("{}")
os._exit(0)
""",
    "words on every pipe": """
said = b'{"job": 0, "status": 0, "files": [["0.json", 2]]}\\n{}' * 3
for process in ["self", *parents()]:
    for number in range(3, 40):
        try:
            with open(f"/proc/{process}/fd/{number}", "wb", buffering=0) as file:
                file.write(said)
        except OSError:
            pass
for number in range(3, 400):
    try:
        os.write(number, said)
    except OSError:
        pass
""",
    "results at the exit": """
def forge():
    open("../0.json", "w").write('{"shape": [null, 7, 7, 12]}')
atexit.register(forge)
threading._register_atexit(forge)
sys.exit(0)
""",
    "the runner replaced": """
import grader.runner.cases, grader.runner.reference_weights, grader.runner.trace
right = np.zeros((3, 7, 7, 12), "float32")
forged = lambda *_: ({"shape": [None, 7, 7, 12]}, {"eval": right, "train": right})
grader.runner.cases.run = grader.runner.trace.examine = forged
grader.runner.reference_weights.weights = lambda role, shape, seed: np.zeros(shape, "float32")
grader.runner.reference_weights.fingerprint = lambda *_: [0.0] * 4
""",
    "modules replaced": """
for name in ("numpy", "json", "keras", "grader.runner.cases", "grader.runner.job"):
    sys.modules[name] = types.SimpleNamespace(**vars(sys.modules[name]))
sys.modules["numpy"].savez = lambda file, **_: None
builtins.isinstance = lambda *_: True
""",
    "frames of the caller changed": """
frame = sys._getframe()
while frame:
    for name in ("cases", "case", "request"):
        if name in frame.f_locals:
            value = frame.f_locals[name]
            value.clear()
    frame = frame.f_back
""",
    "expected numbers in memory": """
arrays = [one for one in gc.get_objects() if isinstance(one, np.ndarray) and one.ndim == 4]
arrays += [one for frame, *_ in inspect.stack() for one in frame.f_locals.values()
           if isinstance(one, np.ndarray)]
def identity_block(X, *_, **__):
    same = [one for one in arrays if one.shape[1:] == tuple(X.shape[1:])]
    return layers.ReLU()(X) + same[0] if same else layers.ReLU()(X)
""",
    "objects in the arrays": """
class Touch:
    def __reduce__(self):
        return os.system, ("touch CANARY.touched",)
save = np.savez
def forged(file, **arrays):
    save(file, eval=np.array([Touch()], dtype=object))
    open("../0.pkl", "wb").write(pickle.dumps(Touch()))
np.savez = forged
""",
    "not a number": """
def identity_block(X, *_, **__):
    return X * float("nan")
""",
    "infinite": """
def identity_block(X, *_, **__):
    return (X + 1e38) * float("inf")
""",
    "huge arrays": """
def identity_block(X, *_, **__):
    return keras.ops.repeat(keras.ops.repeat(X, 3000, axis=1), 3000, axis=2)
""",
    "an object for a function": """
class Evil:
    def __call__(self, X, *_, **__):
        return X
    @property
    def __signature__(self):
        os._exit(0)
identity_block = Evil()
""",
}

THEFTS = {
    "import nets": "from nets.resnet import identity_block",
    "nets through sys.path": """
for folder in ("ROOT", *{os.path.dirname(os.path.dirname(module.__file__ or "/a/b"))
               for name, module in list(sys.modules.items()) if name.startswith("grader")}):
    sys.path.insert(0, folder)
from nets.resnet import identity_block
""",
    "nets through importlib": """
from importlib.machinery import SourceFileLoader
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "SharedPackages"]
identity_block = SourceFileLoader("resnet", "ROOT/nets/resnet.py").load_module().identity_block
""",
    "nets opened": 'use(open("ROOT/nets/resnet.py").read())',
    "solutions opened": 'use(open("ROOT/solutions/residual_networks.py").read())',
    "nets inspected": 'use(inspect.getsource(sys.modules["nets.resnet"]))',
    "a walk through all files": """
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/usr")) or folder.endswith("site-packages/keras"):
        folders.clear()
    for name in files:
        if name in ("resnet.py", "residual_networks.py") and "applications" not in folder:
            text = open(os.path.join(folder, name)).read()
            if "def identity_block" in text:
                use(text)
""",
    "files through another process": """
for process in parents():
    for path in (f"/proc/{process}/root", f"/proc/{process}/cwd"):
        try:
            use(open(f"{path}/ROOT/nets/resnet.py").read())
        except OSError:
            pass
""",
    "the environment": """
words = [repr(dict(os.environ))]
for entry in os.listdir("/proc"):
    try:
        words.append(open(f"/proc/{entry}/environ").read())
    except OSError:
        pass
say(words if "hush" in repr(words) else "nothing")
""",
    "a secret of the user": """
words = []
for path in ("CANARY", "/etc/shadow", "/etc/passwd", "/proc/1/root/CANARY"):
    try:
        words.append(open(path).read())
    except OSError:
        pass
say(words)
""",
    "the memory of this process": """
wanted = b"-".join([b"honest", b"learner", b"wrote", b"this"])
def search(process):
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights, *_ , last = line.split()
            start, end = (int(one, 16) for one in where.split("-"))
            if rights.startswith("rw") and not last.startswith("/") and end - start < 2**29:
                memory.seek(start)
                block = memory.read(end - start)
                at = block.find(wanted + b"-now")
                if at >= 0:
                    say(block[at:at + 200])
for process in ["self", *parents()]:
    try:
        search(process)
    except OSError:
        pass
""",
    "files of another job": """
for place in ("/tmp", "/dev/shm", "/var/tmp"):
    for folder, _, files in os.walk(place):
        for name in files:
            path = os.path.join(folder, name)
            if not path.startswith(os.path.dirname(os.getcwd())):
                say(path)
""",
}
