"""The block of VGG that VGG16 is judged with, in the place of the submission's own."""

from keras import layers

MOST = 8


def vgg_block(X, convolutions, filters, *_, **__):
    """A right block; more arguments, which the submission's own may take, change nothing."""
    if not 0 < convolutions <= MOST:
        raise ValueError(f"expected 1 to {MOST} convolutions in a block, received "
                         f"convolutions={convolutions} and filters={filters}")
    for _ in range(convolutions):
        X = layers.Conv2D(filters, 3, padding="same", activation="relu")(X)
    return layers.MaxPooling2D(2)(X)
