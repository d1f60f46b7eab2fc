"""A log event as one line of text, which `detector match` prints."""

from __future__ import annotations

from detector.archive import Event
from detector.jsontext import dump_json


def line(event: Event) -> str:
    """The raw message where there is one, else compact JSON; a message of several lines is a JSON string."""
    message = event.message
    if message is not None and (message.isprintable() or not any(end in message for end in "\r\n")):
        return message
    return dump_json(message if event.record is None else event.record).decode()
