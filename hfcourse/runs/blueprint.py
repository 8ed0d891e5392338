"""The blueprint of /essais, shared by the views of a run and by the form that creates one (hfcourse.playground)."""

from flask import Blueprint

from hfcourse.web import headers

bp = Blueprint("runs", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)
