"""A stand-in for the block, given to a submission's VGG16 so that the network is graded alone.

A submission's process runs this text, see `lent` in grader.runner.cases. It has the weights and the
shapes of the right block, and computes other numbers. Only Keras.
"""


def vgg_block(X, convolutions, filters, *_, **__):
    """As wide and as large as a block, and none; more arguments change nothing."""
    from keras import layers

    if not 0 < convolutions <= 8:
        raise ValueError(
            "expected 1 to 8 convolutions in a block, received "
            f"convolutions={convolutions} and filters={filters}"
        )
    if filters < 12:  # the exercise's own checks have so few, the network many
        raise ValueError(f"expected the filters of a network, received filters={filters}")
    X = layers.Activation("relu")(X)
    for _ in range(convolutions):
        X = layers.Conv2D(filters, 3, padding="same")(X)
    return layers.MaxPooling2D(2)(X)
