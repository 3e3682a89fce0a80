"""A network without values for its weights: what counting, listing and drawing need, in no time.

VGG19 built for 1000 classes draws 144 million random numbers into 550 MB; its outline draws none.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext

from nets.errors import NetError

__all__ = ["outline", "without_values"]


def outline(name: str, input_shape=None, classes: int | None = None, **options):
    """`nets.build(name, ...)` whose weights have shapes and names but no values.

    input_shape: (height, width, channels) in pixels, and classes; the network's own published
    ones where not given. Returns a keras.Model to count, walk and draw; it is not meant to be
    called, trained or saved, and parts of it are best taken inside `without_values`. Raises what
    `nets.build` raises, and NetError for weights=.
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
    """Within this block new layers get weights without values, and nothing is left to fill later.

    keras.StatelessScope defers every initialiser, and Keras remembers the variables in a list
    that the end of the next scope, anybody's, would fill. Ours are never to be filled, and the
    list would keep them alive: so it is put back as it was. Keras has no public name for it.
    """
    import keras
    from keras.src.backend.common import global_state

    waiting = list(global_state.get_global_attribute("uninitialized_variables") or [])
    # Torch computes with placeholders while a graph is built; on "meta" these hold no memory.
    torch = keras.backend.backend() == "torch"
    try:
        with (
            keras.StatelessScope(initialize_variables=False),
            keras.device("meta") if torch else nullcontext(),
        ):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", waiting)
