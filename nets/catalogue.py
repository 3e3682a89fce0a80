"""The networks of the lectures as one table: builder, year, paper and stages of each.

Reading it imports neither keras nor a network, so names and papers can be read at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Net:
    """One row of the catalogue.

    Attributes:
        builder: `module.Function` inside this package.
        year: The year of the paper.
        paper: Authors, year and title.
        native: The input of the paper, (height, width, channels); published counts are for it.
        classes: The classes of the paper.
        stages: (stage, pattern) pairs; a layer belongs to the first stage whose pattern matches
            the start of its name.
        options: What `nets.build` passes to the builder by default.
        applications: The name in keras.applications whose weights files fit, or None.
    """

    builder: str
    year: int
    paper: str
    native: tuple[int, int, int]
    classes: int
    stages: tuple[tuple[str, str], ...]
    options: dict = field(default_factory=dict)
    applications: str | None = None


_LENET = "LeCun et al. 1998, Gradient-based learning applied to document recognition"
_ALEXNET = "Krizhevsky et al. 2012, ImageNet classification with deep convolutional networks"
_VGG = "Simonyan and Zisserman 2014, Very deep convolutional networks"
_RESNET = "He et al. 2015, Deep residual learning for image recognition"
_RESNET_V2 = "He et al. 2016, Identity mappings in deep residual networks"
_GOOGLENET = "Szegedy et al. 2014, Going deeper with convolutions"
_BN_INCEPTION = "Ioffe and Szegedy 2015, Batch normalization"
_INCEPTION_V3 = "Szegedy et al. 2015, Rethinking the Inception architecture"
_INCEPTION_RESNET = "Szegedy et al. 2016, Inception-v4, Inception-ResNet and residual connections"

_LENET_STAGES = (("conv1", "c1|s2"), ("conv2", "c3|s4"), ("dense", "flatten|c5|f6"))
_ALEXNET_STAGES = tuple((f"conv{i}", f"(conv|pool|norm){i}") for i in range(1, 6)) + (
    ("dense", "adaptive|fc[67]|dropout[67]"),
)
_VGG_STAGES = tuple((f"block{i}", f"block{i}_") for i in range(1, 6)) + (
    ("dense", "flatten|fc[12]"),
)
_COURSE_STAGES = (("stage1", "conv1|bn_conv1|relu_conv1|pool1"),) + tuple(
    (f"stage{i}", f"(res|bn|relu|add){i}[a-z]") for i in range(2, 6)
)
_RESNET_STAGES = (("conv1", "conv1_|pool1_"),) + tuple(
    (f"conv{i}", f"conv{i}_") for i in range(2, 6)
)
_V2_STAGES = _RESNET_STAGES + (("post", "post_"),)
_GOOGLENET_STAGES = (("stem", "conv[12]_|pool[12]|norm[12]"),) + tuple(
    (f"inception_{i}", f"inception_{i}|pool{i}") for i in (3, 4, 5)
)
_V3_STAGES = (("stem", "stem_"),) + tuple((f"mixed{i}", f"mixed{i}(_|$)") for i in range(11))
_INCEPTION_RESNET_STAGES = (
    ("stem", "stem_"),
    ("mixed_5b", "mixed_5b"),
    ("block35", "block35_"),
    ("mixed_6a", "mixed_6a"),
    ("block17", "block17_"),
    ("mixed_7a", "mixed_7a"),
    ("block8", "block8_"),
    ("conv_7b", "conv_7b"),
)

_IMAGENET = (224, 224, 3)


def _resnet(builder: str, applications: str | None = None) -> Net:
    return Net(
        builder=f"resnet.{builder}",
        year=2015,
        paper=_RESNET,
        native=_IMAGENET,
        classes=1000,
        stages=_RESNET_STAGES,
        applications=applications,
    )


def _resnet_v2(depth: int) -> Net:
    return Net(
        builder=f"resnet_v2.ResNet{depth}V2",
        year=2016,
        paper=_RESNET_V2,
        native=_IMAGENET,
        classes=1000,
        stages=_V2_STAGES,
        applications=f"ResNet{depth}V2",
    )


def _vgg(depth: int) -> Net:
    return Net(
        builder=f"vgg.VGG{depth}",
        year=2014,
        paper=_VGG,
        native=_IMAGENET,
        classes=1000,
        stages=_VGG_STAGES,
        applications=f"VGG{depth}" if depth in (16, 19) else None,
    )


# In the order of the lectures, which is nearly that of the years.
CATALOGUE: dict[str, Net] = {
    "lenet5": Net("lenet.LeNet5", 1998, _LENET, (32, 32, 1), 10, _LENET_STAGES),
    "lenet5_1998": Net("lenet.LeNet5_1998", 1998, _LENET, (32, 32, 1), 10, _LENET_STAGES),
    "alexnet": Net("alexnet.AlexNet", 2012, _ALEXNET, (227, 227, 3), 1000, _ALEXNET_STAGES),
    "alexnet_two_towers": Net(
        "alexnet.AlexNet", 2012, _ALEXNET, (227, 227, 3), 1000, _ALEXNET_STAGES, {"towers": 2}
    ),
    **{f"vgg{depth}": _vgg(depth) for depth in (11, 13, 16, 19)},
    # The homework's network is resnet50_course, and that of keras.applications resnet50.
    "resnet50_course": Net("resnet.ResNet50", 2015, _RESNET, (64, 64, 3), 6, _COURSE_STAGES),
    "resnet20": Net(
        "resnet_cifar.ResNet20",
        2015,
        _RESNET,
        (32, 32, 3),
        10,
        _RESNET_STAGES[:4],
        {"resize_to": 32},
    ),
    "resnet18": _resnet("ResNet18"),
    "resnet34": _resnet("ResNet34"),
    "resnet50": _resnet("ResNet50Applications", "ResNet50"),
    "resnet101": _resnet("ResNet101", "ResNet101"),
    "resnet152": _resnet("ResNet152", "ResNet152"),
    **{f"plain{depth}": _resnet(f"Plain{depth}") for depth in (18, 34, 50)},
    **{f"resnet{depth}v2": _resnet_v2(depth) for depth in (50, 101, 152)},
    "googlenet": Net("inception.GoogLeNet", 2014, _GOOGLENET, _IMAGENET, 1000, _GOOGLENET_STAGES),
    "bn_inception": Net(
        "bn_inception.BNInception", 2015, _BN_INCEPTION, _IMAGENET, 1000, _GOOGLENET_STAGES
    ),
    "inception_v3": Net(
        "inception_v3.InceptionV3",
        2015,
        _INCEPTION_V3,
        (299, 299, 3),
        1000,
        _V3_STAGES,
        {"resize": 75},
        "InceptionV3",
    ),
    "inception_resnet_v2": Net(
        "inception_resnet.InceptionResNetV2",
        2016,
        _INCEPTION_RESNET,
        (299, 299, 3),
        1000,
        _INCEPTION_RESNET_STAGES,
        {"resize": 75},
        "InceptionResNetV2",
    ),
}
