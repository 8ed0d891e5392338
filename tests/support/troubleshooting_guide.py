"""The troubleshooting lesson and its index of messages, parsed once."""

from hfcourse.lessons import library
from hfcourse.lessons.reference import troubleshooting
from hfcourse.lessons.reference.message_search import MessageIndex

GUIDE_SOURCE = (library.CONTENT_FOLDER / library.TROUBLESHOOTING_FILE).read_text(encoding="utf-8")
TROUBLESHOOTING_GUIDE = troubleshooting.parse_guide(GUIDE_SOURCE)
MESSAGE_INDEX = MessageIndex(TROUBLESHOOTING_GUIDE.entries)
