"""Table rows added or removed by buttons of a form, for pages without scripts."""

import re
from collections.abc import Mapping

from hfcourse.spaces.form.forms import Form

# Value of a « remove-row » button: the row, from 0, and the name of the parameter.
REMOVED_ROW = re.compile(r"([0-9]{1,3}):(.*)", re.ASCII | re.DOTALL)


def apply_row_edit(form: Form, posted: Mapping[str, str]) -> bool:
    """Add or remove the row that the pressed button names.

    Returns:
        True if one of these buttons was pressed. A missing row, or a full table, changes nothing.
    """
    if (added := posted.get("add-row")) is not None:
        form.add_row(added)
        return True
    if (removed := posted.get("remove-row")) is None:
        return False
    if named := REMOVED_ROW.fullmatch(removed):
        form.remove_row(named[2], int(named[1]))
    return True
