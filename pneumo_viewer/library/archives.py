"""ZIP archives of radiographs: unpacked into a folder of their own, never further.

Names that lead out of the folder are made harmless by :meth:`zipfile.ZipFile.extract`, links are
unpacked as the files that hold their targets, and no entry grows beyond the size that it declares.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

from detector.errors import DamagedFileError, FileAccessError, InputError, UnsupportedImageError
from detector.files import access_error
from pneumo_viewer.library.found import Folder, Listing, Refusal

_ENCRYPTED = 0x1
"""Bit 0 of the general purpose flags (APPNOTE.TXT, 4.4.4)."""
_LEFT_FREE_BYTES = 256 * 1024 * 1024


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its content; False where it cannot be read."""
    try:
        return zipfile.is_zipfile(path)
    except OSError:
        return False


def unpack(archive: Path, into: Path) -> Listing:
    """Unpack an archive into a new folder.

    Parameters
    ----------
    archive
        The file.
    into
        Where the folder is made.

    Returns
    -------
    Listing
        The folder, and a refusal for each entry that cannot be unpacked.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{archive.stem}-", dir=into))
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            size = sum(entry.file_size for entry in entries)
            if size > shutil.disk_usage(folder).free - _LEFT_FREE_BYTES:
                problem = f"unpacked it takes {size / 1e6:.0f} MB, for which there is no room"
                return _refused(archive, FileAccessError(str(archive), problem))
            refusals = [_extract(opened, entry, archive, folder) for entry in entries]
    except OSError as error:
        return _refused(archive, access_error(archive, error))
    except zipfile.BadZipFile as error:
        return _refused(archive, DamagedFileError(str(archive), str(error).lower()))
    status = folder.stat()
    return Listing(
        (),
        (Folder(folder, (status.st_dev, status.st_ino)),),
        tuple(refusal for refusal in refusals if refusal is not None),
    )


def _refused(archive: Path, error: InputError) -> Listing:
    return Listing((), (), (Refusal.of(archive, error),))


def _extract(
    opened: zipfile.ZipFile, entry: zipfile.ZipInfo, archive: Path, folder: Path
) -> Refusal | None:
    path = archive / entry.filename
    if entry.flag_bits & _ENCRYPTED:
        return Refusal.of(path, UnsupportedImageError(str(path), "it is encrypted"))
    try:
        opened.extract(entry, folder)
    except NotImplementedError as error:
        return Refusal.of(path, UnsupportedImageError(str(path), str(error).lower()))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return Refusal.of(path, DamagedFileError(str(path), str(error).lower() or "it breaks off"))
    return None
