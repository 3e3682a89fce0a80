"""Right answers to transfer learning in other styles: (exercises, name) -> the functions' text."""

from __future__ import annotations

HEADS = {
    "the output of the layer before": """
X = model.layers[-2].output
return keras.Model(inputs=model.inputs, outputs=layers.Dense(classes, "softmax")(X))""",
    "a body that is called": """
body = keras.Model(model.input, model.layers[-2].output, name="body")
images = keras.Input(model.input_shape[1:])
X = body(images, training=False)
return keras.Model(images, layers.Dense(classes, activation="softmax", name="new")(X))""",
    "sequential": """
return keras.Sequential([keras.Input(model.input_shape[1:]), *model.layers[1:-1],
                         layers.Dense(classes, activation="softmax")])""",
    "layer by layer": """
X = images = keras.Input(model.input_shape[1:])
for layer in model.layers[1:-1]:
    X = layer(X)
X = layers.Softmax()(layers.Dense(classes)(X))
return keras.Model(images, X)""",
    "a copy with the weights": """
old = keras.models.clone_model(model)
old.set_weights(model.get_weights())
for copy, layer in zip(old.layers, model.layers):
    copy.trainable = layer.trainable
return keras.Model(old.input, layers.Dense(classes, activation="softmax")(old.layers[-1].input))""",
    "operations": """
X = layers.Dense(classes)(model.layers[-1].input)
return keras.Model(model.input, keras.ops.softmax(X))""",
    "a function for the activation": """
[*body, last] = model.layers
X = layers.Dense(units=classes, activation=keras.activations.softmax,
                 kernel_initializer="he_normal", dtype="float32")(body[-1].output)
return keras.Model([model.inputs[0]], [X], name="transferred")""",
    "a nested model": """
features = keras.Model(model.inputs, model.layers[-2].output)
head = keras.Sequential([keras.Input(features.output_shape[1:]),
                         layers.Dense(classes, activation="softmax")], name="head")
return keras.Sequential([keras.Input(model.input_shape[1:]), features, head])""",
}

FREEZES = {
    "names": """
names = [layer.name for layer in model.layers]
last = [layer.name for layer in model.layers if isinstance(layer, layers.Conv2D)][-1]
if examples_per_class >= MANY:
    return []
return names[:-1] if examples_per_class < FEW else names[:names.index(last)]""",
    "only what has weights": """
body = model.layers[:-1]
if examples_per_class >= 100:
    body = []
elif examples_per_class >= 20:
    while not isinstance(body.pop(), layers.Conv2D):
        pass
return [layer for layer in body if layer.weights]""",
    "a loop to the last": """
frozen, waiting = [], []
for layer in model.layers:
    if isinstance(layer, layers.Conv2D):
        frozen, waiting = frozen + waiting, []
    waiting.append(layer)
return (frozen + waiting[:-1] if examples_per_class < FEW
        else frozen if examples_per_class < MANY else [])""",
    "backwards": """
if examples_per_class < FEW:
    return list(reversed(model.layers))[1:]
if not examples_per_class < MANY:
    return []
turned = model.layers[::-1]
place = next(i for i, layer in enumerate(turned) if type(layer).__name__ == "Conv2D")
return turned[place + 1:]""",
    "a table": """
convolutions = [i for i in range(len(model.layers)) if type(model.layers[i]) is layers.Conv2D]
ends = {0: len(model.layers) - 1, 1: max(convolutions), 2: 0}
return model.layers[:ends[sum(examples_per_class >= edge for edge in (FEW, MANY))]]""",
    "a tuple": """
end = 0
if examples_per_class < MANY:
    end = len(model.layers) - 1
    if examples_per_class >= FEW:
        while not isinstance(model.layers[end], layers.Conv2D):
            end -= 1
return tuple(model.layers[:end])""",
    "a generator of names": """
def frozen():
    at = max(i for i, layer in enumerate(model.layers) if "Conv2D" in str(type(layer)))
    for i, layer in enumerate(model.layers[:-1]):
        if examples_per_class < FEW or (examples_per_class < MANY and i < at):
            yield layer.name
return list(frozen())""",
    "a set of names": """
few, more = examples_per_class < FEW, examples_per_class < MANY
last = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)][-1]
later = model.layers[model.layers.index(last):]
return {layer.name for layer in model.layers[:-1] if few or more and layer not in later}""",
}

KEYED = """key = digest(model.to_json(), *model.get_weights(), images)"""
CACHES = {
    "predict": f"""
{KEYED}
if path.is_file():
    kept = np.load(path)
    if kept["key"] == key:
        return kept["features"]
features = model.predict(images, verbose=0)
np.savez_compressed(path, features=features, key=np.array(key))
return features""",
    "everything in the file": """
import os
config, own = model.to_json(), [np.asarray(value) for value in model.get_weights()]
if os.path.exists(path):
    with np.load(path) as kept:
        old = [kept[f"w{i}"] for i in range(len(kept.files) - 3)]
        same = (str(kept["config"]) == config and np.array_equal(kept["images"], images)
                and len(old) == len(own)
                and all(np.array_equal(a, b) for a, b in zip(old, own)))
        if same:
            return kept["features"]
features = np.asarray(model(images, training=False))
np.savez(path, config=config, images=images, features=features,
         **{f"w{i}": value for i, value in enumerate(own)})
return features""",
    "HDF5": f"""
import h5py
{KEYED}
if path.exists():
    with h5py.File(path, "r") as file:
        if file.attrs["key"] == key:
            return file["features"][:]
features = model.predict(images, batch_size=8, verbose=0)
with h5py.File(path, "w") as file:
    file.attrs["key"], file["features"] = key, features
return features""",
    "key in the first place": """
import hashlib, json
total = hashlib.md5(json.dumps(model.get_config(), default=str, sort_keys=True).encode())
for weight in model.weights:
    total.update(weight.path.encode() + weight.numpy().tobytes())
total.update(str(images.shape).encode() + images.tobytes())
key = total.hexdigest()
try:
    with np.load(path) as kept:
        return kept[key]
except (FileNotFoundError, KeyError):
    features = np.vstack([model.predict_on_batch(images[i:i + 32])
                          for i in range(0, len(images), 32)])
    np.savez(path, **{key: features})
    return features""",
    "bytes of its own": f"""
import io
{KEYED}
mark = key.encode()
if path.exists():
    content = path.read_bytes()
    if content.startswith(mark):
        return np.load(io.BytesIO(content[len(mark):]))
features = keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(images), training=False))
buffer = io.BytesIO()
np.save(buffer, features)
path.write_bytes(mark + buffer.getvalue())
return features""",
    "a second file beside it": f"""
{KEYED}
beside = path.with_suffix(".key")
if path.exists() and beside.exists() and beside.read_text() == key:
    with open(path, "rb") as file:
        return np.load(file)
features = np.array(model(images))
with open(path, "wb") as file:
    np.save(file, features)
beside.write_text(key)
return features""",
    "one image at a time": f"""
{KEYED}
kept = dict(np.load(path)) if path.exists() else {{}}
if str(kept.get("key")) != key:
    rows = [model(image[None], training=False)[0] for image in images]
    kept = {{"key": key, "features": np.stack([keras.ops.convert_to_numpy(row) for row in rows])}}
    np.savez(path, **kept)
return kept["features"]""",
    "several in one file": f"""
{KEYED}
known = {{}}
if path.exists():
    with np.load(path) as file:
        known = {{name: file[name] for name in file.files}}
if key not in known:
    known[key] = model.predict(images, batch_size=128, verbose=0)
    np.savez(path, **known)
return known[key]""",
}
SIGNATURES = {
    "replace_head": "model, classes",
    "layers_to_freeze": "model, examples_per_class",
    "cache_features": "model, images, path",
}


def _function(name: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {name}({SIGNATURES[name]}):\n{lines}\n"


STYLES = {
    ((name,), title): _function(name, body)
    for name, bodies in zip(SIGNATURES, (HEADS, FREEZES, CACHES), strict=True)
    for title, body in bodies.items()
}
