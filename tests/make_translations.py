"""Bring the translations up to date: collect the words of the window, compile their translations.

Run it after words were changed, translate what it lists as unfinished, and run it again::

    python tests/make_translations.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
TRANSLATIONS = ROOT / "resources" / "translations"
LANGUAGES = ("de",)


def collect(language: str, out: Path) -> None:
    """Write a TS file with all words of the window, keeping the translations that it has."""
    sources = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "pneumo_viewer").rglob("*.py"))
    _run(
        "lupdate",
        *("-tr-function-alias", "QT_TR_NOOP+=mark", "-locations", "none", "-no-obsolete"),
        *("-source-language", "en", "-target-language", language),
        *sources,
        "-ts",
        str(out),
    )


def unfinished(path: Path) -> list[str]:
    """The words of a TS file that have no translation."""
    return [
        message.findtext("source", "")
        for message in ElementTree.parse(path).iter("message")
        if not message.findtext("translation")
    ]


def main() -> None:
    """Update every language; end with what is left to translate."""
    left = []
    for language in LANGUAGES:
        path = TRANSLATIONS / f"pneumo_viewer_{language}.ts"
        collect(language, path)
        left += unfinished(path)
        _run("lrelease", "-silent", str(path), "-qm", str(path.with_suffix(".qm")))
    if left:
        raise SystemExit("Not translated:\n" + "\n".join(map(repr, left)))


def _run(tool: str, *arguments: str) -> None:
    program = Path(sys.executable).with_name(f"pyside6-{tool}")
    subprocess.run([program, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
