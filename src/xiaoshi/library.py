"""The library of whole notes on disk: what a burnt piece is compared with.

    DIR/references/CNY-5-2005-100-front/reference.json     who it is, its size, the picture's file and digest
                                        image-1f2e3d4c.png the face, normalised

A bank enrols scans of notes it has in its hand; nothing of a real note ships with the program. Pictures are brought to
LIBRARY_PX_PER_MM = 10: a 12-megapixel photo of an A3 mat shows 8 to 9.5 px/mm, so features are found at the same
scale in both, and finer scans would cost memory and time for detail that no tray photo has (a face of 155 x 77 mm is
3.6 MB at 10 px/mm, 14 MB at 20). Scaling to the stated size also takes out a slight stretch of the scan.

Enrolling is atomic: the new picture is written beside the old one, then `reference.json` is replaced in one step, so
a reader sees the old face or the new one and a cut never leaves half a note.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import quote

import cv2
import numpy as np

from xiaoshi.core.notes import specimen
from xiaoshi.core.notes.conflicts import library_conflicts
from xiaoshi.core.notes.reference import Picture, Reference, Side
from xiaoshi.core.problems import Problem, Words
from xiaoshi.library_scan import REFUSALS, fit_problems, named_problems, read_scan, size_problems
from xiaoshi.library_zones import find_zones, read_zones, zones_json, zones_of

__all__ = [
    "Enrolment",
    "Reference",
    "default_library_dir",
    "enrol",
    "font_bytes",
    "font_path",
    "library_face",
    "load_library",
    "make_specimen_library",
    "specimen_reprint",
    "store",
]

LIBRARY_PX_PER_MM = 10.0
_FORM = 1


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of one enrolment: the face (None when refused), where it is, whether it took another's place."""

    reference: Reference | None
    folder: Path | None
    replaced: bool
    problems: tuple[Problem, ...]


def default_library_dir(environment: Mapping[str, str] | None = None) -> Path:
    """`$XIAOSHI_HOME/library`, with the home chosen as everywhere."""
    from xiaoshi.house.home import default_home

    return default_home(dict(os.environ if environment is None else environment)) / "library"


def font_path() -> Path:
    """Noto Sans CJK as the package on PyPI brings it; FileNotFoundError when the environment lacks it."""
    found = importlib.util.find_spec("noto_cjk_sans_otc")
    if found is None or found.origin is None:
        raise FileNotFoundError("package noto-cjk-sans-otc")
    return next(iter(sorted(Path(found.origin).parent.glob("*.ttc"))))


def font_bytes() -> bytes:
    """The font for words on mats and specimen notes."""
    return font_path().read_bytes()


def enrol(
    library: Path,
    image: Path,
    *,
    issuer: str,
    series: str,
    edition: str,
    denomination: int | float,
    side: str,
    width_mm: float,
    height_mm: float,
    zones: Path | Literal["find"] | None = None,
) -> Enrolment:
    """Check a scan and make it the reference of this face; a face enrolled before is replaced.

    Refused: a file that is no whole picture, a side other than front or back, sizes outside 20 to 400 mm, a picture
    whose proportions are more than 15 % from the stated size, an empty face. Kept with a warning: more than 3 % from
    the size, under 5 px/mm. `zones`: a file that says where numbers and features stand (see `library_zones`), refused where
    it is wrong; "find" looks for the number in the picture and warns where there is none.
    """
    problems = named_problems(issuer, series, edition, denomination, side)
    problems += size_problems(width_mm, height_mm)
    picture, unread = read_scan(image)
    problems += unread
    if picture is None or problems:
        return Enrolment(None, None, False, tuple(problems))
    problems = fit_problems(picture, width_mm, height_mm, str(image))
    if any(p.code in REFUSALS for p in problems):
        return Enrolment(None, None, False, tuple(problems))
    stated, wrong = read_zones(zones, width_mm, height_mm) if isinstance(zones, Path) else ((), [])
    if wrong:
        return Enrolment(None, None, False, tuple(wrong))
    face = Reference(
        issuer, series, edition, _plain(denomination), cast(Side, side), width_mm, height_mm, picture, stated
    )
    if zones == "find":
        found, unfound = find_zones(_normalised(face))
        problems += unfound
        face = replace(face, zones=found)
    try:
        folder, replaced = store(library, face)
    except OSError as error:
        return Enrolment(None, None, False, (_unwritable(library, error),))
    if replaced:
        problems.append(
            Problem(
                "reference_replaced",
                Words(
                    "该票样已录入过，现已用新图替换",
                    "this face was enrolled before; the new picture took its place",
                ),
                str(folder),
            )
        )
    known, _ = load_library(library)
    problems += library_conflicts(known, new=face)
    return Enrolment(_normalised(face), folder, replaced, tuple(problems))


def store(library: Path, reference: Reference) -> tuple[Path, bool]:
    """Write one face, normalised; returns its folder and whether it replaced one. OSError when it cannot."""
    face = _normalised(reference)
    folder = library / "references" / _folder_name(face.key)
    folder.mkdir(parents=True, exist_ok=True)
    ok, coded = cv2.imencode(".png", face.image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert ok, "a BGR picture always has a PNG"
    data = coded.tobytes()
    digest = hashlib.sha256(data).hexdigest()
    name = f"image-{digest[:12]}.png"
    record = {
        "form": _FORM,
        **face.identity_json(),
        "width_mm": face.width_mm,
        "height_mm": face.height_mm,
        "px_per_mm": LIBRARY_PX_PER_MM,
        "image": name,
        "image_sha256": digest,
        "zones": zones_json(face.zones),
    }
    replaced = (folder / "reference.json").exists()
    _write(folder / name, data)
    _write(folder / "reference.json", (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode())
    for old in folder.glob("image-*.png"):
        if old.name != name:
            old.unlink(missing_ok=True)
    return folder, replaced


def _folder_name(key: tuple[str, ...]) -> str:
    """The key, readable; where its escapes are longer than file systems take, its beginning and a digest."""
    name = "-".join(quote(part, safe="").replace("-", "%2D") for part in key)
    if len(name) <= 200:
        return name
    return f"{name[:120]}-{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def load_library(library: Path) -> tuple[tuple[Reference, ...], tuple[Problem, ...]]:
    """All faces in order of their names. A face that cannot be read is left out with a problem that says which."""
    references: list[Reference] = []
    problems: list[Problem] = []
    for record in sorted((library / "references").glob("*/reference.json")):
        try:
            references.append(_load(record))
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(
                Problem(
                    "reference_damaged",
                    Words(
                        f"票样损坏，已跳过（{error}）；请重新录入这一面",
                        f"this reference is damaged and was left out ({error}); enrol the face again",
                    ),
                    str(record.parent),
                )
            )
    if not references:
        problems.append(
            Problem(
                "library_empty",
                Words(
                    "票样库是空的：请用 xiaoshi notes enrol 录入票样，或用 xiaoshi notes specimen 生成样张库",
                    "the library is empty: enrol notes with `xiaoshi notes enrol`, or make the specimen library with"
                    " `xiaoshi notes specimen`",
                ),
                str(library),
            )
        )
    return tuple(sorted(references, key=lambda r: r.key)), tuple(problems)


def make_specimen_library(library: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Draw every face of the specimen currency into the library; returns how many. About six seconds on one core."""
    font = font_bytes()
    faces = specimen.faces()
    for index, (denomination, edition, side) in enumerate(faces):
        image = library_face(denomination, edition, side, font)
        width_mm, height_mm = specimen.SIZE_MM[denomination]
        store(
            library,
            Reference(
                specimen.ISSUER,
                specimen.SERIES,
                edition,
                denomination,
                side,
                width_mm,
                height_mm,
                image,
                specimen.zones(denomination, side),
            ),
        )
        if progress is not None:
            progress(index + 1, len(faces))
    return len(faces)


def specimen_reprint(font: bytes) -> Callable[[Reference, int], tuple[Picture, str] | None]:
    """For `TrayOptions.reprint`: gives a specimen note a serial number of its own, and leaves any other face alone.

    A face counts as the specimen's only if it is that drawing to the last pixel: a bank may enrol a scan of its own
    under the same name.
    """
    genuine: dict[tuple[str, ...], bool] = {}

    def reprint(reference: Reference, seed: int) -> tuple[Picture, str] | None:
        denomination, edition, side = int(reference.denomination), reference.edition, reference.side
        named = (reference.issuer, reference.series) == (specimen.ISSUER, specimen.SERIES)
        if not named or (reference.denomination, edition, side) not in specimen.faces():
            return None
        if reference.key not in genuine:
            drawn = library_face(denomination, edition, side, font)
            genuine[reference.key] = np.array_equal(drawn, reference.image)
        if not genuine[reference.key]:
            return None
        serial = specimen.serial_number(seed)
        return _specimen_face(denomination, edition, side, serial, font), serial

    return reprint


def library_face(denomination: int, edition: str, side: Side, font: bytes) -> Picture:
    """The face as the specimen library holds it, with the library's own number."""
    return _specimen_face(denomination, edition, side, _library_serial(denomination, edition), font)


def _library_serial(denomination: int, edition: str) -> str:
    return specimen.serial_number(denomination * 10_000 + int(edition))


def _specimen_face(denomination: int, edition: str, side: Side, serial: str, font: bytes) -> Picture:
    return specimen.draw_specimen(
        denomination, edition, side, px_per_mm=LIBRARY_PX_PER_MM, serial=serial, font=font
    )


def _plain(denomination: int | float) -> int | float:
    return int(denomination) if float(denomination).is_integer() else float(denomination)


def _normalised(reference: Reference) -> Reference:
    size = (round(reference.width_mm * LIBRARY_PX_PER_MM), round(reference.height_mm * LIBRARY_PX_PER_MM))
    image = reference.image
    if image.shape[1::-1] != size:
        finer = image.shape[1] > size[0]
        image = np.asarray(
            cv2.resize(image, size, interpolation=cv2.INTER_AREA if finer else cv2.INTER_CUBIC), np.uint8
        )
    return Reference(
        *reference.key[:3],
        reference.denomination,
        reference.side,
        reference.width_mm,
        reference.height_mm,
        image,
        reference.zones,
    )


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _load(record: Path) -> Reference:
    stated: dict[str, Any] = json.loads(record.read_bytes())
    if stated["side"] not in get_args(Side):
        raise ValueError(f"side {stated['side']!r}")
    path = record.parent / Path(str(stated["image"])).name
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != stated["image_sha256"]:
        raise ValueError(f"{path.name}: sha256")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(path.name)
    denomination, width, height = (
        stated["denomination"],
        float(stated["width_mm"]),
        float(stated["height_mm"]),
    )
    if not isinstance(denomination, int | float) or denomination <= 0 or width <= 0 or height <= 0:
        raise ValueError("denomination, width_mm, height_mm")
    return Reference(
        str(stated["issuer"]),
        str(stated["series"]),
        str(stated["edition"]),
        denomination,
        cast(Side, stated["side"]),
        width,
        height,
        np.asarray(image, np.uint8),
        zones_of(stated.get("zones", []), width, height),
    )


def _unwritable(library: Path, error: OSError) -> Problem:
    reason = error.strerror or str(error)
    return Problem(
        "library_unwritable",
        Words(
            f"无法写入票样库（{reason}）；请检查权限和磁盘空间，或用 --library 指定另一个目录",
            f"the library cannot be written ({reason}); check permission and disk space, or name another folder with"
            " --library",
        ),
        str(library),
    )
