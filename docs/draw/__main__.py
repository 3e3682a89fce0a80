"""Draw all figures, or check that the files are what would be drawn."""

from __future__ import annotations

import argparse

from docs.draw import FOLDER, drawn


def main() -> int:
    """The exit status: 1 if --check finds a file that differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    old = []
    for name, text in drawn():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            old.append(name)
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(f"{name}: {'differs' if check else 'drawn'}" for name in old) or "all the same")
    return int(check and bool(old))


if __name__ == "__main__":
    raise SystemExit(main())
