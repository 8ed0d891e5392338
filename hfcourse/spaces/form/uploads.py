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
from hfcourse.files.file_store import FileHandle, FileStorageError
from hfcourse.spaces.schema.field_errors import MISSING_FIELD, InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.file_values import MAX_FILES_PER_CONTROL, FileControl
from hfcourse.text.typography import typeset_french

CELL_NAME = re.compile(r"(.*)-(\d{1,3})-(\d{1,3})", re.ASCII | re.DOTALL)
IMAGE_COMPONENTS = {"image", "imageeditor", "imageslider"}
# HEIC is not listed, though it is taken: a phone then sends its photo as JPEG, which more Spaces read.
IMAGE_TYPES = "image/png,image/jpeg,image/webp,image/gif,image/avif,image/bmp,image/tiff,.ico"
ACCEPT_BY_COMPONENT = {
    **dict.fromkeys(IMAGE_COMPONENTS, IMAGE_TYPES),
    "audio": "audio/*",
    "video": "video/*",
    "gallery": f"{IMAGE_TYPES},video/*",
    "model3d": ".obj,.glb,.gltf,.stl,.splat,.ply",
    "pdf": ".pdf,application/pdf",
}
MEDIA_FAMILIES = {"image", "audio", "video", "text"}
TOKEN_FOUND = typeset_french("Ceci ressemblait à un jeton : il a été masqué, et rien n’a été envoyé.")
NOT_AN_IMAGE = typeset_french(
    "Ce fichier n’est pas une image que ce site connaît. Choisissez un PNG, un JPEG, un WebP ou un GIF ; "
    "ou, si le Space le lit, un AVIF, un BMP, un TIFF, un ICO ou un HEIC."
)
NOT_A_FILE = typeset_french("Choisissez un fichier : ce champ ne prend pas de texte.")
FILE_TOO_LARGE = typeset_french("Ce fichier est trop gros : choisissez-en un plus léger.")
TOO_MANY_FILES = typeset_french(f"C’est trop de fichiers : choisissez-en {MAX_FILES_PER_CONTROL} au plus.")
FILE_NOT_STORED = typeset_french("Le site n’a pas pu garder ce fichier : choisissez-le de nouveau.")
UPLOAD_UNVERIFIED = typeset_french(
    "Ce fichier n’a pas été gardé, faute de preuve que l’envoi vient de vous : choisissez-le de nouveau."
)
UPLOAD_GONE = typeset_french("Ce fichier n’est plus là : choisissez-le de nouveau.")


class PostedForm:
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
            if cell := CELL_NAME.fullmatch(key):
                found[cell[1]][int(cell[2]), int(cell[3])] = text
        return found

    def receive_files(self, parameter: Parameter, part: FileControl, name: str, kept: list[FileHandle]) -> None:
        """Put into `kept` what the file control `name` says: files that are here already, in order, then new ones.

        A single control has the new one alone. Files that are all right are kept whatever is wrong with another.

        Raises:
            Wrong: one of the files cannot be sent, or the control is missing.
        """
        chosen = [sent for sent in self.uploads.getlist(name) if sent.filename]
        if any(self.texts.getlist(name)):
            raise InvalidValue(NOT_A_FILE)
        is_there = name in self.uploads or name in self.texts or any(self.texts.getlist(f"{name}-kept"))
        if not is_there:
            raise InvalidValue(MISSING_FIELD)
        faults = [*self.restore_kept_files(name, kept)] if part.is_multiple or not chosen else []
        if self.is_proven:
            faults += store_valid_uploads(parameter, chosen if part.is_multiple else chosen[:1], self.visitor, kept)
        elif chosen:
            faults.append(UPLOAD_UNVERIFIED)
        if len(kept) > MAX_FILES_PER_CONTROL:
            del kept[MAX_FILES_PER_CONTROL:]
            faults.append(TOO_MANY_FILES)
        if faults:
            raise InvalidValue(choose_most_important(faults))

    def restore_kept_files(self, name: str, kept: list[FileHandle]) -> Iterable[str]:
        """Put into `kept` what an earlier try left here, but for what is dropped now; yield what is wrong."""
        dropped = self.texts.getlist(f"{name}-drop")
        for file_id in filter(None, self.texts.getlist(f"{name}-kept")):
            if file_id not in dropped:
                found = file_store.find_file(self.visitor, file_id)
                if found is None:
                    yield UPLOAD_GONE
                elif found not in kept:
                    kept.append(found)


def choose_most_important(faults: Sequence[str]) -> str:
    """Of several faults in one field the one that stands beside it: a token, then what is ours."""
    return next((fault for fault in (TOKEN_FOUND, FILE_NOT_STORED) if fault in faults), faults[0])


def store_valid_uploads(
    parameter: Parameter, chosen: list[FileStorage], visitor: str, kept: list[FileHandle]
) -> list[str]:
    """Keep each file that is all right; what is wrong with the others."""
    faults = []
    for sent in chosen[: MAX_FILES_PER_CONTROL + 1]:
        try:
            kept.append(store_upload(parameter, sent, visitor))
        except InvalidValue as wrong:
            faults.append(str(wrong))
            if faults[-1] == FILE_NOT_STORED:  # the others would each wait for the same time-out
                break
    return faults


def store_upload(parameter: Parameter, sent: FileStorage, visitor: str) -> FileHandle:
    """Check the type by the bytes, look for a token in the name and in the content, then keep.

    Raises:
        Wrong: it is not what the control takes, holds a token, or could not be kept.
    """
    if not getattr(sent.stream, "is_whole", True):
        raise InvalidValue(FILE_NOT_STORED if getattr(sent.stream, "has_failed", False) else FILE_TOO_LARGE)
    name, kind = sent.filename or "", media_types.detect_media_type(sent.stream.read(media_types.HEAD_BYTES))
    if tokens.contains_token(name) or tokens.file_contains_token(sent.stream):
        raise InvalidValue(TOKEN_FOUND)
    if parameter.component in IMAGE_COMPONENTS and not kind.startswith("image/"):
        raise InvalidValue(NOT_AN_IMAGE)
    if (
        parameter.refuses_other_types
        and parameter.file_types
        and not is_accepted_type(parameter.file_types, name, kind)
    ):
        raise InvalidValue(
            f"Le Space refuse ce fichier : choisissez-en un de ces types, {', '.join(parameter.file_types)}."
        )
    sent.stream.seek(0)
    try:
        return file_store.save_file(visitor, name, file_store.iter_chunks(sent.stream))
    except FileStorageError:
        raise InvalidValue(FILE_NOT_STORED) from None


def is_accepted_type(file_types: tuple[str, ...], name: str, kind: str) -> bool:
    """Would Gradio's `is_valid_file`, which goes by the name, take this file? In doubt, the Space decides."""
    families = {guess.split("/")[0] for guess in (mimetypes.guess_type(name)[0], kind) if guess} - {"application"}
    named = name.lower()

    def takes(file_type: str) -> bool:
        if file_type.startswith("."):
            return named.endswith(file_type.lower())
        return file_type == "file" or file_type in families or not PurePath(named).suffix

    return any(map(takes, file_types))


def build_accept_attribute(parameter: Parameter) -> str:
    """The `accept` of a file control: the kinds of files that a browser offers first, '' for all."""
    if parameter.file_types:
        known = [each for each in parameter.file_types if each.startswith(".") or each in MEDIA_FAMILIES]
        listed = [each if each.startswith(".") else f"{each}/*" for each in known]
        return ",".join(listed) if len(listed) == len(parameter.file_types) else ""
    return ACCEPT_BY_COMPONENT.get(parameter.component, "")


def collect_upload_names(uploads: MultiDict[str, FileStorage]) -> list[str]:
    """The names of the files that were chosen in a form, as they may be shown; nothing of them is read."""
    chosen = (sent.filename for name, sent in uploads.items(multi=True) if name.startswith("arg-"))
    return [tokens.mask_tokens(file_store.sanitize_file_name(filename)) for filename in chosen if filename][
        : MAX_FILES_PER_CONTROL + 1
    ]


def store_uploads(uploads: MultiDict[str, FileStorage], visitor: str) -> list[tuple[str, FileHandle]]:
    """Keep the files of a form that cannot be drawn now, each with the name of its control."""
    anything, kept = Parameter("", "", ""), []
    for name, sent in uploads.items(multi=True):
        found: list[FileHandle] = []
        store_valid_uploads(anything, [sent] if sent.filename and name.startswith("arg-") else [], visitor, found)
        kept += [(name, each) for each in found]
    return kept
