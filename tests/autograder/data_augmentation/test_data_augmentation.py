"""The checks of data augmentation: 100 points. What is drawn at random is checked by properties.

No oracle answers here: each function is called on images whose pixels tell where they come from.
What must hold for the arrays that come back is in findings.py.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, sibling
from grader.judging.messages import asked
from grader.judging.submission import seeded

findings = sibling(__file__, "findings")
REQUESTS = findings.REQUESTS


def _look(submission, exercise, part, message):
    """Raise CheckFailed with `message` if something is wrong with this part of the exercise."""
    cases = [
        (seeded([case], submission.slot)[0], received)
        for case, received, _ in submission.ask(REQUESTS[exercise])
    ]
    code = findings.finding(exercise, part, cases)
    # Asked about a failure next, the bank names what is noted here.
    submission.notes[exercise] = code
    if code is not None:
        raise CheckFailed(message, [["called", asked(cases[0][0])]])


KIND = (
    "The result is a new array of images of the same shape and type, uint8, with values from 0 "
    "to 255."
)
SEEDS = (
    "All draws come from a generator that is made from the seed in every call: the same seed "
    "gives the same result, and another seed gives another result. The images of the input do "
    "not change."
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
    """mirror returns each image as it is, or with left and right exchanged."""
    _look(
        submission,
        "mirror",
        "change",
        "Each image comes back in its place, as it was or mirrored on its vertical axis: the "
        "columns reversed, rows and channels unchanged.",
    )


@check(
    points=4,
    exercise="mirror",
    concept="a draw for each image",
    after=test_mirror_exchanges_left_and_right,
)
def test_mirror_draws_for_each_image(submission):
    """mirror changes about half of the images, with one draw per image."""
    _look(
        submission,
        "mirror",
        "draws",
        "Each image of a batch is mirrored with probability 1/2, independently of the others.",
    )


@check(
    points=3, exercise="mirror", concept="the seed decides", after=test_mirror_draws_for_each_image
)
def test_mirror_follows_its_seed(submission):
    """mirror gives the same result for the same seed, and does not change its argument."""
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
        "Each result is a window of its own image, padded by height // 8 above and below and "
        "width // 8 left and right with its edge. Nothing is enlarged.",
    )


@check(
    points=6,
    exercise="random_crop",
    concept="all places, one for each image",
    after=test_random_crop_cuts_a_window,
)
def test_random_crop_uses_all_places(submission):
    """random_crop uses every place, down and across, with its own draws per image."""
    _look(
        submission,
        "random_crop",
        "draws",
        "Each image has its own place. A margin of m pixels on both sides gives 2 m + 1 places, "
        "all equally likely, and row and column are drawn independently.",
    )


@check(
    points=4,
    exercise="random_crop",
    concept="the seed decides",
    after=test_random_crop_uses_all_places,
)
def test_random_crop_follows_its_seed(submission):
    """random_crop gives the same result for the same seed, and does not change its argument."""
    _look(submission, "random_crop", "seeds", SEEDS)


# Exercise 3 ------------------------------------------------------------------------------------


@check(points=3, exercise="rotate_shear_warp", concept="strength 0 changes nothing")
def test_rotate_shear_warp_gives_images(submission):
    """rotate_shear_warp gives images, and the same images at strength 0."""
    _look(
        submission,
        "rotate_shear_warp",
        "kind",
        "The result is images again, and if degrees, shear and warp are 0, nothing changes: each "
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
        "Each image is rotated about its middle by its own angle, uniform from -degrees to "
        "degrees. Pixels from outside the image repeat the edge.",
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
        "Shearing moves each row sideways by a factor times its distance from the middle row. "
        "Each image has its own factor, uniform from -shear to shear.",
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
        "direction. Down and across are drawn independently, and neighbours move by nearly the "
        "same.",
    )


@check(
    points=3,
    exercise="rotate_shear_warp",
    concept="the seed decides",
    after=test_rotate_shear_warp_rotates,
)
def test_rotate_shear_warp_follows_its_seed(submission):
    """rotate_shear_warp gives the same result for the same seed, and keeps its argument."""
    _look(submission, "rotate_shear_warp", "seeds", SEEDS)


# Exercise 4 ------------------------------------------------------------------------------------


@check(points=4, exercise="colour_shift_pca", concept="values end at the border of their range")
def test_colour_shift_pca_gives_images(submission):
    """colour_shift_pca gives images, clipped to 0 to 255."""
    _look(
        submission,
        "colour_shift_pca",
        "kind",
        "Round the sum, clip it to 0 to 255, and only then convert it to uint8: black must not "
        "become white, or white black.",
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
        "The same colour is added to all pixels of an image, like another light on the whole "
        "image.",
    )


@check(
    points=8,
    exercise="colour_shift_pca",
    concept="along the principal components",
    after=test_colour_shift_pca_adds_one_colour,
)
def test_colour_shift_pca_follows_the_components(submission):
    """colour_shift_pca draws colours along the components, scaled by their eigenvalues."""
    _look(
        submission,
        "colour_shift_pca",
        "draws",
        "The colour of an image is 255 P (alpha lambda). P and lambda are the eigenvectors and "
        "eigenvalues of the covariance of all colours, from 0 to 1. Alpha is three draws per "
        "image, normal with deviation 0.1.",
    )


@check(
    points=4,
    exercise="colour_shift_pca",
    concept="the seed decides",
    after=test_colour_shift_pca_follows_the_components,
)
def test_colour_shift_pca_follows_its_seed(submission):
    """colour_shift_pca gives the same result for the same seed, and keeps its argument."""
    _look(submission, "colour_shift_pca", "seeds", SEEDS)


# Exercise 5 ------------------------------------------------------------------------------------


@check(points=3, exercise="augment_in_threads", concept="a dataset of the same kind")
def test_augment_in_threads_gives_a_dataset(submission):
    """augment_in_threads gives a dataset of the same batches, shapes and types."""
    _look(
        submission,
        "augment_in_threads",
        "kind",
        "The result is a tf.data.Dataset of pairs as in the input: as many batches, of the same "
        "sizes and types, with known shapes.",
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
        "Labels stay unchanged with their images, and the batches keep their order, whichever "
        "thread finishes first.",
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
        "Each function in ops gets the result of the one before it, and each is called once per "
        "batch.",
    )


@check(
    points=4,
    exercise="augment_in_threads",
    concept="a seed of its own for each call",
    after=test_augment_in_threads_calls_all_functions,
)
def test_augment_in_threads_gives_seeds(submission):
    """augment_in_threads gives each call its own seed, the same in every run."""
    _look(
        submission,
        "augment_in_threads",
        "seeds",
        "No two calls share a seed, not for two batches and not for two functions on one batch. "
        "A second run gives the same seeds: they follow from the number of the batch and the "
        "place of the function.",
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
        "Exactly `workers` batches are processed at the same time, and none before the dataset "
        "is run.",
    )
