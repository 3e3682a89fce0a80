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
    "the layer by its index": """
inputs, features = model.inputs, model.get_layer(index=-2).output
head = layers.Dense(units=classes, activation=keras.ops.softmax, kernel_initializer="he_normal")
return keras.models.Model(inputs=inputs, outputs=head(features), name="renewed")""",
    "a body, and a head of its own": """
body = keras.Model(model.inputs, model.layers[-1].input)
head = keras.Sequential([keras.Input(body.output_shape[1:]), layers.Dense(classes, "softmax")])
return keras.Model(model.inputs, head(body.output))""",
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

TUNES = {
    "stochastic gradient descent": """
model.trainable = True
*body, head = model.layers
for layer in body:
    layer.trainable = False
model.compile(optimizer=keras.optimizers.SGD(learning_rate=learning_rate),
              loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images, labels, batch_size=16, epochs=head_epochs, verbose=0)
for layer in body:
    if not isinstance(layer, layers.BatchNormalization):
        layer.trainable = True
model.compile(keras.optimizers.SGD(0.1 * learning_rate), "sparse_categorical_crossentropy")
model.fit(images, labels, batch_size=16, epochs=epochs, verbose=0)
return model""",
    "a loop over the phases": """
for count, rate, head_only in ((head_epochs, learning_rate, True),
                               (epochs, learning_rate / 10, False)):
    for layer in model.layers[:-1]:
        norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = not head_only and not norm
    model.compile(keras.optimizers.RMSprop(rate), keras.losses.SparseCategoricalCrossentropy())
    model.fit(images, labels, epochs=count, verbose=0)
return model""",
    "the list of the second exercise": """
frozen = layers_to_freeze(model, 1)
for layer in frozen:
    layer.trainable = False
model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
model.fit(images, labels, epochs=head_epochs, verbose=0)
for layer in frozen:
    layer.trainable = "BatchNorm" not in type(layer).__name__
model.compile(keras.optimizers.Adam(learning_rate / 10), "sparse_categorical_crossentropy")
model.fit(images, labels, epochs=epochs, verbose=0)
return model""",
    "one-hot labels": """
answers = keras.utils.to_categorical(labels, model.output_shape[-1])
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile(keras.optimizers.Adam(learning_rate), "categorical_crossentropy")
model.fit(images, answers, epochs=head_epochs, verbose=0)
for layer in model.layers:
    layer.trainable = not isinstance(layer, layers.BatchNormalization)
model.compile(keras.optimizers.Adam(learning_rate / 10), "categorical_crossentropy")
model.fit(images, answers, epochs=epochs, verbose=0)
return model""",
    "a tape, and batch norm's scale learns": """
import tensorflow as tf
loss = keras.losses.SparseCategoricalCrossentropy()
for layer in model.layers:
    layer.trainable = True
for count, rate, weights in (
        (head_epochs, learning_rate, model.layers[-1].trainable_variables),
        (epochs, learning_rate / 10, model.trainable_variables)):
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    for _ in range(count):
        with tf.GradientTape() as tape:
            value = loss(labels, model(images, training=False))
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights))
return model""",
    "batch by batch": """
def train(count, rate):
    model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy")
    for _ in range(count):
        for i in range(0, len(images), 32):
            model.train_on_batch(images[i:i + 32], labels[i:i + 32])
for layer in model.layers[:-1]:
    layer.trainable = False
train(head_epochs, learning_rate)
for layer in model.layers[:-1]:
    layer.trainable = True
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = False
train(epochs, learning_rate * 0.1)
return model""",
    "a data set": """
import tensorflow as tf
data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32)
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile(optimizer=keras.optimizers.Nadam(learning_rate),
              loss=keras.losses.sparse_categorical_crossentropy)
model.fit(data, epochs=head_epochs, verbose=0)
for layer in model.layers:
    layer.trainable = True
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = False
model.compile(optimizer=keras.optimizers.Nadam(learning_rate / 10),
              loss=keras.losses.sparse_categorical_crossentropy)
model.fit(data, epochs=epochs, verbose=0)
return model""",
    "smaller batches": """
for layer in model.layers:
    layer.trainable = False
model.layers[-1].trainable = True
model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
if head_epochs:
    model.fit(images, labels, batch_size=4, epochs=head_epochs, verbose=0, shuffle=False)
for layer in model.layers:
    layer.trainable = not isinstance(layer, layers.BatchNormalization)
model.compile(keras.optimizers.Adam(learning_rate / 10), "sparse_categorical_crossentropy")
if epochs:
    model.fit(images, labels, batch_size=4, epochs=epochs, verbose=0, shuffle=False)
return model""",
}

KEYED = """key = digest(model.to_json(), *model.get_weights(), images)"""
CACHES = {
    "predict": f"""
{KEYED}
return stored(path, key, lambda: model.predict(images, verbose=0))""",
    "layer by layer in the key": """
parts = [images]
for layer in model.layers:
    parts += [str(layer.get_config()), *layer.get_weights()]
return stored(path, digest(*parts), lambda: model.predict(images, batch_size=16, verbose=0))""",
    "a longer key": f"""
{KEYED}
def run():
    return np.asarray(model(images, training=False))
return stored(path=path, key=f"features {{key}}", compute=run)""",
    "another digest": """
import json
total = hashlib.md5(json.dumps(model.get_config(), default=str, sort_keys=True).encode())
for weight in model.weights:
    total.update(weight.path.encode() + weight.numpy().tobytes())
total.update(str(images.shape).encode() + images.tobytes())
def compute():
    return np.vstack([model.predict_on_batch(images[i:i + 32]) for i in range(0, len(images), 32)])
return stored(path, total.hexdigest(), compute)""",
    "files of one's own": f"""
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
    "a key of keys": """
layers_key = digest(model.to_json())
weights_key = digest(*[weight.numpy() for weight in model.weights])
key = layers_key + weights_key + digest(images)
return stored(path, key, lambda: keras.ops.convert_to_numpy(model(images)))""",
    "one image at a time": f"""
{KEYED}
def compute():
    rows = [model(image[None], training=False)[0] for image in images]
    return np.stack([keras.ops.convert_to_numpy(row) for row in rows])
return stored(path, key, compute)""",
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
    "fine_tune": "model, images, labels, head_epochs, epochs, learning_rate",
    "cache_features": "model, images, path",
}


def _function(name: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {name}({SIGNATURES[name]}):\n{lines}\n"


STYLES = {
    ((name,), title): _function(name, body)
    for name, bodies in zip(SIGNATURES, (HEADS, FREEZES, TUNES, CACHES), strict=True)
    for title, body in bodies.items()
}
