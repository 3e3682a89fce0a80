"""The right normalisation, given to a submission's alexnet so that it is graded alone. Only Keras.

A submission's process runs this text, see `lent` in grader.runner.cases.
"""


def local_response_normalization(x, radius, bias, alpha, beta):
    """x / (bias + alpha * the sum of x^2 over the channels within radius) ^ beta."""
    import keras

    channel = keras.ops.arange(x.shape[-1])
    near = keras.ops.abs(channel[:, None] - channel) <= radius
    energy = keras.ops.matmul(keras.ops.square(x), keras.ops.cast(near, "float32"))
    return x * keras.ops.power(bias + alpha * energy, -beta)
