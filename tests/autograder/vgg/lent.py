"""The right block, given to a submission's VGG16 so that the network is graded alone. Only Keras.

A submission's process runs this text, see `lent` in grader.runner.cases.
"""


def vgg_block(X, convolutions, filters, *_, **__):
    """A right block; more arguments, which the submission's own may take, change nothing."""
    from keras import layers

    if not 0 < convolutions <= 8:
        raise ValueError(
            "expected 1 to 8 convolutions in a block, received "
            f"convolutions={convolutions} and filters={filters}"
        )
    for _ in range(convolutions):
        X = layers.Conv2D(filters, 3, padding="same", activation="relu")(X)
    return layers.MaxPooling2D(2)(X)
