"""Uploaded files of a form: validated and stored, or restored from an earlier attempt."""

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
# HEIC is accepted but not listed: a phone then sends its photo as JPEG, which more Spaces read.
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
    """Texts and files of a posted form, and its visitor; files are stored only if it `is_csrf_valid`."""

    def __init__(
        self, texts: MultiDict[str, str], uploads: MultiDict[str, FileStorage], visitor: str, is_csrf_valid: bool = True
    ) -> None:
        self.texts, self.uploads, self.visitor, self.is_csrf_valid = texts, uploads, visitor, is_csrf_valid

    @cached_property
    def cells(self) -> Mapping[str, Mapping[tuple[int, int], str]]:
        """Texts of controls `<name>-<line>-<column>`, by name, then by line and column."""
        found: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
        for key, text in self.texts.items():
            if cell := CELL_NAME.fullmatch(key):
                found[cell[1]][int(cell[2]), int(cell[3])] = text
        return found

    def receive_files(self, parameter: Parameter, part: FileControl, name: str, handles: list[FileHandle]) -> None:
        """Append the files of the control `name` to `handles`: first those already stored, then new ones.

        A single control has the new one only. Valid files are stored even if another one is
        invalid.

        Raises:
            InvalidValue: one of the files cannot be sent, or the control is missing.
        """
        uploads = [upload for upload in self.uploads.getlist(name) if upload.filename]
        if any(self.texts.getlist(name)):
            raise InvalidValue(NOT_A_FILE)
        is_there = name in self.uploads or name in self.texts or any(self.texts.getlist(f"{name}-kept"))
        if not is_there:
            raise InvalidValue(MISSING_FIELD)
        errors = [*self.restore_kept_files(name, handles)] if part.is_multiple or not uploads else []
        if self.is_csrf_valid:
            errors += store_valid_uploads(
                parameter, uploads if part.is_multiple else uploads[:1], self.visitor, handles
            )
        elif uploads:
            errors.append(UPLOAD_UNVERIFIED)
        if len(handles) > MAX_FILES_PER_CONTROL:
            del handles[MAX_FILES_PER_CONTROL:]
            errors.append(TOO_MANY_FILES)
        if errors:
            raise InvalidValue(choose_most_important(errors))

    def restore_kept_files(self, name: str, handles: list[FileHandle]) -> Iterable[str]:
        """Append the files stored by an earlier attempt, except those dropped now; yield the errors."""
        dropped_ids = self.texts.getlist(f"{name}-drop")
        for file_id in filter(None, self.texts.getlist(f"{name}-kept")):
            if file_id not in dropped_ids:
                handle = file_store.find_file(self.visitor, file_id)
                if handle is None:
                    yield UPLOAD_GONE
                elif handle not in handles:
                    handles.append(handle)


def choose_most_important(errors: Sequence[str]) -> str:
    """Return the error to show of several in one field: a token first, then a failure of this site."""
    return next((error for error in (TOKEN_FOUND, FILE_NOT_STORED) if error in errors), errors[0])


def store_valid_uploads(
    parameter: Parameter, uploads: list[FileStorage], visitor: str, handles: list[FileHandle]
) -> list[str]:
    """Store each valid file; return the errors of the others."""
    errors = []
    for upload in uploads[: MAX_FILES_PER_CONTROL + 1]:
        try:
            handles.append(store_upload(parameter, upload, visitor))
        except InvalidValue as error:
            errors.append(str(error))
            if errors[-1] == FILE_NOT_STORED:  # each of the others would wait for the same timeout
                break
    return errors


def store_upload(parameter: Parameter, upload: FileStorage, visitor: str) -> FileHandle:
    """Validate the type by the content, search name and content for a token, then store the file.

    Raises:
        InvalidValue: the control does not accept it, it contains a token, or storing it failed.
    """
    if not getattr(upload.stream, "is_whole", True):
        raise InvalidValue(FILE_NOT_STORED if getattr(upload.stream, "has_failed", False) else FILE_TOO_LARGE)
    name, media_type = upload.filename or "", media_types.detect_media_type(upload.stream.read(media_types.HEAD_BYTES))
    if tokens.contains_token(name) or tokens.file_contains_token(upload.stream):
        raise InvalidValue(TOKEN_FOUND)
    if parameter.component in IMAGE_COMPONENTS and not media_type.startswith("image/"):
        raise InvalidValue(NOT_AN_IMAGE)
    if (
        parameter.refuses_other_types
        and parameter.file_types
        and not is_accepted_type(parameter.file_types, name, media_type)
    ):
        raise InvalidValue(
            f"Le Space refuse ce fichier : choisissez-en un de ces types, {', '.join(parameter.file_types)}."
        )
    upload.stream.seek(0)
    try:
        return file_store.save_file(visitor, name, file_store.iter_chunks(upload.stream))
    except FileStorageError:
        raise InvalidValue(FILE_NOT_STORED) from None


def is_accepted_type(file_types: tuple[str, ...], name: str, media_type: str) -> bool:
    """Would Gradio's `is_valid_file`, which checks the name, accept this file?

    In doubt, the Space decides.
    """
    families = {guess.split("/")[0] for guess in (mimetypes.guess_type(name)[0], media_type) if guess} - {"application"}
    lower_name = name.lower()

    def matches(file_type: str) -> bool:
        if file_type.startswith("."):
            return lower_name.endswith(file_type.lower())
        return file_type == "file" or file_type in families or not PurePath(lower_name).suffix

    return any(map(matches, file_types))


def build_accept_attribute(parameter: Parameter) -> str:
    """Return the `accept` attribute of a file control, '' for all types."""
    if parameter.file_types:
        supported = [each for each in parameter.file_types if each.startswith(".") or each in MEDIA_FAMILIES]
        patterns = [each if each.startswith(".") else f"{each}/*" for each in supported]
        return ",".join(patterns) if len(patterns) == len(parameter.file_types) else ""
    return ACCEPT_BY_COMPONENT.get(parameter.component, "")


def collect_upload_names(uploads: MultiDict[str, FileStorage]) -> list[str]:
    """Return the sanitized names of the files chosen in a form, without reading the files."""
    file_names = (upload.filename for name, upload in uploads.items(multi=True) if name.startswith("arg-"))
    return [tokens.mask_tokens(file_store.sanitize_file_name(filename)) for filename in file_names if filename][
        : MAX_FILES_PER_CONTROL + 1
    ]


def store_uploads(uploads: MultiDict[str, FileStorage], visitor: str) -> list[tuple[str, FileHandle]]:
    """Store the files of a form that cannot be rendered now; return them with their controls' names."""
    any_type, stored = Parameter("", "", ""), []
    for name, upload in uploads.items(multi=True):
        handles: list[FileHandle] = []
        store_valid_uploads(any_type, [upload] if upload.filename and name.startswith("arg-") else [], visitor, handles)
        stored += [(name, each) for each in handles]
    return stored
