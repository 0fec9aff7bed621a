"""Gets the Instances out of the segments of an archive. Written from storage/FORMAT.md and nothing else (its sections are named below),
with the standard library of Python 3 and nothing else: if this stops working, either the page or the program broke its word.

  format_reader.py DATA_OR_SEGMENT… --out FOLDER     every Instance as FOLDER/STUDY/SERIES/INSTANCE.dcm, a line about each on stdout
  format_reader.py DATA_OR_SEGMENT… --list           the lines alone

A conflict (section 7) is written as INSTANCE.conflict-SEQUENCE.dcm. Damage and remarks go to stderr, with segment and offset. Vault segments
(section 14) are checked and their Instances named, but the Data Sets are not made of them yet: the outcome is "vault". Exit code: 0 all is well,
1 damage, an Instance that was not given back, or something refers to a segment that was not given.
"""
import argparse
import collections
import mmap
import pathlib
import re
import struct
import sys
import zlib

VERSION = 1
BLOCK = 4096
HEADER = 512
PAYLOAD_BLOCK = 65536
PAYLOAD_MAX = 7340032
DATA, COMMIT, SEAL = 1, 2, 3
VAULT_KINDS = (4, 5, 6)
RECEIVED = 1
ZEROS4 = b"\0\0\0\0"


def round_up(value):
    return (value + BLOCK - 1) // BLOCK * BLOCK


class Unreadable(Exception):
    """What was looked for is not there, not whole, or not what it should be."""


class Newer(Exception):
    """Written by a newer program (section 3)."""


Record = collections.namedtuple("Record", "kind offset payload_bytes durable_through checksums")


class Segment:
    """One segment file (sections 2 and 3). Finds and checks; decides nothing."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        with open(path, "rb") as file:
            empty = self.path.stat().st_size == 0
            self.bytes = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.size = len(self.bytes)
        self.id = self.archive_id = self.last_before = None
        self.is_vault, self.first, self.last, self.replaces = False, 0, 0, 0
        self.wholes = {}  # offset: what is wrong with the payload, or ""
        try:
            self.read_header()
            self.header_error = ""
        except Unreadable as error:
            self.header_error = str(error)
            if re.fullmatch(r"[0-9a-f]{8}\.(seg|vault)", self.path.name):
                self.is_vault = self.path.suffix == ".vault"
                self.id = int(self.path.name[:8], 16)

    def read_header(self):
        block = self.bytes[:BLOCK]
        if len(block) < BLOCK or block[:8] != b"ARGSEG01":
            raise Unreadable("no segment header")
        if zlib.crc32(block[:4092]) != struct.unpack_from("<I", block, 4092)[0]:
            raise Unreadable("the segment header does not match its checksum")
        version, self.id, self.archive_id, _, self.last_before = struct.unpack_from("<II16sqQ", block, 8)
        if version != VERSION:
            raise Newer("format version %d" % version)
        role, self.first, self.last, self.replaces = struct.unpack_from("<4I", block, 48)
        self.is_vault = role == 1
        if role > 1:
            raise Newer("a segment of role %d" % role)

    def record(self, offset):
        """The valid header at `offset`; Unreadable when there is none (section 3)."""
        head = self.bytes[offset:offset + HEADER]
        if len(head) < HEADER or head[:4] != b"ARGR":
            raise Unreadable("no record starts here")
        version, kind, segment, crc, own, payload_bytes, durable, _, block, count = struct.unpack_from("<HHIIQQQQII", head, 4)
        if zlib.crc32(head[16:], zlib.crc32(ZEROS4, zlib.crc32(head[:12]))) != crc:
            raise Unreadable("the record header does not match its checksum")
        if version != VERSION:
            raise Newer("a record of format version %d" % version)
        if (segment, own) != (self.id, offset):
            raise Unreadable("this is the record of segment %08x offset %d" % (segment, own))
        if payload_bytes > PAYLOAD_MAX or durable > offset or block != PAYLOAD_BLOCK or count != -(-payload_bytes // PAYLOAD_BLOCK):
            raise Unreadable("the record header contradicts itself")
        return Record(kind, offset, payload_bytes, durable, struct.unpack_from("<%dI" % count, head, 64))

    def payload_error(self, record):
        """What is wrong with the payload; "" when every block matches its checksum."""
        if record.offset not in self.wholes:
            self.wholes[record.offset] = ""
            for number, checksum in enumerate(record.checksums):
                begin = record.offset + HEADER + number * PAYLOAD_BLOCK
                length = min(PAYLOAD_BLOCK, record.payload_bytes - number * PAYLOAD_BLOCK)
                block = self.bytes[begin:begin + length]
                if len(block) < length or zlib.crc32(block) != checksum:
                    self.wholes[record.offset] = "payload block %d does not match its checksum" % number
                    break
        return self.wholes[record.offset]

    def payload(self, record):
        error = self.payload_error(record)
        if error:
            raise Unreadable(error)
        return self.bytes[record.offset + HEADER:record.offset + HEADER + record.payload_bytes]

    def next_valid(self, offset, durable_above):
        """The first valid header behind `offset` that was written when more than `durable_above` had been flushed; None."""
        for at in range(round_up(offset + 1), self.size - HEADER + 1, BLOCK):
            if self.bytes[at:at + 4] == b"ARGR":
                try:
                    found = self.record(at)
                except (Unreadable, Newer):
                    continue
                if found.durable_through > durable_above:
                    return found
        return None

    def trailer(self):
        """The offset that the trailer names (section 6); None when the file does not end with one."""
        tail = self.bytes[max(0, self.size - 16):]
        return struct.unpack("<Q", tail[:8])[0] if len(tail) == 16 and tail[8:] == b"ARGSEAL1" else None


class Fields:
    """Takes the fields of a payload or a body one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, length):
        self.at += length
        if self.at > len(self.data):
            raise Unreadable("it ends inside a field")
        return self.data[self.at - length:self.at]

    def take(self, layout):
        values = struct.unpack("<" + layout, self.bytes(struct.calcsize("<" + layout)))
        return values[0] if len(values) == 1 else values

    def text(self):
        return self.bytes(self.take("H"))

    def uid(self):
        return self.text().decode("ascii", "replace")

    def end(self):
        if self.at != len(self.data):
            raise Unreadable("%d bytes too many" % (len(self.data) - self.at))


Fact = collections.namedtuple("Fact", "sequence kind body segment offset")  # where its commit record lies


def parse_commit(payload, segment, offset):
    fields = Fields(payload)
    facts = []
    for _ in range(fields.take("I")):
        sequence, kind, _, length = fields.take("QHHI")
        facts.append(Fact(sequence, kind, fields.bytes(length), segment, offset))
    fields.end()
    return facts


def parse_seal(payload):
    """(last sequence number, offsets of the commit records)"""
    fields = Fields(payload)
    last, count = fields.take("QI")
    commits = list(fields.take("%dQ" % count)) if count > 1 else [fields.take("Q") for _ in range(count)]
    fields.end()
    return last, commits


class Received:
    """A fact "instance received" (section 5.1)."""

    def __init__(self, fact):
        self.fact = fact
        self.outcome = ""
        fields = Fields(fact.body)
        self.version = fields.take("B")
        if self.version != 1:
            return
        self.conflict, self.micros, self.data_set_bytes, self.digest = fields.take("BqQ16s")
        self.study, self.series, self.instance, self.sop_class, self.syntax = (fields.uid() for _ in range(5))
        self.pieces = [fields.take("IQI") for _ in range(fields.take("I"))]
        self.pixel_data = fields.take("HH2sBQQQ")
        self.door = fields.take("B")
        self.calling, self.called, self.peer = fields.text(), fields.text(), fields.text()
        self.attributes = fields.bytes(fields.take("I"))
        fields.end()

    def content(self):
        return self.digest, self.data_set_bytes, self.syntax

    def line(self):
        segment, offset, _ = self.pieces[0] if self.pieces else (self.fact.segment, self.fact.offset, 0)
        return "segment=%08x offset=%d sequence=%d study=%s series=%s instance=%s class=%s syntax=%s bytes=%d pieces=%d outcome=%s" % (
            segment, offset, self.fact.sequence, self.study, self.series, self.instance, self.sop_class, self.syntax,
            self.data_set_bytes, len(self.pieces), self.outcome)


class Archive:
    """All segments given. After read(): `damage` and `notes` (sentences), `received` in sequence order, each with its outcome."""

    def __init__(self, paths):
        self.damage, self.notes, self.received, self.facts = [], [], [], []
        self.segments, self.vaults = {}, {}
        self.whole_archive = False
        self.archive_id = None
        for path in map(pathlib.Path, paths):
            self.add_folder(path) if path.is_dir() else self.add(path)

    def add_folder(self, path):
        """A data folder (section 1)."""
        self.whole_archive = True
        try:
            match = re.match(rb"argent (\d+)\narchive ([0-9a-f]{32})\n", (path / "FORMAT").read_bytes())
        except OSError:
            match = None
        if not match:
            self.damage.append("%s: not readable; the segments say what it said" % (path / "FORMAT"))
        elif int(match.group(1)) != VERSION:
            raise Newer("format version %s" % match.group(1).decode())
        else:
            self.archive_id = bytes.fromhex(match.group(2).decode())
        for file in sorted((path / "segments").iterdir()):
            if re.fullmatch(r"[0-9a-f]{8}\.(seg|vault)", file.name):
                self.add(file)

    def add(self, path):
        segment = Segment(path)
        if segment.header_error and segment.id is not None and segment.next_valid(0, 0) is None:
            self.notes.append("segment %08x: was being created at a stop and holds nothing" % segment.id)
        elif segment.id is None:
            self.damage.append("%s: %s, and the file's name says no segment id: not read" % (path, segment.header_error))
        elif segment.id in self.segments or segment.id in self.vaults:
            self.damage.append("%s: another file is segment %08x too: not read" % (path, segment.id))
        else:
            (self.vaults if segment.is_vault else self.segments)[segment.id] = segment
            if segment.header_error:
                self.damaged(segment.id, 0, segment.header_error)
            elif self.archive_id is not None and segment.archive_id != self.archive_id:
                self.damaged(segment.id, 0, "belongs to another archive")

    def damaged(self, segment, offset, what):
        self.damage.append("segment %08x offset %d: %s" % (segment, offset, what))

    def note(self, segment, offset, what):
        self.notes.append("segment %08x offset %d: %s" % (segment, offset, what))

    def read(self):
        replaced = {vault.replaces for vault in self.vaults.values()}
        vaults = [vault for vault in self.vaults.values() if vault.id not in replaced]
        covered = {number for number in self.segments for vault in vaults if vault.first <= number <= vault.last}
        # A fact that a log segment still has is taken from there; the vault's copy carries the sequence on.
        for number in sorted(covered):
            self.read_segment(self.segments[number], None)
        known = {fact.sequence for fact in self.facts}
        expected = 0 if self.whole_archive else None  # the last sequence number so far
        units = [(number, segment) for number, segment in self.segments.items() if number not in covered]
        units += [(vault.first, vault) for vault in vaults]
        for _, segment in sorted(units, key=lambda unit: unit[0]):
            expected = self.read_segment(segment, expected)
        self.facts = [fact for fact in self.facts if fact.segment not in self.vaults or fact.sequence not in known]
        self.facts.sort(key=lambda fact: fact.sequence)
        self.decide()
        return self

    # --- one segment -------------------------------------------------------------------------------------------------

    def read_segment(self, segment, expected):
        records, seal = self.walk(segment)
        last = None
        if seal is not None:
            last, commits = self.read_seal(segment, seal, records)
        else:
            commits = self.commits_without_seal(segment, records)
        if segment.last_before is not None:
            if expected is not None:
                self.compare(segment.id, 0, expected, segment.last_before)
            expected = segment.last_before
        for commit in commits:
            try:
                facts = parse_commit(segment.payload(commit), segment.id, commit.offset)
            except Unreadable as error:
                self.damaged(segment.id, commit.offset, "the commit record: %s" % error)
                continue
            for fact in facts:
                if expected is not None:
                    self.compare(segment.id, commit.offset, expected, fact.sequence - 1)
                expected = fact.sequence
            self.facts += facts
        if last is not None and expected is not None:
            self.compare(segment.id, seal.offset, expected, last)
            expected = last
        return expected

    def compare(self, segment, offset, expected, found):
        if expected < found:
            self.damaged(segment, offset, "facts %d to %d are missing" % (expected + 1, found))
        elif expected > found:
            self.damaged(segment, offset, "sequence number %d where more than %d is due" % (found + 1, expected))

    def walk(self, segment):
        """The valid records up to the seal or the end of the log (section 9), and the seal's record or None."""
        trailer = segment.trailer()
        sealed = False
        if trailer is not None:
            try:
                sealed = segment.record(trailer).kind == SEAL
            except (Unreadable, Newer):
                pass
            if not sealed:
                self.damaged(segment.id, segment.size - 16, "the trailer leads to no seal record")
        records, at = [], BLOCK
        while True:
            try:
                record = segment.record(at)
            except Newer as error:
                self.damaged(segment.id, at, "%s; read no further" % error)
                return records, None
            except Unreadable as error:
                record = segment.next_valid(at, -1 if sealed else at)
                if record is None:
                    if any(segment.bytes[at:at + HEADER]):
                        self.note(segment.id, at, "the log ends here; what follows was in flight (%s)" % error)
                    return records, None
                self.damaged(segment.id, at, "up to offset %d nothing can be read (%s)" % (record.offset, error))
            records.append(record)
            if record.kind == SEAL:
                if not sealed:
                    self.note(segment.id, record.offset, "this seal record has lost its trailer")
                return records, record
            at = record.offset + round_up(HEADER + record.payload_bytes)

    def check_data(self, segment, record):
        """Data and unknown records; commit records are checked where they are read."""
        if record.kind not in (DATA, COMMIT, SEAL) and not (segment.is_vault and record.kind in VAULT_KINDS):
            self.note(segment.id, record.offset, "warning: a record of unknown kind %d is skipped" % record.kind)
        error = segment.payload_error(record)
        if error and record.kind not in (COMMIT, SEAL):
            self.damaged(segment.id, record.offset, error)

    def read_seal(self, segment, seal, records):
        """(last sequence number or None, commit records). What the seal does not list is no commit record."""
        for record in records:
            self.check_data(segment, record)
        walked = [record for record in records if record.kind == COMMIT]
        try:
            last, listed = parse_seal(segment.payload(seal))
        except Unreadable as error:
            self.damaged(segment.id, seal.offset, "the seal record: %s" % error)
            return None, walked
        for offset in set(listed).symmetric_difference(record.offset for record in walked):
            self.damaged(segment.id, offset, "the seal and the records disagree whether a commit record is here")
        return last, [record for record in walked if record.offset in listed]

    def commits_without_seal(self, segment, records):
        """Section 9: which commit records count."""
        if segment.is_vault or segment.id != max(self.segments):
            self.damaged(segment.id, segment.size, "no seal, though there is a newer segment: the end is lost")
        else:
            self.note(segment.id, segment.size, "no seal: the archive is open, or was not shut down, or the end is lost")
        durable = max([BLOCK] + [record.durable_through for record in records])
        commits = []
        for record in records:
            if record.offset >= durable and segment.payload_error(record):
                self.note(segment.id, record.offset, "dropped from here on: in flight at the stop (%s)" % segment.payload_error(record))
                break
            self.check_data(segment, record)
            if record.kind == COMMIT:
                commits.append(record)
        return commits

    # --- Instances ---------------------------------------------------------------------------------------------------

    def decide(self):
        """Section 7."""
        by_uid = collections.OrderedDict()
        for fact in self.facts:
            if fact.kind != RECEIVED:
                self.note(fact.segment, fact.offset, "warning: fact %d of unknown kind %d is skipped" % (fact.sequence, fact.kind))
                continue
            try:
                received = Received(fact)
            except Unreadable as error:
                self.damaged(fact.segment, fact.offset, "fact %d: %s" % (fact.sequence, error))
                continue
            if received.version != 1:
                self.note(fact.segment, fact.offset, "warning: fact %d has a body of unknown version %d, skipped" % (
                    fact.sequence, received.version))
                continue
            self.received.append(received)
            by_uid.setdefault(received.instance, collections.OrderedDict()).setdefault(received.content(), []).append(received)
        for contents in by_uid.values():
            first = next(iter(contents.values()))[0]
            word = "instance"
            if first.conflict:
                word = "conflict"
                self.damaged(first.fact.segment, first.fact.offset, "fact %d was other content under Instance %s, whose own fact is lost" % (
                    first.fact.sequence, first.instance))
            for copies in contents.values():
                self.decide_copies(copies, word)
                word = "conflict"

    def decide_copies(self, copies, word):
        """The first copy that reads back is it; its outcome is `word`."""
        for received in copies:
            if received.fact.segment in self.vaults:
                received.outcome = "vault"
                continue
            try:
                for _ in self.data_set(received):
                    pass
                received.outcome, word = word, "copy"
            except Unreadable as error:
                received.outcome = "damaged"
                self.damage.append("Instance %s of fact %d: %s" % (received.instance, received.fact.sequence, error))

    def data_set(self, received):
        """The Data Set in pieces, each checked. Unreadable: nothing that was yielded before may be used."""
        total = 0
        for number, offset, length in received.pieces:
            segment = self.segments.get(number)
            if segment is None:
                raise Unreadable("segment %08x offset %d: the segment is not here" % (number, offset))
            try:
                record = segment.record(offset)
                if (record.kind, record.payload_bytes) != (DATA, length):
                    raise Unreadable("not the data record that the fact names")
                yield segment.payload(record)
            except (Unreadable, Newer) as error:
                raise Unreadable("segment %08x offset %d: %s" % (number, offset, error)) from None
            total += length
        if total != received.data_set_bytes:
            raise Unreadable("segment %08x offset %d: the pieces have %d bytes, the Data Set %d" % (
                received.fact.segment, received.fact.offset, total, received.data_set_bytes))

    def write(self, received, folder):
        def safe(uid):
            return re.sub(r"[^0-9A-Za-z.]", "_", uid).strip(".") or "_"

        name = safe(received.instance) + ("" if received.outcome == "instance" else ".conflict-%d" % received.fact.sequence)
        path = pathlib.Path(folder) / safe(received.study) / safe(received.series) / (name + ".dcm")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(part10_head(received))
            for piece in self.data_set(received):
                file.write(piece)
        return path


def part10_head(received):
    """Section 11, step 6."""
    def element(number, vr, value):
        value += b"\0" * (len(value) % 2)
        length = struct.pack("<HI", 0, len(value)) if vr == b"OB" else struct.pack("<H", len(value))
        return struct.pack("<HH", 2, number) + vr + length + value

    meta = element(1, b"OB", b"\0\1") + b"".join(element(number, b"UI", uid.encode()) for number, uid in (
        (2, received.sop_class), (3, received.instance), (0x10, received.syntax), (0x12, "2.25.1")))
    return bytes(128) + b"DICM" + element(0, b"UL", struct.pack("<I", len(meta))) + meta


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", help="data folders and segment files")
    parser.add_argument("--out", help="folder to write to")
    parser.add_argument("--list", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    if not arguments.list and not arguments.out:
        parser.error("--out or --list")
    try:
        archive = Archive(arguments.paths).read()
    except Newer as error:
        print("not read: %s; this reader knows version %d" % (error, VERSION), file=sys.stderr)
        return 3
    for received in archive.received:
        if arguments.out and not arguments.list and received.outcome in ("instance", "conflict"):
            archive.write(received, arguments.out)
        print(received.line())
    for note in archive.notes:
        print(note, file=sys.stderr)
    for damage in archive.damage:
        print("DAMAGE " + damage, file=sys.stderr)
    unread = sum(received.outcome == "vault" for received in archive.received)
    if unread:
        print("NOT READ: %d Instances are in vault segments only" % unread, file=sys.stderr)
    return 1 if archive.damage or unread else 0


if __name__ == "__main__":
    sys.exit(main())
