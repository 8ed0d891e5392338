"""Files that a form sends: received, looked at, kept; and those that an earlier try left here."""

import mimetypes
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePath

from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse import tokens
from hfcourse.files import file_store, media_types
from hfcourse.files.file_store import KeptFile, NotKept
from hfcourse.spaces.schema.field_errors import MISSING, Wrong
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.file_values import MOST_FILES, Part
from hfcourse.text.typography import french

CELL = re.compile(r"(.*)-(\d{1,3})-(\d{1,3})", re.ASCII | re.DOTALL)
TAKES_IMAGES = {"image", "imageeditor", "imageslider"}
# HEIC is not listed, though it is taken: a phone then sends its photo as JPEG, which more Spaces read.
IMAGE_TYPES = "image/png,image/jpeg,image/webp,image/gif,image/avif,image/bmp,image/tiff,.ico"
ACCEPTED = {
    **dict.fromkeys(TAKES_IMAGES, IMAGE_TYPES),
    "audio": "audio/*",
    "video": "video/*",
    "gallery": f"{IMAGE_TYPES},video/*",
    "model3d": ".obj,.glb,.gltf,.stl,.splat,.ply",
    "pdf": ".pdf,application/pdf",
}
FAMILIES = {"image", "audio", "video", "text"}
SECRET = french("Ceci ressemblait à un jeton : il a été masqué, et rien n’a été envoyé.")
NOT_AN_IMAGE = french(
    "Ce fichier n’est pas une image que ce site connaît. Choisissez un PNG, un JPEG, un WebP ou un GIF ; "
    "ou, si le Space le lit, un AVIF, un BMP, un TIFF, un ICO ou un HEIC."
)
NOT_A_FILE = french("Choisissez un fichier : ce champ ne prend pas de texte.")
TOO_LARGE = french("Ce fichier est trop gros : choisissez-en un plus léger.")
TOO_MANY = french(f"C’est trop de fichiers : choisissez-en {MOST_FILES} au plus.")
NOT_KEPT = french("Le site n’a pas pu garder ce fichier : choisissez-le de nouveau.")
UNPROVEN = french("Ce fichier n’a pas été gardé, faute de preuve que l’envoi vient de vous : choisissez-le de nouveau.")
GONE = french("Ce fichier n’est plus là : choisissez-le de nouveau.")


class Posted:
    """What a form posted, texts and files, and whose it is; of a form that `is_proven` the files are kept."""

    def __init__(
        self, texts: MultiDict[str, str], uploads: MultiDict[str, FileStorage], visitor: str, is_proven: bool = True
    ) -> None:
        self.texts, self.uploads, self.visitor, self.is_proven = texts, uploads, visitor, is_proven

    @cached_property
    def cells(self) -> Mapping[str, Mapping[tuple[int, int], str]]:
        """The texts of controls `<name>-<line>-<column>`, by name, then by line and column."""
        found: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
        for key, text in self.texts.items():
            if cell := CELL.fullmatch(key):
                found[cell[1]][int(cell[2]), int(cell[3])] = text
        return found

    def receive(self, parameter: Parameter, part: Part, name: str, kept: list[KeptFile]) -> None:
        """Put into `kept` what the file control `name` says: files that are here already, in order, then new ones.

        A single control has the new one alone. Files that are all right are kept whatever is wrong with another.

        Raises:
            Wrong: one of the files cannot be sent, or the control is missing.
        """
        chosen = [sent for sent in self.uploads.getlist(name) if sent.filename]
        if any(self.texts.getlist(name)):
            raise Wrong(NOT_A_FILE)
        is_there = name in self.uploads or name in self.texts or any(self.texts.getlist(f"{name}-kept"))
        if not is_there:
            raise Wrong(MISSING)
        faults = [*self.keep_again(name, kept)] if part.several or not chosen else []
        if self.is_proven:
            faults += receive_all(parameter, chosen if part.several else chosen[:1], self.visitor, kept)
        elif chosen:
            faults.append(UNPROVEN)
        if len(kept) > MOST_FILES:
            del kept[MOST_FILES:]
            faults.append(TOO_MANY)
        if faults:
            raise Wrong(foremost(faults))

    def keep_again(self, name: str, kept: list[KeptFile]) -> Iterable[str]:
        """Put into `kept` what an earlier try left here, but for what is dropped now; yield what is wrong."""
        dropped = self.texts.getlist(f"{name}-drop")
        for file_id in filter(None, self.texts.getlist(f"{name}-kept")):
            if file_id not in dropped:
                found = file_store.find(self.visitor, file_id)
                if found is None:
                    yield GONE
                elif found not in kept:
                    kept.append(found)


def foremost(faults: Sequence[str]) -> str:
    """Of several faults in one field the one that stands beside it: a token, then what is ours."""
    return next((fault for fault in (SECRET, NOT_KEPT) if fault in faults), faults[0])


def receive_all(parameter: Parameter, chosen: list[FileStorage], visitor: str, kept: list[KeptFile]) -> list[str]:
    """Keep each file that is all right; what is wrong with the others."""
    faults = []
    for sent in chosen[: MOST_FILES + 1]:
        try:
            kept.append(kept_upload(parameter, sent, visitor))
        except Wrong as wrong:
            faults.append(str(wrong))
            if faults[-1] == NOT_KEPT:  # the others would each wait for the same time-out
                break
    return faults


def kept_upload(parameter: Parameter, sent: FileStorage, visitor: str) -> KeptFile:
    """Check the type by the bytes, look for a token in the name and in the content, then keep.

    Raises:
        Wrong: it is not what the control takes, holds a token, or could not be kept.
    """
    if not getattr(sent.stream, "is_whole", True):
        raise Wrong(NOT_KEPT if getattr(sent.stream, "has_failed", False) else TOO_LARGE)
    name, kind = sent.filename or "", media_types.detect_media_type(sent.stream.read(media_types.HEAD_BYTES))
    if tokens.contains_token(name) or tokens.file_contains_token(sent.stream):
        raise Wrong(SECRET)
    if parameter.component in TAKES_IMAGES and not kind.startswith("image/"):
        raise Wrong(NOT_AN_IMAGE)
    if parameter.refuses_other_types and parameter.file_types and not is_of(parameter.file_types, name, kind):
        raise Wrong(f"Le Space refuse ce fichier : choisissez-en un de ces types, {', '.join(parameter.file_types)}.")
    sent.stream.seek(0)
    try:
        return file_store.keep(visitor, name, file_store.read_pieces(sent.stream))
    except NotKept:
        raise Wrong(NOT_KEPT) from None


def is_of(file_types: tuple[str, ...], name: str, kind: str) -> bool:
    """Would Gradio's `is_valid_file`, which goes by the name, take this file? In doubt, the Space decides."""
    families = {guess.split("/")[0] for guess in (mimetypes.guess_type(name)[0], kind) if guess} - {"application"}
    named = name.lower()

    def takes(file_type: str) -> bool:
        if file_type.startswith("."):
            return named.endswith(file_type.lower())
        return file_type == "file" or file_type in families or not PurePath(named).suffix

    return any(map(takes, file_types))


def accept(parameter: Parameter) -> str:
    """The `accept` of a file control: the kinds of files that a browser offers first, '' for all."""
    if parameter.file_types:
        known = [each for each in parameter.file_types if each.startswith(".") or each in FAMILIES]
        listed = [each if each.startswith(".") else f"{each}/*" for each in known]
        return ",".join(listed) if len(listed) == len(parameter.file_types) else ""
    return ACCEPTED.get(parameter.component, "")


def names_of(uploads: MultiDict[str, FileStorage]) -> list[str]:
    """The names of the files that were chosen in a form, as they may be shown; nothing of them is read."""
    chosen = (sent.filename for name, sent in uploads.items(multi=True) if name.startswith("arg-"))
    return [tokens.mask_tokens(file_store.clean_name(filename)) for filename in chosen if filename][: MOST_FILES + 1]


def keep_all(uploads: MultiDict[str, FileStorage], visitor: str) -> list[tuple[str, KeptFile]]:
    """Keep the files of a form that cannot be drawn now, each with the name of its control."""
    anything, kept = Parameter("", "", ""), []
    for name, sent in uploads.items(multi=True):
        found: list[KeptFile] = []
        receive_all(anything, [sent] if sent.filename and name.startswith("arg-") else [], visitor, found)
        kept += [(name, each) for each in found]
    return kept
