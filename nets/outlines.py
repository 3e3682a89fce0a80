"""A network without values for its weights: all that counting, listing and drawing need.

VGG19 built for 1000 classes draws 144 million random numbers into 550 MB; its outline draws none.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext

from nets.errors import NetError

__all__ = ["outline", "without_values"]


def outline(name: str, input_shape=None, classes: int | None = None, **options):
    """Build a network whose weights have shapes and names but no values.

    Args:
        name: One of `nets.names()`.
        input_shape: (height, width, channels) in pixels; by default the paper's.
        classes: Number of classes; by default the paper's.
        **options: Arguments of the builder, without weights.

    Returns:
        A keras.Model to count, walk and draw. It cannot be called, trained or saved. Take parts of
        it inside `without_values`.

    Raises:
        NetError: weights are asked for, or as `nets.build`.
    """
    import nets

    row = nets.describe(name)
    if options.get("weights") is not None:
        raise NetError(f"{name}: expected no weights for an outline; use nets.build to load them")
    shape = row.native if input_shape is None else input_shape
    with without_values():
        return nets.build(name, shape, row.classes if classes is None else classes, **options)


@contextmanager
def without_values():
    """A context in which new layers get weights without values.

    keras.StatelessScope defers every initialiser. Keras keeps the variables in a list and gives
    them their values at the end of the next scope, even one that is not ours. Our variables must
    never get values, and the list would keep them alive, so it is put back as it was. Keras has no
    public name for it.
    """
    import keras
    from keras.src.backend.common import global_state

    uninitialized = list(global_state.get_global_attribute("uninitialized_variables") or [])
    # Torch computes with placeholders while a graph is built; on "meta" these hold no memory.
    torch = keras.backend.backend() == "torch"
    try:
        with (
            keras.StatelessScope(initialize_variables=False),
            keras.device("meta") if torch else nullcontext(),
        ):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", uninitialized)
