"""The misconceptions of data augmentation: names, what a learner reads, and what shows each.

What is drawn at random matches no wrong function's output. A check notes what is seen in place of
what must hold, see findings.py, and the bank has a name for it.
"""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen


def found(code: str, *exercises: str) -> dict:
    """What shows a misconception: this finding, of the checks of these exercises or of any."""
    return {"code": code, "exercises": exercises}


ROWS = [
    Misconception(
        "size changed",
        "The result has another shape: a batch of images goes in, and as many of the same "
        "height, width and channels come out.",
        found("size"),
    ),
    Misconception(
        "type changed",
        "The images came as uint8 and go as another type: computing makes floats of them, and "
        "the last step turns the result into the type of the images again.",
        found("dtype"),
    ),
    Misconception(
        "values scaled",
        "The pixels have become numbers from 0 to 1: here they stay from 0 to 255; dividing is "
        "left to the step before the network.",
        found("scaled"),
    ),
    Misconception(
        "not clipped",
        "Values below 0 or above 255 are no pixels: clip them to the range before the result "
        "becomes uint8.",
        found("range"),
    ),
    Misconception(
        "changed in place",
        "The array that was given has been changed: an array is passed on, not copied. Work on a "
        "copy, or the next epoch starts from distorted images.",
        found("in place"),
    ),
    Misconception(
        "seed ignored",
        "The same seed gives another result in the next call: make a generator from the seed "
        "inside of the function and draw from nothing else.",
        found("unseeded"),
    ),
    Misconception(
        "same draw in every call",
        "Every seed gives the same result: the generator must be made from the argument, not "
        "from a number that stands in the code.",
        found("same draw"),
    ),
    Misconception(
        "one draw for the batch",
        "All images of a batch are changed alike: draw once for each image, so as many numbers "
        "as there are images.",
        found("batch"),
    ),
    Misconception(
        "no change",
        "Nothing is changed: the images come back as they were.",
        found("never", "mirror", "random_crop", "colour_shift_pca"),
    ),
    Misconception(
        "rows for columns",
        "The images stand on their heads: axis 1 is the height, and axis 2, the width, is the "
        "one to read backwards.",
        found("rows"),
    ),
    Misconception(
        "both axes reversed",
        "Rows and columns are both reversed, which is half a turn: a mirror on the vertical axis "
        "reverses the columns alone.",
        found("both"),
    ),
    Misconception(
        "channels reversed",
        "Red and blue have changed places: the last axis holds the channels, and the width is "
        "the one before it.",
        found("channels", "mirror"),
    ),
    Misconception(
        "images reordered",
        "The images have changed places within the batch, so that labels no longer belong to "
        "them: axis 0 counts the images and stays as it is.",
        found("order", "mirror"),
    ),
    Misconception(
        "not a mirror",
        "What came back is neither the image nor its mirror: whole columns change places, and no "
        "pixel changes its value.",
        found("other", "mirror"),
    ),
    Misconception(
        "always mirrored",
        "Every image is mirrored: then the network never sees one as it was. Each is mirrored "
        "with probability 1/2.",
        found("always"),
    ),
    Misconception(
        "not half of them",
        "The share of mirrored images is far from one half: the draw is below 1/2 as often as "
        "above.",
        found("share"),
    ),
    Misconception(
        "black margin",
        "Zeros have come in from outside: what lies beyond the border repeats the edge, so that "
        "no black frame becomes a feature.",
        found("black"),
    ),
    Misconception(
        "reflected margin",
        "The margin is a mirror of the image: here it repeats the edge, mode edge of np.pad.",
        found("mirrored"),
        found("doubled"),
    ),
    Misconception(
        "rolled round",
        "What leaves the image on one side comes in on the other: pad it and cut, rather than "
        "roll it.",
        found("rolled"),
    ),
    Misconception(
        "another margin",
        "The window lies outside of the margin that is asked for: an eighth of the height above "
        "and below, an eighth of the width left and right.",
        found("margin"),
    ),
    Misconception(
        "not a window",
        "The result is no window of its own padded image: the window has the size of the image, "
        "and its pixels are taken as they are.",
        found("other", "random_crop"),
    ),
    Misconception(
        "one direction only",
        "Only one of two directions is drawn: an image moves down and across.",
        found("one direction"),
    ),
    Misconception(
        "one draw for both directions",
        "Down and across move together, along a diagonal: draw a number for each of them.",
        found("tied"),
    ),
    Misconception(
        "first or last place left out",
        "The window never lies at an end: with a margin of m on both sides there are 2 m + 1 "
        "places, and `integers` leaves its upper bound out.",
        found("ends"),
    ),
    Misconception(
        "places not equally likely",
        "Some places come far more often than others: draw them uniformly.",
        found("uneven"),
    ),
    Misconception(
        "strength ignored",
        "With all strengths at 0 the images still change: each of degrees, shear and warp must "
        "scale its own draw, and nothing else may move a pixel.",
        found("zero"),
    ),
    Misconception(
        "degrees as radians",
        "The angles are far too large: sine and cosine take radians, and the argument is in "
        "degrees.",
        found("radians"),
    ),
    Misconception(
        "distorted",
        "Lengths or angles change that should not: look at the signs and the places of sine and "
        "cosine, and count x along the width and y along the height.",
        found("distorted"),
    ),
    Misconception(
        "about the corner",
        "The images turn or slide about a corner: count x and y from the middle, and add it "
        "again at the end.",
        found("corner"),
    ),
    Misconception(
        "to one side only",
        "All images move to the same side: the draw lies between minus and plus the strength.",
        found("one side"),
    ),
    Misconception(
        "too strong",
        "The change is larger than its strength allows: the draw lies between minus and plus the "
        "strength, and is used once.",
        found("far"),
    ),
    Misconception(
        "too weak",
        "The change stays far below its strength: the draw is uniform up to it, on both sides.",
        found("narrow"),
    ),
    Misconception(
        "edge not repeated",
        "Places outside of the image are not looked up at its edge: clip them to the image first.",
        found("outside"),
    ),
    Misconception(
        "sheared downwards",
        "Columns slide up and down: here rows slide sideways, x changes by shear times y.",
        found("vertical"),
    ),
    Misconception(
        "noise for a warp",
        "Neighbouring pixels move far apart, so that the image dissolves: draw a coarse grid and "
        "spread it smoothly.",
        found("rough"),
    ),
    Misconception(
        "shifted, not warped",
        "The whole image moves by one step: a local warp needs several steps, at different places.",
        found("constant"),
    ),
    Misconception(
        "a change left out",
        "One of rotation, shearing and warping does nothing: the places must go through all three.",
        found("never", "rotate_shear_warp"),
    ),
    Misconception(
        "wrapped by uint8",
        "Bright pixels have become dark: uint8 counts from 255 on to 0. Add in floats, clip to 0 "
        "to 255, and cast last.",
        found("wrapped"),
    ),
    Misconception(
        "border of the range",
        "Black and white pixels end elsewhere than at 0 and 255: the range to keep is the whole "
        "one.",
        found("clipped early"),
    ),
    Misconception(
        "multiplied, not added",
        "What is added depends on the pixel's value, as when colours are multiplied: the shift "
        "is a sum, the same for dark and bright pixels.",
        found("factor"),
    ),
    Misconception(
        "a draw for each pixel",
        "Pixels of one image get different colours, which is noise and no light: draw three "
        "numbers an image.",
        found("pixels"),
    ),
    Misconception(
        "brightness only",
        "Red, green and blue get the same number, which changes brightness alone.",
        found("grey"),
    ),
    Misconception(
        "one number for three axes",
        "One alpha is used for all three axes: draw three numbers for each image.",
        found("one alpha"),
    ),
    Misconception(
        "size of the shift",
        "The direction is right and the size is not: alpha is normal with deviation 0.1, "
        "eigenvalues belong to colours from 0 to 1, and the result counts 255 times.",
        found("another size"),
    ),
    Misconception(
        "roots of the eigenvalues",
        "The shift grows with the root of each eigenvalue: the paper takes the eigenvalue itself.",
        found("roots"),
    ),
    Misconception(
        "eigenvalues forgotten",
        "All directions are equally likely: each alpha is multiplied by the eigenvalue of its "
        "axis.",
        found("no eigenvalues"),
    ),
    Misconception(
        "channels drawn apart",
        "Red, green and blue are shifted independently: colours that change together in the "
        "photographs are to be shifted together, along the eigenvectors.",
        found("channels", "colour_shift_pca"),
    ),
    Misconception(
        "eigenvectors as rows",
        "The matrix of eigenvectors is used the wrong way round: its columns are the "
        "eigenvectors, and P (alpha lambda) weighs the columns.",
        found("transposed"),
    ),
    Misconception(
        "eigenvalues in another order",
        "The eigenvalues stand beside the wrong eigenvectors: eigh sorts both in the same order, "
        "and whoever reverses one must reverse the other.",
        found("backwards", "colour_shift_pca"),
    ),
    Misconception(
        "correlation for covariance",
        "The components are those of the correlation: the covariance also knows how much each "
        "channel varies.",
        found("correlation"),
    ),
    Misconception(
        "mean not removed",
        "The matrix holds the colours' squares without their mean taken away: a covariance is "
        "about the mean.",
        found("not centred"),
    ),
    Misconception(
        "axes of each image",
        "Each image is shifted along the axes of its own colours: the covariance is that of all "
        "pixels of all images together.",
        found("own axes"),
    ),
    Misconception(
        "batches cut anew",
        "The batches have other sizes: one element goes in and one comes out.",
        found("rebatched"),
    ),
    Misconception(
        "images dropped",
        "Images are missing at the end: the last batch may be smaller and belongs to the data too.",
        found("dropped"),
    ),
    Misconception(
        "shape lost",
        "The shape of the images is unknown: a Python function tells a graph nothing of it. Set "
        "it to the shape that went in.",
        found("shape lost"),
    ),
    Misconception(
        "not a dataset of pairs",
        "The result is no tf.data.Dataset of pairs, images and labels, on which fit could train.",
        found("not a dataset"),
    ),
    Misconception(
        "tensors, not arrays",
        "A function for arrays was called on the tensors of a graph, which have no values yet: "
        "tf.numpy_function calls it when the graph runs.",
        found("symbolic"),
    ),
    Misconception(
        "labels lost",
        "The labels no longer belong to their images: they pass through the map unchanged, "
        "beside the images.",
        found("labels"),
    ),
    Misconception(
        "order lost",
        "Batches come as threads finish them: keep the map deterministic, so that the order stays.",
        found("order", "augment_in_threads"),
    ),
    Misconception(
        "functions not called",
        "The images come back unchanged: what a function returns must be handed on.",
        found("no ops"),
    ),
    Misconception(
        "some functions only",
        "Not all functions in ops have changed the images: each takes what the one before it "
        "returned.",
        found("first only"),
    ),
    Misconception(
        "functions out of order",
        "The functions were called in another order than that of ops, or more than once.",
        found("backwards", "augment_in_threads"),
        found("other ops"),
    ),
    Misconception(
        "one seed for all",
        "Every call got the same seed, so that all batches are changed alike: number the "
        "batches, and make the seeds from the number.",
        found("same seed"),
    ),
    Misconception(
        "one seed for all functions",
        "Functions on one batch share a seed: the draw that mirrors an image then also chooses "
        "its place. The place of the function must count too.",
        found("shared"),
    ),
    Misconception(
        "a seed used again",
        "Two calls have one seed: number + place meets itself one batch later, number times the "
        "count of functions + place does not.",
        found("again"),
    ),
    Misconception(
        "one after another",
        "Only one batch is worked on at a time: map calls several at once where it is given "
        "num_parallel_calls.",
        found("serial"),
    ),
    Misconception(
        "number of threads",
        "The number of calls at once is not that of the workers: pass the argument on, and no "
        "number of your own and no AUTOTUNE.",
        found("too few"),
        found("too many"),
    ),
    Misconception(
        "worked ahead of time",
        "The functions ran before the dataset did: all batches then lie in memory at once, and "
        "nothing is left to do while the device trains.",
        found("eager"),
    ),
]


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """By what the check that failed has found, or by the trouble of a dataset."""
    code = _of_trouble(exercise, seen.trouble) if seen.trouble else seen.notes[exercise]
    for row in ROWS:
        for finding in row.wrong_answers:
            if finding["code"] == code and exercise in (finding["exercises"] or [exercise]):
                return row
    return None


def _of_trouble(exercise: str, trouble: dict) -> str | None:
    if exercise != "augment_in_threads":
        return None
    if trouble.get("kind") == "not_dataset":
        return "not a dataset"
    text = str(trouble.get("text"))
    return "symbolic" if any(word in text for word in ("ymbolic", "NumPy", "numpy()")) else None
