"""Files that travel with the program: demo studies, default weights, translations."""

from pathlib import Path

_FOLDER = Path(__file__).parent

DEMO_STUDIES = _FOLDER / "demo"
DEFAULT_WEIGHTS = _FOLDER / "weights" / "compact.safetensors"
CHEST_MODEL = _FOLDER / "chest_model.npz"
ICONS = _FOLDER / "icons"
TRANSLATIONS = _FOLDER / "translations"
