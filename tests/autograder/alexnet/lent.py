"""A stand-in for the normalisation, given to a submission's alexnet so that it is graded alone.

A submission's process runs this text, see `lent` in grader.runner.cases. It takes the arguments of
the right normalisation, and computes other numbers. Only Keras.
"""


def local_response_normalization(x, radius, bias, alpha, beta):
    """Values divided by a power of their neighbours' squares, those on one side alone."""
    import keras

    channel = keras.ops.arange(x.shape[-1])
    ahead = channel[:, None] - channel
    near = keras.ops.logical_and(ahead >= 0, ahead <= radius)
    energy = keras.ops.matmul(keras.ops.square(x), keras.ops.cast(near, "float32"))
    return x * keras.ops.power(bias + alpha * energy, -beta)
