"""Prints a small segment field by field, as in the worked example of storage/FORMAT.md: offset, bytes, what they are. Bytes not shown are zero.

  format_explain.py SEGMENT

explain() makes the text of a segment's bytes, parse() the bytes of a text: format_test.py holds the page to both.
"""
import datetime
import pathlib
import re
import struct
import sys

ROW = 16
KINDS = {1: "data", 2: "commit", 3: "seal"}
DOORS = {1: "C-STORE", 2: "file import", 3: "STOW-RS", 4: "migration"}


class Printer:
    def __init__(self, data):
        self.data, self.at, self.lines = data, 0, []

    def field(self, length, what):
        """`what`: text, or a function of the bytes."""
        value = self.data[self.at:self.at + length]
        for row in range(0, max(length, 1), ROW):
            part = value[row:row + ROW]
            text = what if isinstance(what, str) else what(value)
            comment = text if row == 0 else ""
            self.lines.append(("%08x  %-47s  %s" % (self.at + row, part.hex(" "), comment)).rstrip())
        self.at += length
        return value

    def number(self, layout, what):
        """`what`: a function of the number."""
        length = struct.calcsize("<" + layout)
        value = struct.unpack_from("<" + layout, self.data, self.at)[0]
        self.field(length, what(value))
        return value

    def counted(self, layout, what, name):
        length = struct.unpack_from("<" + layout, self.data, self.at)[0]
        size = struct.calcsize("<" + layout)
        self.field(size, "%s: %d bytes" % (what, length) if length else "%s: none" % what)
        if length:
            self.field(length, name)

    def title(self, text):
        self.lines += ["", "-- " + text]

    def letters(self, length, what):
        self.field(length, lambda value: '%s "%s"' % (what, value.decode("ascii", "replace")))

    def named(self, layout, what):
        return self.number(layout, lambda value: "%s %d" % (what, value))

    def hexed(self, layout, what):
        return self.number(layout, lambda value: "%s %08x" % (what, value))


def moment(value):
    return "%d, that is %s UTC" % (value, datetime.datetime.fromtimestamp(value / 1e6, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"))


def segment_header(out):
    out.title("segment header")
    out.letters(8, "magic")
    out.named("I", "format version")
    out.named("I", "segment id")
    out.field(16, "archive id")
    out.number("q", lambda value: "created " + moment(value))
    out.named("Q", "last sequence number before")
    out.at = 4092
    out.hexed("I", "CRC-32 of bytes 0 to 4091:")


def record(out):
    begin = out.at
    kind = struct.unpack_from("<H", out.data, begin + 6)[0]
    out.title("%s record at offset %d" % (KINDS.get(kind, "unknown"), begin))
    out.letters(4, "magic")
    out.named("H", "format version")
    out.number("H", lambda value: "record kind %d, %s" % (value, KINDS.get(value, "unknown")))
    out.named("I", "segment id")
    out.hexed("I", "CRC-32 of the record header:")
    out.named("Q", "own offset")
    payload_bytes = out.named("Q", "payload bytes")
    out.named("Q", "durable through")
    out.named("Q", "previous commit record")
    out.named("I", "bytes of a payload block")
    blocks = out.named("I", "payload blocks")
    out.at = begin + 64
    for number in range(blocks):
        out.hexed("I", "CRC-32 of payload block %d:" % number)
    out.at = begin + 512
    {1: data, 2: commit, 3: seal}.get(kind, data)(out, payload_bytes)
    out.at = begin + (512 + payload_bytes + 4095) // 4096 * 4096


def data(out, payload_bytes):
    out.title("payload: the Data Set")
    for row in range(0, payload_bytes, ROW):
        out.field(min(ROW, payload_bytes - row), lambda value: "".join(chr(c) if 32 <= c < 127 else "." for c in value))


def commit(out, _):
    out.title("payload: facts")
    for _ in range(out.named("I", "number of facts:")):
        out.named("Q", "sequence number")
        kind = out.number("H", lambda value: "fact kind %d%s" % (value, ", instance received" if value == 1 else ""))
        out.field(2, "zeros")
        length = out.named("I", "bytes of the body:")
        instance_received(out) if kind == 1 else out.field(length, "body")


def instance_received(out):
    out.named("B", "body version")
    out.named("B", "something was kept under this UID before:")
    out.number("q", lambda value: "received " + moment(value))
    out.named("Q", "bytes of the Data Set:")
    out.field(16, "XXH3-128 of the Data Set")
    for what in ("Study Instance UID", "Series Instance UID", "SOP Instance UID", "SOP Class UID", "Transfer Syntax UID"):
        out.counted("H", what, lambda value: '"%s"' % value.decode())
    for _ in range(out.named("I", "pieces:")):
        out.hexed("I", "in segment")
        out.named("Q", "at offset")
        out.named("I", "payload bytes")
    out.number("H", lambda value: "pixel data: group %04x" % value)
    out.number("H", lambda value: "element %04x" % value)
    out.letters(2, "VR")
    out.named("B", "encapsulated:")
    out.named("Q", "position of the value")
    out.named("Q", "bytes of the value:")
    out.named("Q", "fragments:")
    out.number("B", lambda value: "came by %d, %s" % (value, DOORS.get(value, "unknown")))
    for what in ("calling AE title", "called AE title", "peer"):
        out.counted("H", what, lambda value: '"%s"' % value.decode("ascii", "replace"))
    out.counted("I", "attributes for the catalog", "an Explicit VR Little Endian Data Set")


def seal(out, _):
    out.title("payload: table of contents")
    out.named("Q", "last sequence number")
    for _ in range(out.named("I", "commit records:")):
        out.named("Q", "one at offset")
    out.title("trailer: the last 16 bytes of the file")
    out.at = len(out.data) - 16
    out.named("Q", "seal record at offset")
    out.letters(8, "magic")


def explain(data_of_segment):
    out = Printer(data_of_segment)
    segment_header(out)
    while out.at < len(data_of_segment) and data_of_segment[out.at:out.at + 4] == b"ARGR":
        record(out)
    return "\n".join(out.lines).strip("\n") + "\n"


def parse(text):
    """The bytes: from offset 0 to the end of the last line."""
    out = bytearray()
    for line in text.splitlines():
        match = re.match(r"([0-9a-f]{8})  ((?:[0-9a-f]{2} ?)+)(?: |$)", line)
        if match:
            offset, value = int(match.group(1), 16), bytes.fromhex(match.group(2))
            out += bytes(offset - len(out))
            out += value
    return bytes(out)


if __name__ == "__main__":
    sys.stdout.write(explain(pathlib.Path(sys.argv[1]).read_bytes()))
