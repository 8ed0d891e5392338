"""Files of a form by name alone: for its code they are neither kept nor read."""

from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle
from hfcourse.playground.code.form_code import guess_media_type
from hfcourse.spaces.form.uploads import TOO_MANY_FILES, PostedForm, choose_most_important
from hfcourse.spaces.schema.field_errors import MISSING_FIELD, InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.file_values import MAX_FILES_PER_CONTROL, FileControl


class NamedFilesForm(PostedForm):
    """Posted form whose new files are handles without content, by the names of the files."""

    def receive_files(self, parameter: Parameter, part: FileControl, name: str, handles: list[FileHandle]) -> None:
        """Append the files of the control `name` to `handles`: first those already stored, then the names of new ones.

        Raises:
            InvalidValue: a stored file is gone, there are too many, or the control is missing.
        """
        names = [each.filename for each in self.uploads.getlist(name) if each.filename]
        if not (name in self.uploads or name in self.texts or any(self.texts.getlist(f"{name}-kept"))):
            raise InvalidValue(MISSING_FIELD)
        errors = [*self.restore_kept_files(name, handles)] if part.is_multiple or not names else []
        chosen = names[: MAX_FILES_PER_CONTROL + 1] if part.is_multiple else names[:1]
        handles += [make_named_handle(each) for each in chosen]
        if len(handles) > MAX_FILES_PER_CONTROL:
            del handles[MAX_FILES_PER_CONTROL:]
            errors.append(TOO_MANY_FILES)
        if errors:
            raise InvalidValue(choose_most_important(errors))


def make_named_handle(file_name: str) -> FileHandle:
    """Return a handle of a file that is not stored."""
    name = file_store.sanitize_file_name(file_name)
    return FileHandle("", name, guess_media_type(name), 0, file_store.get_file_storage())
