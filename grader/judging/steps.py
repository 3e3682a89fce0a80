"""The operations of a graph as steps that can be compared, and their names in a sentence.

An activation inside a convolution or a dense layer is a step of its own; a layer and the function
of the same name, such as `Add()` and `+`, are the same step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grader.judging.compare import shape

NORMALISATION = "LocalResponseNormalization"
COMPUTATION = "computation"
RANDOM = ("Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise")
_ALIASES = {"MaxPool": "MaxPooling2D", "AveragePool": "AveragePooling2D"}
# Classes that are an activation, each with its name as an argument `activation`.
_ACTIVATIONS = {
    "ReLU": "relu",
    "Relu": "relu",
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "LeakyReLU": "leaky_relu",
    "LeakyRelu": "leaky_relu",
    "ELU": "elu",
    "Elu": "elu",
    "PReLU": "prelu",
    "Gelu": "gelu",
    "Selu": "selu",
    "Silu": "silu",
    "Softplus": "softplus",
}
_NONE = (None, "linear", "")
# What is no setting of a step: it has a step of its own, or its value shows in the graph.
_LEFT_OUT = ("activation", "target_shape", "size")
# The joins of several maps; anything else that is no layer is a computation.
JOINS = ("Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot")

SENTENCES = {
    "Conv2D": "the {size} convolution to {channels} channels",
    "DepthwiseConv2D": "the {size} depthwise convolution",
    "Dense": "the dense layer of {units} units",
    "MaxPooling2D": "the {size} max pooling",
    "AveragePooling2D": "the {size} average pooling",
    "GlobalAveragePooling2D": "the global average pooling",
    "GlobalMaxPooling2D": "the global max pooling",
    "AdaptiveAveragePooling2D": "the adaptive average pooling",
    "BatchNormalization": "the batch norm",
    "relu": "the ReLU",
    "softmax": "the softmax layer",
    "Activation": "the activation {name}",
    "Dropout": "the dropout of rate {rate}",
    "Flatten": "the Flatten",
    "ZeroPadding2D": "the zero padding",
    "Add": "the sum",
    "Concatenate": "the concatenation",
    "Multiply": "the product",
    "Rescaling": "the rescaling of the pixels",
    NORMALISATION: "the normalisation over neighbouring channels",
    "GetItem": "the slice `X[...]`",
    COMPUTATION: "the computation with {name}",
    "other": "the layer {name}",
    "input": "the input",
    "after": "{step} that follows {layer}",
    "map": "{step} (map {size})",
}


@dataclass(frozen=True)
class Step:
    """One step: its kind, and its settings by the names of Keras' arguments.

    row: the place of its operation in the graph. bare: whether that is no layer.
    """

    kind: str
    settings: dict = field(default_factory=dict)
    row: int = -1
    bare: bool = False

    def same(self, other: Step) -> bool:
        """Whether both are the same step with the same settings."""
        return self.alike(other) and not differing(self, other)

    def alike(self, other: Step) -> bool:
        """Whether both are of one kind; all activations are of different kinds."""
        names = [step.settings.get("name") for step in (self, other)]
        return self.kind == other.kind and (self.kind != "Activation" or names[0] == names[1])


def steps(row: dict, place: int) -> list[Step]:
    """The steps of an operation: itself, and the activation inside it, if there is one."""
    kind = str(row.get("kind"))
    settings = row.get("settings")
    settings = dict(settings) if isinstance(settings, dict) else {}
    kind = _ALIASES.get(kind, kind)
    activation = settings.get("activation")
    if kind in ("Activation", *_ACTIVATIONS):
        name = str(_ACTIVATIONS.get(kind, activation))
        if name == "linear":
            return []
        slope = {k: v for k, v in settings.items() if k == "negative_slope" and v}
        if name == "relu" and slope:
            name = "leaky_relu"
        return [Step("Activation", {"name": name} | slope, place)]
    bare = row.get("layer") is False
    if bare and (kind not in JOINS or len(set(_listed(row))) < 2):
        return [Step(COMPUTATION, {"name": [kind]}, place, bare)]
    if kind in (NORMALISATION, "LRN"):
        return [Step(NORMALISATION, {}, place)]
    own = Step(kind, _settings(kind, settings, len(shape(row)) + 1), place, bare)
    if activation in _NONE:
        return [own]
    return [own, Step("Activation", {"name": str(activation)}, place)]


def kind(row: dict) -> tuple[str, str]:
    """The kind of an operation's last step, by which it is found in another graph."""
    every = steps(row, 0)
    return (every[-1].kind, str(every[-1].settings.get("name", ""))) if every else ("", "")


def _listed(row: dict) -> list:
    inputs = row.get("inputs")
    return [i for i in inputs if isinstance(i, int)] if isinstance(inputs, list) else []


def gathered(path: list[Step], framed: bool = False) -> list[Step]:
    """The steps with each run of computations as one step.

    A run that squares and has a power is taken for the normalisation over neighbouring channels.
    A frame of zeros before a convolution of stride 1 is its padding "same", unless it is `framed`.
    """
    short: list[Step] = []
    for step in path:
        if not framed and short and short[-1].kind == "ZeroPadding2D" and _unpadded(step):
            del short[-1]
            step = replace(step, settings={**step.settings, "padding": "same"})
        if short and short[-1].kind == COMPUTATION and step.bare:
            names = sorted({*short[-1].settings["name"], *step.settings.get("name", [step.kind])})
            short[-1] = Step(COMPUTATION, {"name": names}, step.row, True)
        else:
            short.append(step)
    return [Step(NORMALISATION, {}, step.row) if _normalises(step) else step for step in short]


def _unpadded(step: Step) -> bool:
    settings = step.settings
    return settings.get("padding") == "valid" and settings.get("strides") == [1, 1]


def _normalises(step: Step) -> bool:
    names = set(step.settings.get("name", ())) if step.kind == COMPUTATION else set()
    return "Power" in names and bool(names & {"Square", "Multiply"})


def _settings(kind: str, settings: dict, rank: int) -> dict:
    """The settings that decide what a step computes, each written in one way."""
    own = {name: value for name, value in settings.items() if name not in _LEFT_OUT}
    if "axis" in own:
        axis = own["axis"][0] if isinstance(own["axis"], list) and own["axis"] else own["axis"]
        own["axis"] = axis - rank if isinstance(axis, int) and axis > 0 else axis
    if own.get("kernel_size") == [1, 1]:
        own.pop("padding", None)  # it has no effect on a 1x1 kernel
    if kind == "Concatenate" and "axis" not in own:
        own["axis"] = -1
    return own


def differing(step: Step, other: Step) -> list[str]:
    """The names of the settings that two steps of one kind do not share, sorted."""
    if step.kind == COMPUTATION:
        return []
    names = sorted({*step.settings, *other.settings})
    return [name for name in names if step.settings.get(name) != other.settings.get(name)]


def written(value) -> str:
    """A setting's value as a learner would write it."""
    if isinstance(value, list):
        return str(value[0]) if len(set(value)) == 1 else str(tuple(value))
    return repr(value)


def phrase(step: Step | None) -> str:
    """A step in words; None stands for the input."""
    if step is None:
        return SENTENCES["input"]
    settings = step.settings
    kind = "Dropout" if step.kind in RANDOM and "rate" in settings else step.kind
    sides = settings.get("kernel_size") or settings.get("pool_size") or []
    name = settings.get("name", kind)
    name = " and ".join(name) if isinstance(name, list) else str(name)
    kind = name if kind in ("Activation", COMPUTATION) and name in SENTENCES else kind
    return SENTENCES.get(kind, SENTENCES["other"]).format(
        size="x".join(map(str, sides)) if isinstance(sides, list) else str(sides),
        channels=settings.get("filters"),
        units=settings.get("units"),
        rate=settings.get("rate"),
        name=name,
    )
