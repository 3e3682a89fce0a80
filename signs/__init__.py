"""One command for all of this project: `signs`. Importing it finds the project's packages.

In a checkout they lie beside this folder; in an installed wheel inside it, so that no other
project's environment gets packages called `datasets` or `training`.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ROOT = str(_HERE if (_HERE / "datasets").is_dir() else _HERE.parent)
if _ROOT not in sys.path[:1]:
    sys.path.insert(0, _ROOT)
