"""The misconceptions of data augmentation: names, what a learner reads, and what shows each.

What is drawn at random matches no wrong function's output. A check notes what is seen in place of
what must hold, see findings.py, and the bank has a name for it.
"""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen


def measured(code: str, *exercises: str) -> dict:
    """What shows a misconception: this finding, of the checks of these exercises or of any."""
    return {"code": code, "exercises": exercises}


ROWS = [
    Misconception(
        "size changed",
        "The result has another shape: the output has as many images as the input, of the same "
        "height, width and channels.",
        measured("size"),
    ),
    Misconception(
        "type changed",
        "The images were uint8 and are now another type: computing makes floats of them, and the "
        "last step must convert the result back to the type of the images.",
        measured("dtype"),
    ),
    Misconception(
        "a list of images",
        "The result is a list, not an array: a network and the next function need one array of all "
        "images. np.stack makes one of a list.",
        measured("list"),
    ),
    Misconception(
        "values scaled",
        "The pixels have become numbers from 0 to 1: here they stay from 0 to 255. A later step "
        "divides them, before the network.",
        measured("scaled"),
    ),
    Misconception(
        "not clipped",
        "Values below 0 or above 255 are not pixels: clip them to the range before you convert "
        "the result to uint8.",
        measured("range"),
    ),
    Misconception(
        "changed in place",
        "The function has changed the array that it got: an array is passed without a copy. Work "
        "on a copy, or the next epoch starts from distorted images.",
        measured("in place"),
    ),
    Misconception(
        "seed ignored",
        "The same seed gives another result in the next call: make a generator from the seed "
        "inside the function, and draw only from it.",
        measured("unseeded"),
    ),
    Misconception(
        "same draw in every call",
        "Every seed gives the same result: make the generator from the argument, not from a "
        "fixed number.",
        measured("same draw"),
    ),
    Misconception(
        "one draw for the batch",
        "All images of a batch are changed in the same way: draw one number per image.",
        measured("batch"),
    ),
    Misconception(
        "no change",
        "Nothing changes: the images come back as they were.",
        measured("never", "mirror", "random_crop", "colour_shift_pca"),
    ),
    Misconception(
        "rows for columns",
        "The images are upside down: axis 1 is the height. Reverse axis 2, the width.",
        measured("rows"),
    ),
    Misconception(
        "both axes reversed",
        "Rows and columns are both reversed, which is half a turn: a mirror on the vertical axis "
        "reverses only the columns.",
        measured("both"),
    ),
    Misconception(
        "channels reversed",
        "Red and blue are interchanged: the last axis is the channels, and the width is the axis "
        "before it.",
        measured("channels", "mirror"),
    ),
    Misconception(
        "images reordered",
        "The images have another order in the batch, so the labels do not belong to them any "
        "more: axis 0 counts the images and stays as it is.",
        measured("order", "mirror"),
    ),
    Misconception(
        "not a mirror",
        "The result is not the image and not its mirror: only whole columns change places, and "
        "no pixel changes its value.",
        measured("other", "mirror"),
    ),
    Misconception(
        "always mirrored",
        "Every image is mirrored, so the network never sees an original image. Mirror each image "
        "with probability 1/2.",
        measured("always"),
    ),
    Misconception(
        "not half of them",
        "The share of mirrored images is far from one half: mirror each image with probability "
        "1/2.",
        measured("share"),
    ),
    Misconception(
        "drawn by place",
        "Two seeds mirror exactly the same images: which images are mirrored follows from their "
        "places in the batch. Draw one number per image from the generator.",
        measured("pattern"),
    ),
    Misconception(
        "exactly half of them",
        "Every call mirrors the same number of images: then the draws are not independent. Draw "
        "one number per image, and compare it with 1/2.",
        measured("exactly half"),
    ),
    Misconception(
        "black margin",
        "What lies outside the image has one colour, such as black: pixels beyond the border "
        "repeat the edge, so the network cannot learn from a frame.",
        measured("black"),
    ),
    Misconception(
        "reflected margin",
        "The margin is a mirror of the image: in this exercise it repeats the edge, mode edge of "
        "np.pad.",
        measured("mirrored"),
        measured("doubled"),
    ),
    Misconception(
        "rolled round",
        "Pixels that leave the image on one side come back on the other: pad and cut the image, "
        "do not roll it.",
        measured("rolled"),
    ),
    Misconception(
        "another margin",
        "The window goes beyond the margin: it is an eighth of the height above and below, and "
        "an eighth of the width left and right.",
        measured("margin"),
    ),
    Misconception(
        "another margin",
        "The places are too few on both sides. The margin is an eighth of the height above and "
        "below, and an eighth of the width left and right: here one of them is smaller.",
        measured("narrow margin"),
    ),
    Misconception(
        "not a window",
        "The result is not a window of its own padded image: the window has the size of the "
        "image, and its pixels do not change.",
        measured("other", "random_crop"),
    ),
    Misconception(
        "one direction only",
        "The images move in one direction only: draw a number for each direction, down and across.",
        measured("one direction"),
    ),
    Misconception(
        "one direction only",
        "In one direction all images of a batch move by the same number of pixels: draw a number "
        "for each image, down and across.",
        measured("one for all"),
    ),
    Misconception(
        "one draw for both directions",
        "The images move along a diagonal: draw one number for down and another for across.",
        measured("tied"),
    ),
    Misconception(
        "first or last place left out",
        "The window is never at the first or the last place. With a margin of m on both sides "
        "there are 2 m + 1 places, and `integers` excludes its upper bound.",
        measured("ends"),
    ),
    Misconception(
        "places not equally likely",
        "Some places are far more frequent than others: draw them uniformly.",
        measured("uneven"),
    ),
    Misconception(
        "strength ignored",
        "The images change even if all strengths are 0: each of degrees, shear and warp must "
        "scale its own draw, and nothing else may move a pixel.",
        measured("zero"),
    ),
    Misconception(
        "degrees as radians",
        "The angles are far too large: sine and cosine take radians, and the argument is in "
        "degrees.",
        measured("radians"),
    ),
    Misconception(
        "distorted",
        "Lengths or angles change, but should not: look at the signs and the places of sine and "
        "cosine. x goes along the width and y along the height.",
        measured("distorted"),
    ),
    Misconception(
        "about the corner",
        "The images turn or slide about a corner: measure x and y from the middle, and add the "
        "middle again at the end.",
        measured("corner"),
    ),
    Misconception(
        "to one side only",
        "All images move to the same side: draw between minus and plus the strength.",
        measured("one side"),
    ),
    Misconception(
        "too strong",
        "The change is larger than its strength allows: draw between minus and plus the "
        "strength, and use the draw once.",
        measured("far"),
    ),
    Misconception(
        "too weak",
        "The change stays far below its strength: draw uniformly between minus and plus the "
        "strength.",
        measured("narrow"),
    ),
    Misconception(
        "draws not uniform",
        "Most draws are near 0, and a few are large, as of a normal distribution: draw uniformly "
        "between minus and plus the strength.",
        measured("not uniform"),
    ),
    Misconception(
        "draws not uniform",
        "Some strengths are far more frequent than others: draw uniformly between minus and plus "
        "the strength.",
        measured("uneven draws"),
    ),
    Misconception(
        "a draw of two values",
        "Each change has its full strength, to one side or to the other: draw uniformly between "
        "minus and plus the strength.",
        measured("two values"),
    ),
    Misconception(
        "edge not repeated",
        "Places outside the image must take the pixel at its edge: clip the places to the image "
        "first.",
        measured("outside"),
    ),
    Misconception(
        "sheared downwards",
        "Columns slide up and down: rows must slide sideways, so x changes by shear times y.",
        measured("vertical"),
    ),
    Misconception(
        "noise for a warp",
        "Neighbouring pixels move far apart, so the image is destroyed: draw a coarse grid and "
        "interpolate it smoothly.",
        measured("rough"),
    ),
    Misconception(
        "shifted, not warped",
        "The whole image moves by the same step: a local warp has different steps at different "
        "places.",
        measured("constant"),
    ),
    Misconception(
        "a change left out",
        "Rotation, shearing or warping does nothing: the places must go through all three.",
        measured("never", "rotate_shear_warp"),
    ),
    Misconception(
        "wrapped by uint8",
        "Bright pixels have become dark: in uint8, 0 follows 255. Add in floats, clip to 0 to "
        "255, and convert to uint8 last.",
        measured("wrapped"),
    ),
    Misconception(
        "border of the range",
        "Black and white pixels do not reach 0 and 255: clip to the whole range, 0 to 255.",
        measured("clipped early"),
    ),
    Misconception(
        "cut, not rounded",
        "The values are cut to whole numbers, so images become darker: round them before you "
        "convert them to uint8, with np.rint.",
        measured("truncated"),
    ),
    Misconception(
        "multiplied, not added",
        "The shift depends on the value of the pixel, as if colours were multiplied: add the "
        "same to dark and bright pixels.",
        measured("factor"),
    ),
    Misconception(
        "a draw for each pixel",
        "Pixels of one image get different colours, which is noise and not another light: draw "
        "three numbers per image.",
        measured("pixels"),
    ),
    Misconception(
        "brightness only",
        "Red, green and blue get the same number, which changes only the brightness.",
        measured("grey"),
    ),
    Misconception(
        "one number for three axes",
        "All three axes use the same alpha: draw three numbers per image.",
        measured("one alpha"),
    ),
    Misconception(
        "size of the shift",
        "The direction is right, but the size is not. Alpha is normal with deviation 0.1, the "
        "eigenvalues are those of colours from 0 to 1, and the result is multiplied by 255.",
        measured("another size"),
    ),
    Misconception(
        "roots of the eigenvalues",
        "The shift grows with the root of each eigenvalue: the paper takes the eigenvalue itself.",
        measured("roots"),
    ),
    Misconception(
        "alphas not normal",
        "The size of the shift is right, but none is large: alpha is drawn from a normal "
        "distribution with deviation 0.1, not uniformly.",
        measured("not normal"),
    ),
    Misconception(
        "eigenvalues forgotten",
        "All directions are equally likely: multiply each alpha by the eigenvalue of its axis.",
        measured("no eigenvalues"),
    ),
    Misconception(
        "channels drawn apart",
        "Red, green and blue are shifted independently: shift colours that change together in "
        "the photographs together, along the eigenvectors.",
        measured("channels", "colour_shift_pca"),
    ),
    Misconception(
        "eigenvectors as rows",
        "The matrix of eigenvectors is transposed: its columns are the eigenvectors, and P "
        "(alpha lambda) is a weighted sum of the columns.",
        measured("transposed"),
    ),
    Misconception(
        "eigenvalues in another order",
        "The eigenvalues belong to other eigenvectors: eigh sorts both in the same order. If you "
        "reverse one, reverse the other too.",
        measured("backwards", "colour_shift_pca"),
    ),
    Misconception(
        "correlation for covariance",
        "The components are those of the correlation: use the covariance, which also depends on "
        "how much each channel varies.",
        measured("correlation"),
    ),
    Misconception(
        "mean not removed",
        "The matrix is computed without subtracting the mean colour: a covariance is about the "
        "mean.",
        measured("not centred"),
    ),
    Misconception(
        "axes of each image",
        "Each image is shifted along the axes of its own colours: use the covariance of all "
        "pixels of all images together.",
        measured("own axes"),
    ),
    Misconception(
        "batches cut anew",
        "The batches have other sizes: each batch of the input gives one batch of the output.",
        measured("rebatched"),
    ),
    Misconception(
        "images dropped",
        "Images are missing at the end: the last batch may be smaller, and it belongs to the "
        "data too.",
        measured("dropped"),
    ),
    Misconception(
        "shape lost",
        "The shape of the images is unknown: a graph cannot see it after a Python function. Set "
        "it to the shape of the input.",
        measured("shape lost"),
    ),
    Misconception(
        "not a dataset of pairs",
        "The result is not a tf.data.Dataset of pairs, images and labels, so fit cannot train on "
        "it.",
        measured("not a dataset"),
    ),
    Misconception(
        "tensors, not arrays",
        "A function for arrays was called on the tensors of a graph, which have no values yet: "
        "use tf.numpy_function, which calls it when the graph runs.",
        measured("symbolic"),
    ),
    Misconception(
        "labels lost",
        "The labels do not belong to their images any more: pass them through the map unchanged, "
        "together with the images.",
        measured("labels"),
    ),
    Misconception(
        "order lost",
        "Batches come in the order in which threads finish them: keep the map deterministic, so "
        "the order stays.",
        measured("order", "augment_in_threads"),
    ),
    Misconception(
        "functions not called",
        "The images come back unchanged: use what each function returns.",
        measured("no ops"),
    ),
    Misconception(
        "some functions only",
        "Not all functions in ops have changed the images: each takes the result of the one "
        "before it.",
        measured("first only"),
    ),
    Misconception(
        "functions out of order",
        "The functions were called more than once, or not in the order of ops.",
        measured("backwards", "augment_in_threads"),
        measured("other ops"),
    ),
    Misconception(
        "one seed for all",
        "Every call got the same seed, so all batches are changed in the same way: number the "
        "batches, and make the seeds from the numbers.",
        measured("same seed"),
    ),
    Misconception(
        "one seed for all functions",
        "Functions on one batch share a seed: the draw that mirrors an image then also chooses "
        "its crop. The place of the function in ops must change the seed too.",
        measured("shared"),
    ),
    Misconception(
        "a seed used again",
        "Two calls have the same seed: batch number + place of the function gives the same sum "
        "again for the next batch. Multiply the batch number by the number of functions first.",
        measured("again"),
    ),
    Misconception(
        "one after another",
        "Only one batch is processed at a time: map works on several at once if it gets "
        "num_parallel_calls.",
        measured("serial"),
    ),
    Misconception(
        "number of threads",
        "Fewer batches than `workers` are processed at once: pass the argument as "
        "num_parallel_calls, not a smaller number.",
        measured("too few"),
    ),
    Misconception(
        "number of threads",
        "More batches than `workers` are processed at once: pass the argument as "
        "num_parallel_calls, not a larger number and not AUTOTUNE, which ignores it.",
        measured("too many"),
    ),
    Misconception(
        "batches repeated",
        "Each batch comes more than once: the result has as many batches as the input. The caller "
        "decides about epochs, so remove `repeat`.",
        measured("repeated"),
    ),
    Misconception(
        "worked ahead of time",
        "The functions ran before the dataset did: then all batches are in memory at once, and "
        "no work is left for the time in which the device trains.",
        measured("eager"),
    ),
]


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """By the code that the failed check has noted, or by the trouble of a dataset."""
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
