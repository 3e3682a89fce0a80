"""All right answers to Residual Networks in other styles: (exercises, name) -> their text."""

from tests.judgement.residual_networks.block_styles import BLOCK_STYLES
from tests.judgement.residual_networks.network_styles import NETWORK_STYLES
from tests.judgement.residual_networks.whole_styles import STYLES as WHOLE

BLOCKS, NETWORK = ("identity_block", "convolutional_block"), ("ResNet50",)
# Those of the whole file are graded in test_check, on all exercises at once.
ELSEWHERE = {((*BLOCKS, *NETWORK), name): text for name, text in WHOLE.items()}
STYLES = {(BLOCKS, name): text for name, text in BLOCK_STYLES.items()}
STYLES |= {(NETWORK, name): text for name, text in NETWORK_STYLES.items()}
