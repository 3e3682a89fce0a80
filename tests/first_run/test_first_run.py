"""A new user's first run, without the installation and with few epochs; whole: make first-run."""

from importlib.util import find_spec

import pytest

from tests.first_run import play
from tests.sampling import STORY

pytestmark = STORY


@pytest.mark.skipif(not find_spec("jupytext"), reason="its last step needs requirements-grader.txt")
def test_a_new_user_succeeds(capsys):
    with capsys.disabled():
        play.play(whole=False)
