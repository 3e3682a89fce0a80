"""The checks of data augmentation: 100 points. What is drawn at random is checked by properties.

No oracle answers here: each function is called on images whose pixels tell where they come from.
What must hold for the arrays that come back is in findings.py.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, sibling
from grader.judging.messages import asked

findings = sibling(__file__, "findings")
REQUESTS = findings.REQUESTS


def _look(submission, exercise, part, message):
    """Raise CheckFailed with `message` if something is wrong with this part of the exercise."""
    cases = [
        ({**case, "seed": submission.seed}, received)
        for case, received, _ in submission.ask(REQUESTS[exercise])
    ]
    code = findings.finding(exercise, part, cases)
    # Asked about a failure next, the bank names what is noted here.
    submission.notes[exercise] = code
    if code is not None:
        raise CheckFailed(message, [["called", asked(cases[0][0])]])


KIND = (
    "Images stay images: a new array of the same shape and type, uint8, with values from 0 to 255."
)
SEEDS = (
    "All draws come from a generator that is made from the seed in every call: the same seed "
    "gives the same result, another seed another. The images that were given stay as they are."
)

# Exercise 1 ------------------------------------------------------------------------------------


@check(points=3, exercise="mirror", concept="an image stays an image")
def test_mirror_gives_images(submission):
    """mirror gives images of the same shape and type."""
    _look(submission, "mirror", "kind", KIND)


@check(
    points=5,
    exercise="mirror",
    concept="left and right change places",
    after=test_mirror_gives_images,
)
def test_mirror_exchanges_left_and_right(submission):
    """mirror gives each image as it is, or with left and right exchanged."""
    _look(
        submission,
        "mirror",
        "change",
        "Each image comes back in its place, as it was or mirrored on its vertical axis: the "
        "columns in reverse, rows and channels as they were.",
    )


@check(
    points=4,
    exercise="mirror",
    concept="a draw for each image",
    after=test_mirror_exchanges_left_and_right,
)
def test_mirror_draws_for_each_image(submission):
    """mirror changes about half of the images, by a draw for each."""
    _look(
        submission,
        "mirror",
        "draws",
        "Each image of a batch is mirrored with probability 1/2, whatever happens to the others.",
    )


@check(
    points=3, exercise="mirror", concept="the seed decides", after=test_mirror_draws_for_each_image
)
def test_mirror_follows_its_seed(submission):
    """mirror gives the same for the same seed, and leaves its argument alone."""
    _look(submission, "mirror", "seeds", SEEDS)


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=3, exercise="random_crop", concept="an image stays an image")
def test_random_crop_gives_images(submission):
    """random_crop gives images of the same shape and type."""
    _look(submission, "random_crop", "kind", KIND)


@check(
    points=7,
    exercise="random_crop",
    concept="a window of the padded image",
    after=test_random_crop_gives_images,
)
def test_random_crop_cuts_a_window(submission):
    """random_crop gives a window of each image, padded by an eighth with its edge."""
    _look(
        submission,
        "random_crop",
        "change",
        "Each result is a window of its own image, which has a margin of height // 8 above and "
        "below and width // 8 left and right that repeats the edge. Nothing is enlarged.",
    )


@check(
    points=6,
    exercise="random_crop",
    concept="all places, one for each image",
    after=test_random_crop_cuts_a_window,
)
def test_random_crop_uses_all_places(submission):
    """random_crop uses every place, drawn for each image, down and across."""
    _look(
        submission,
        "random_crop",
        "draws",
        "Each image has a place of its own. A margin of m pixels on both sides leaves 2 m + 1 "
        "places, all of them equally likely, and the row is drawn apart from the column.",
    )


@check(
    points=4,
    exercise="random_crop",
    concept="the seed decides",
    after=test_random_crop_uses_all_places,
)
def test_random_crop_follows_its_seed(submission):
    """random_crop gives the same for the same seed, and leaves its argument alone."""
    _look(submission, "random_crop", "seeds", SEEDS)


# Exercise 3 ------------------------------------------------------------------------------------


@check(points=3, exercise="rotate_shear_warp", concept="strength 0 changes nothing")
def test_rotate_shear_warp_gives_images(submission):
    """rotate_shear_warp gives images, and at strength 0 the same ones."""
    _look(
        submission,
        "rotate_shear_warp",
        "kind",
        "Images stay images, and with degrees, shear and warp at 0 they stay as they are: each "
        "strength is an argument that is used.",
    )


@check(
    points=7,
    exercise="rotate_shear_warp",
    concept="rotation about the middle",
    after=test_rotate_shear_warp_gives_images,
)
def test_rotate_shear_warp_rotates(submission):
    """rotate_shear_warp rotates each image about its middle, by up to `degrees` to either side."""
    _look(
        submission,
        "rotate_shear_warp",
        "rotation",
        "A rotation by an angle of its own for each image, uniform from -degrees to degrees, "
        "about the middle. What comes from outside repeats the edge.",
    )


@check(
    points=6,
    exercise="rotate_shear_warp",
    concept="shearing sideways",
    after=test_rotate_shear_warp_gives_images,
)
def test_rotate_shear_warp_shears(submission):
    """rotate_shear_warp shears each image sideways, by up to `shear` to either side."""
    _look(
        submission,
        "rotate_shear_warp",
        "shear",
        "Shearing moves each row sideways by shear times its distance from the middle row, by a "
        "number of its own for each image, uniform from -shear to shear.",
    )


@check(
    points=6,
    exercise="rotate_shear_warp",
    concept="a warp is small and smooth",
    after=test_rotate_shear_warp_gives_images,
)
def test_rotate_shear_warp_warps(submission):
    """rotate_shear_warp moves points smoothly, by up to `warp` pixels in each direction."""
    _look(
        submission,
        "rotate_shear_warp",
        "warp",
        "Local warping moves every point by its own number of pixels, at most `warp` in each "
        "direction, drawn apart for down and across, and neighbours by nearly the same.",
    )


@check(
    points=3,
    exercise="rotate_shear_warp",
    concept="the seed decides",
    after=test_rotate_shear_warp_rotates,
)
def test_rotate_shear_warp_follows_its_seed(submission):
    """rotate_shear_warp gives the same for the same seed, and leaves its argument alone."""
    _look(submission, "rotate_shear_warp", "seeds", SEEDS)


# Exercise 4 ------------------------------------------------------------------------------------


@check(points=4, exercise="colour_shift_pca", concept="values end at the border of their range")
def test_colour_shift_pca_gives_images(submission):
    """colour_shift_pca gives images, clipped to 0 to 255."""
    _look(
        submission,
        "colour_shift_pca",
        "kind",
        "The sum is rounded, kept within 0 to 255, and only then made uint8 again: black and "
        "white do not become each other.",
    )


@check(
    points=4,
    exercise="colour_shift_pca",
    concept="one colour for all pixels of an image",
    after=test_colour_shift_pca_gives_images,
)
def test_colour_shift_pca_adds_one_colour(submission):
    """colour_shift_pca adds the same colour to every pixel of an image."""
    _look(
        submission,
        "colour_shift_pca",
        "change",
        "One colour is added to all pixels of an image: it is another light on the whole of it.",
    )


@check(
    points=8,
    exercise="colour_shift_pca",
    concept="along the principal components",
    after=test_colour_shift_pca_adds_one_colour,
)
def test_colour_shift_pca_follows_the_components(submission):
    """colour_shift_pca draws the colours along the components, as wide as their eigenvalues."""
    _look(
        submission,
        "colour_shift_pca",
        "draws",
        "The colour of an image is 255 P (alpha lambda): eigenvectors and eigenvalues of the "
        "covariance of all pixels' colours from 0 to 1, and three draws of its own, normal with "
        "deviation 0.1.",
    )


@check(
    points=4,
    exercise="colour_shift_pca",
    concept="the seed decides",
    after=test_colour_shift_pca_follows_the_components,
)
def test_colour_shift_pca_follows_its_seed(submission):
    """colour_shift_pca gives the same for the same seed, and leaves its argument alone."""
    _look(submission, "colour_shift_pca", "seeds", SEEDS)


# Exercise 5 ------------------------------------------------------------------------------------


@check(points=3, exercise="augment_in_threads", concept="a dataset of the same kind")
def test_augment_in_threads_gives_a_dataset(submission):
    """augment_in_threads gives a dataset of the same batches, shapes and types."""
    _look(
        submission,
        "augment_in_threads",
        "kind",
        "The result is a tf.data.Dataset of the same pairs: as many batches, of the same sizes "
        "and types, whose shapes are known.",
    )


@check(
    points=4,
    exercise="augment_in_threads",
    concept="labels stay with their images",
    after=test_augment_in_threads_gives_a_dataset,
)
def test_augment_in_threads_keeps_the_labels(submission):
    """augment_in_threads keeps every label with its image, and the order."""
    _look(
        submission,
        "augment_in_threads",
        "pairs",
        "Labels pass unchanged beside their images, and the batches come in their old order, "
        "whichever thread is done first.",
    )


@check(
    points=4,
    exercise="augment_in_threads",
    concept="all functions in their order",
    after=test_augment_in_threads_keeps_the_labels,
)
def test_augment_in_threads_calls_all_functions(submission):
    """augment_in_threads puts each batch through all functions, in their order."""
    _look(
        submission,
        "augment_in_threads",
        "ops",
        "Each function in ops gets what the one before it returned, and each is called once a "
        "batch.",
    )


@check(
    points=4,
    exercise="augment_in_threads",
    concept="a seed of its own for each call",
    after=test_augment_in_threads_calls_all_functions,
)
def test_augment_in_threads_gives_seeds(submission):
    """augment_in_threads gives each call a seed of its own, the same in every run."""
    _look(
        submission,
        "augment_in_threads",
        "seeds",
        "No two calls share a seed, neither two batches nor two functions on one batch, and a "
        "second run gives the same seeds: they follow from the number of the batch and the place "
        "of the function.",
    )


@check(
    points=5,
    exercise="augment_in_threads",
    concept="as many threads as workers",
    after=test_augment_in_threads_calls_all_functions,
)
def test_augment_in_threads_works_in_threads(submission):
    """augment_in_threads works on as many batches at once as there are workers."""
    _look(
        submission,
        "augment_in_threads",
        "threads",
        "While one batch is worked on, workers - 1 others are too, never more, and none before "
        "the dataset is run.",
    )
