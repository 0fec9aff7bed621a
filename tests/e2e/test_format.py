"""storage/FORMAT.md tells the truth: the reader written from it gets out of real segments what went in, and never takes damage for an image."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import struct
import sys
import threading
import unittest
import zlib

import format_explain
from dicom_writer import CT, DEFLATED, EXPLICIT, Instance, part10, split_part10, uid
from format_reader import BLOCK, HEADER, Archive, Unreadable, round_up
from harness import ROOT, ArchiveTest, Server, argent, list_json, main, needs_program, run
from raw_scu import Closed, Scu
from test_import import SYNTAXES

READER = pathlib.Path(__file__).resolve().parent / "format_reader.py"
PAGE = ROOT / "storage" / "FORMAT.md"
REAL = os.environ.get("ARGENT_TEST_DATA")
FLIPS = 200
SEED = int(os.environ.get("ARGENT_FORMAT_SEED", "1"))
MIB = 1 << 20


def large(number, size, seed=1, study=1):
    """An Instance of some MiB, above what one data record holds."""
    return Instance(uid(3, number), study=study, number=number, rows=1024, columns=size // 2048, pixel_data=random.Random(seed).randbytes(size))


def make_record(kind, offset, payload, durable=BLOCK, version=1):
    """A record as section 3 of the page says."""
    checksums = b"".join(struct.pack("<I", zlib.crc32(payload[at:at + 65536])) for at in range(0, len(payload), 65536))
    head = struct.pack("<4sHHIIQQQQII8x", b"ARGR", version, kind, 1, 0, offset, len(payload), durable, 0, 65536, len(checksums) // 4)
    head = (head + checksums).ljust(HEADER, b"\0")
    head = head[:12] + struct.pack("<I", zlib.crc32(head)) + head[16:]
    return (head + payload).ljust(round_up(HEADER + len(payload)), b"\0")


def make_fact(sequence, offset, length):
    """A fact "instance received", as section 5 of the page says, of the Instance whose number is its sequence number."""
    def text(value):
        return struct.pack("<H", len(value)) + value.encode()

    body = struct.pack("<BBqQ16s", 1, 0, 0, length, b"digest%010d" % sequence)
    body += b"".join(map(text, ("2.25.1", "2.25.2", uid(3, sequence), CT, EXPLICIT)))
    body += struct.pack("<IIQI", 1, 1, offset, length) + bytes(31) + b"\1" + text("A") + text("B") + text("C") + bytes(4)
    return struct.pack("<QHHI", sequence, 1, 0, len(body)) + body


class FormatTest(ArchiveTest):
    def read(self, *paths, code=0, out=None):
        """The reader as a program: ({(SOP Instance UID, outcome): [fields of the line]}, stderr)."""
        done = run(sys.executable, READER, *paths, *(["--out", out] if out else ["--list"]))
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
        lines = {}
        for line in done.stdout.splitlines():
            fields = dict(word.split("=", 1) for word in line.split())
            lines.setdefault((fields["instance"], fields["outcome"]), []).append(fields)
        return lines, done.stderr

    def files(self, folder):
        return {p.name: split_part10(p.read_bytes()) for p in folder.rglob("*.dcm")}

    def copy(self, name="copy"):
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        shutil.copy(self.data / "FORMAT", target)
        shutil.copytree(self.data / "segments", target / "segments")
        return target


class WhatWentInComesOut(FormatTest):
    def test_imported_files_duplicates_and_conflicts(self):
        wanted = {}
        for number, syntax in enumerate(SYNTAXES):
            instance = Instance(uid(3, number), number=number)
            wanted[uid(3, number) + ".dcm"] = (syntax, instance.data_set(syntax))
            self.write("in/%d.dcm" % number, instance.part10(syntax))
        for number, syntax in ((10, EXPLICIT), (11, DEFLATED)):
            instance = large(number, 5 * MIB, seed=number, study=2)
            wanted[uid(3, number) + ".dcm"] = (syntax, instance.data_set(syntax))
            self.write("in/%d.dcm" % number, instance.part10(syntax))
        self.import_files(self.folder / "in")
        self.import_files(self.folder / "in")  # duplicates
        got = {name + ".dcm": content for study in (1, 2) for name, content in self.get_study(uid(1, study)).items()}
        self.assertEqual(got, wanted)
        for sequence, path in ((7, Instance(uid(3, 1), seed=5)), (8, large(10, 5 * MIB, seed=99, study=2))):
            self.import_files(self.write("again.dcm", path.part10()))
            wanted["%s.conflict-%d.dcm" % (path.sop_instance_uid, sequence)] = (EXPLICIT, path.data_set())
        lines, remarks = self.read(self.data, out=self.folder / "out")
        self.assertEqual(remarks, "")
        self.assertEqual(self.files(self.folder / "out"), wanted)
        self.assertEqual(sum(map(len, lines.values())), 8, "nothing is stored twice")
        self.assertEqual(sorted(key for key in lines if key[1] != "instance"), [(uid(3, 1), "conflict"), (uid(3, 10), "conflict")])
        self.assertGreater(int(lines[(uid(3, 10), "instance")][0]["pieces"]), 2)
        line = lines[(uid(3, 3), "instance")][0]
        self.assertEqual((line["study"], line["class"], line["syntax"]), (uid(1, 1), CT, DEFLATED))
        self.assertEqual(int(line["bytes"]), len(wanted[uid(3, 3) + ".dcm"][1]))
        # Segment by segment, without the folder around them, as well.
        self.assertEqual(set(self.read(*sorted((self.data / "segments").iterdir()))[0]), set(lines))

    def test_large_instances_interleave_and_lie_in_several_segments(self):
        wanted = {}
        for number in range(5):
            instance = large(number, 11 * MIB + 2 * number, seed=number)
            wanted[uid(3, number) + ".dcm"] = (EXPLICIT, instance.data_set())
            self.write("in/%d.dcm" % number, instance.part10())
        argent("import", self.folder / "in", "--data", self.data, "--set", "segment-mib=32", check=0)
        archive = Archive([self.data]).read()
        self.assertEqual(archive.damage + archive.notes, [])
        self.assertTrue(any(len({segment for segment, _, _ in r.pieces}) > 1 for r in archive.received), "pieces in several segments")
        self.assertEqual([r.outcome for r in archive.received], ["instance"] * 5)
        self.read(self.data, out=self.folder / "out")
        self.assertEqual(self.files(self.folder / "out"), wanted)
        self.assertEqual({name + ".dcm": content for name, content in self.get_study(uid(1, 1)).items()}, wanted)

    def test_a_damaged_copy_gives_way_to_a_whole_one(self):
        instance = Instance(uid(3, 1))
        path = self.write("a.dcm", instance.part10())
        self.import_files(path)
        segment = self.data / "segments" / "00000001.seg"
        content = bytearray(segment.read_bytes())
        content[BLOCK + HEADER + 200] ^= 1
        segment.write_bytes(content)
        _, remarks = self.read(self.data, code=1, out=self.folder / "out")
        self.assertIn("segment 00000001 offset 4096", remarks)
        self.assertEqual(self.files(self.folder / "out"), {})
        self.import_files(path)  # what does not read back is no duplicate: it is stored again
        lines, _ = self.read(self.data, code=1, out=self.folder / "out")
        self.assertEqual(sorted(lines), [(uid(3, 1), "damaged"), (uid(3, 1), "instance")])
        self.assertEqual(self.files(self.folder / "out"), {uid(3, 1) + ".dcm": (EXPLICIT, instance.data_set())})

    def test_segments_that_are_missing_are_missed(self):
        for number in range(3):
            self.import_files(self.write("%d.dcm" % number, Instance(uid(3, number)).part10()))
        for number in (1, 2):
            copy = self.copy()
            (copy / "segments" / ("%08x.seg" % number)).unlink()
            lines, remarks = self.read(copy, code=1)
            self.assertEqual(len(lines), 2)
            self.assertIn("facts %d to %d are missing" % (number, number), remarks)

    def test_what_lies_in_vault_segments_only_is_named_and_not_called_lost(self):
        for number in range(3):
            self.import_files(self.write("%d.dcm" % number, Instance(uid(3, number)).part10()))
        argent("compact", "--data", self.data, check=0)
        every = [(uid(3, number), "instance") for number in range(3)]
        self.assertEqual(sorted(self.read(self.data)[0]), every, "the log segments are still there")
        argent("compact", "--data", self.data, "--hot-mib", "0", check=0)
        self.assertEqual([p.name for p in sorted((self.data / "segments").glob("*.seg"))], ["00000003.seg"])
        lines, remarks = self.read(self.data, code=1)
        self.assertEqual(sorted(lines), [(uid(3, 0), "vault"), (uid(3, 1), "vault"), (uid(3, 2), "instance")])
        self.assertEqual(remarks, "NOT READ: 2 Instances are in vault segments only\n")
        vault = next((self.data / "segments").glob("*.vault"))
        content = bytearray(vault.read_bytes())
        content[BLOCK + HEADER] ^= 1
        vault.write_bytes(content)
        self.assertIn("DAMAGE segment %s offset 4096" % vault.stem, self.read(self.data, code=1)[1])

    @needs_program("xxhsum")
    def test_the_digest_is_xxh3_128(self):
        self.import_files(self.write("a.dcm", Instance(uid(3, 1)).part10()))
        received = Archive([self.data]).read().received[0]
        path = self.write("data-set", Instance(uid(3, 1)).data_set())
        self.assertEqual(run("xxhsum", "-H2", path, check=0).stdout.split()[0], received.digest.hex())

    @unittest.skipUnless(REAL, "ARGENT_TEST_DATA is not set")
    def test_real_files(self):
        report = self.import_files(REAL, code=None)
        out = self.folder / "out"
        archive = Archive([self.data]).read()
        self.assertEqual(archive.damage + archive.notes, [])
        given = {r.instance: r for r in archive.received if r.outcome == "instance"}
        self.assertEqual(set(given), {line["sop_instance_uid"] for line in report if line["outcome"] != "refused"})
        self.assertEqual(sum(r.outcome == "conflict" for r in archive.received), sum(line["outcome"] == "conflict" for line in report))
        for study in sorted({r.study for r in given.values()}):
            argent("get", "--study", study, "--out", out, "--data", self.data, check=0)
        for path in out.rglob("*.dcm"):
            received = given.pop(path.stem)
            self.assertEqual(split_part10(path.read_bytes()), (received.syntax, b"".join(archive.data_set(received))), path.stem)
        self.assertEqual(given, {}, "argent get gives all that the reader finds")


class Damage(FormatTest):
    def fill(self):
        """Three segments: small Instances, large ones, a conflict. {(UID, "instance" or "conflict"): digest}

        One after the other over one Association, so that the same seed finds the same records in the same places.
        """
        expected = {}
        for instances in ([Instance(uid(3, n), number=n) for n in range(6)], [large(n, 2 * MIB + 300_000, seed=n) for n in (10, 11)],
                          [Instance(uid(3, n), number=n, seed=4) for n in (2, 20, 21)]):
            with Server(self.data, "--set", "compact=false") as server:
                with Scu(server.address) as scu:
                    scu.associate([(CT, [EXPLICIT])])
                    for instance in instances:
                        self.assertEqual(scu.store(1, CT, instance.sop_instance_uid, instance.data_set())[0], 0)
                        word = "conflict" if (instance.sop_instance_uid, "instance") in expected else "instance"
                        expected[(instance.sop_instance_uid, word)] = hashlib.sha256(instance.data_set()).digest()
                    scu.release()
                self.assertEqual(server.stop(), 0)
        return expected

    def result(self, folder):
        archive = Archive([folder]).read()
        found = {}
        for received in archive.received:
            if received.outcome in ("instance", "conflict"):
                digest = hashlib.sha256()
                for piece in archive.data_set(received):
                    digest.update(piece)
                found[(received.instance, received.outcome)] = digest.digest()
        return archive, found

    def check_same_or_absent(self, found, expected, what):
        """What is given out is what went in; an Instance may be absent, and then only its conflict is there."""
        for key, digest in found.items():
            self.assertEqual(digest, expected.get(key), "%s: another Data Set under %s" % (what, key))

    def places(self, folder):
        """(path, offset of the record, header bytes, payload bytes, all bytes) of every record, and of the segment headers."""
        for segment in Archive([folder]).segments.values():
            yield segment.path, 0, BLOCK, 0, BLOCK
            at = BLOCK
            while at < segment.size:
                record = segment.record(at)
                end = segment.size if record.kind == 3 else at + round_up(HEADER + record.payload_bytes)
                yield segment.path, at, HEADER, record.payload_bytes, end - at
                at = end

    def test_flipped_bits_are_found_or_harmless(self):
        expected = self.fill()
        copy = self.copy()
        archive, found = self.result(copy)
        self.assertEqual((found, archive.damage), (expected, []))
        places = list(self.places(copy))
        rng = random.Random(SEED)
        counts = {"found": 0, "harmless": 0}
        for number in range(FLIPS):
            path, begin, header, payload, length = rng.choice(places)
            regions = [(0, header), (header, header + payload), (header + payload, length)]
            first, end = rng.choice([region for region in regions if region[0] < region[1]])
            at = begin + rng.randrange(first, end)
            what = "seed %d flip %d: %s byte %d" % (SEED, number, path.name, at)
            with open(path, "r+b") as file:
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1 << rng.randrange(8)]))
            archive, found = self.result(copy)
            self.check_same_or_absent(found, expected, what)
            if archive.damage:
                self.assertTrue(any("segment %s offset" % path.stem in d for d in archive.damage), (what, archive.damage))
                counts["found"] += 1
            else:
                self.assertEqual(found, expected, what)
                self.assertGreaterEqual(at, begin + header + payload, what + ": not noticed, and no padding")
                counts["harmless"] += 1
            with open(path, "r+b") as file:
                file.seek(at)
                file.write(bytes([byte]))
        self.assertEqual(self.result(copy)[0].damage, [])
        self.assertGreater(counts["found"], FLIPS // 3)
        self.assertGreater(counts["harmless"], 0)
        print("  %(found)d flipped bits found, %(harmless)d in padding" % counts)

    def test_the_program_names_the_damage_and_exits_1(self):
        expected = self.fill()
        copy = self.copy()
        path, begin, _, payload, _ = next(p for p in self.places(copy) if p[3] > MIB)
        content = bytearray(path.read_bytes())
        content[begin + HEADER + payload // 2] ^= 0x10
        path.write_bytes(content)
        _, remarks = self.read(copy, code=1, out=self.folder / "out")
        self.assertRegex(remarks, "DAMAGE segment %s offset %d: payload block" % (path.stem, begin))
        self.assertEqual(len(self.files(self.folder / "out")), len(expected) - 1, "one Instance is lost, the others are not")

    def test_a_block_in_the_wrong_place_is_no_record(self):
        self.fill()
        copy = self.copy()
        path, begin, _, _, length = next(place for place in self.places(copy) if place[1] > 0)
        content = bytearray(path.read_bytes())
        other = path.with_name("00000003.seg").read_bytes()
        content[begin:begin + length] = other[begin:begin + length]
        path.write_bytes(content)
        archive, _ = self.result(copy)
        self.assertTrue(any("the record of segment 00000003" in d for d in archive.damage), archive.damage)

    def test_a_cut_tail(self):
        expected = self.fill()
        rng = random.Random(SEED)
        for name, is_newest in (("00000002.seg", False), ("00000003.seg", True)):
            size = (self.data / "segments" / name).stat().st_size
            for cut in [0, 100, BLOCK, BLOCK + HEADER, size - 1, size - 16, size - BLOCK] + [rng.randrange(size) for _ in range(15)]:
                copy = self.copy()
                os.truncate(copy / "segments" / name, cut)
                archive, found = self.result(copy)
                what = "%s cut at %d" % (name, cut)
                self.check_same_or_absent(found, expected, what)
                if is_newest:  # looks like a stop in the middle: whatever is whole is there, and it is said
                    self.assertTrue(archive.damage or archive.notes, what)
                else:  # behind the seal's payload nothing is lost
                    self.assertTrue(archive.damage or found == expected and archive.notes, what)
                    self.assertTrue(set(found) >= {key for key in expected if key[0] < uid(3, 10)} - {(uid(3, 2), "conflict")}, what)


class AfterAKill(FormatTest):
    def send(self, server, first, acknowledged):
        """Stores until the server is gone; notes what was acknowledged."""
        try:
            with Scu(server.address) as scu:
                scu.associate([(CT, [EXPLICIT])])
                for number in range(first, first + 10_000):
                    instance = Instance(uid(3, number), number=number) if number % 7 else large(number, 3 * MIB, seed=number)
                    if scu.store(1, CT, instance.sop_instance_uid, instance.data_set())[0] == 0:
                        acknowledged[instance.sop_instance_uid] = instance.data_set()
        except (Closed, OSError):
            pass

    def test_everything_acknowledged_is_in_the_segments(self):
        acknowledged = {}
        with Server(self.data, "--set", "segment-mib=64", "--set", "compact=false") as server:
            threads = [threading.Thread(target=self.send, args=(server, 100_000 * n, acknowledged)) for n in range(1, 5)]
            for thread in threads:
                thread.start()
            while len(acknowledged) < 60:
                threads[0].join(0.01)
            server.kill()
            for thread in threads:
                thread.join(60)
        copy = self.copy()
        lines, remarks = self.read(self.data, out=self.folder / "out")
        self.assertIn("no seal", remarks)
        found = self.files(self.folder / "out")
        for sop_instance_uid, data_set in acknowledged.items():
            self.assertEqual(found.get(sop_instance_uid + ".dcm"), (EXPLICIT, data_set), sop_instance_uid)
        # What the archive itself makes of it after recovery is the same, and then there is a seal.
        argent("status", "--data", self.data, check=0)
        self.assertEqual(self.read(self.data), (lines, ""))
        self.assertEqual({n + ".dcm": content for n, content in self.get_study(uid(1, 1)).items()}, found)
        self.flip_unsealed(copy, found)
        print("  %d acknowledged, %d found" % (len(acknowledged), len(found)))

    def flip_unsealed(self, copy, found):
        """Without a seal a flipped bit may look like the torn end of the log; it is never taken for an image."""
        path = sorted((copy / "segments").iterdir())[-1]
        newest = Archive([copy]).read()
        end = max(r.pieces[-1][1] for r in newest.received if r.pieces[-1][0] == newest.segments[max(newest.segments)].id)
        rng = random.Random(SEED)
        for _ in range(20):
            at = rng.randrange(end)
            with open(path, "r+b") as file:
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1 << rng.randrange(8)]))
            archive = Archive([copy]).read()
            for received in archive.received:
                if received.outcome == "instance":
                    self.assertEqual(b"".join(archive.data_set(received)), found[received.instance + ".dcm"][1])
            with open(path, "r+b") as file:
                file.seek(at)
                file.write(bytes([byte]))


class TheEndOfTheLog(FormatTest):
    """Section 9, over segments made here; Argent's own recovery must come to the same end."""

    def build(self, durable, spoil=None):
        """An open segment of three groups, each a data and a commit record; `durable`: what their headers say. `spoil`: (record, byte)."""
        header = b"ARGSEG01" + struct.pack("<II16sqQ", 1, 1, b"archive id 12345", 0, 0)
        header = header.ljust(4092, b"\0")
        segment = header + struct.pack("<I", zlib.crc32(header))
        self.offsets = []
        for group in range(3):
            data_offset = len(segment)
            segment += make_record(1, data_offset, bytes([group]) * 100_000, durable[group])
            commit_offset = len(segment)
            segment += make_record(2, commit_offset, struct.pack("<I", 1) + make_fact(group + 1, data_offset, 100_000), durable[group])
            self.offsets += [data_offset, commit_offset]
        segment = bytearray(segment + bytes(1 << 20))  # reserved ahead
        if spoil:
            segment[self.offsets[spoil[0]] + spoil[1]] ^= 1
        shutil.rmtree(self.data, ignore_errors=True)
        (self.data / "segments").mkdir(parents=True)
        (self.data / "FORMAT").write_text("argent 1\narchive %s\n" % b"archive id 12345".hex())
        (self.data / "segments" / "00000001.seg").write_bytes(segment)

    def ends(self, instances, damage):
        """The reader and Argent find these Instances, and damage or none."""
        archive = Archive([self.data]).read()
        self.assertEqual([r.instance for r in archive.received], [uid(3, n) for n in instances], archive.notes)
        self.assertEqual(bool(archive.damage), damage, archive.damage)
        self.assertEqual(sorted(i["SOPInstanceUID"] for i in list_json("instances", self.data)), [uid(3, n) for n in instances])
        return archive

    def test_whole_groups_count_though_nothing_proves_that_they_were_flushed(self):
        self.build([BLOCK, BLOCK, BLOCK])
        self.ends([1, 2, 3], damage=False)

    def test_a_torn_group_and_what_follows_never_happened(self):
        for record, byte in ((2, HEADER + 70_000), (3, HEADER + 10)):
            self.build([BLOCK, BLOCK, BLOCK], spoil=(record, byte))
            archive = self.ends([1], damage=False)
            self.assertTrue(any("offset %d: dropped" % self.offsets[record] in note for note in archive.notes), archive.notes)

    def test_a_torn_header_ends_the_log(self):
        for record in (2, 3):
            self.build([BLOCK, BLOCK, BLOCK], spoil=(record, 20))
            archive = self.ends([1], damage=False)
            self.assertTrue(any("offset %d: the log ends here" % self.offsets[record] in note for note in archive.notes), archive.notes)

    def test_what_was_flushed_once_is_damage(self):
        self.build([BLOCK, BLOCK, BLOCK])
        third = self.offsets[4]  # when the third group was written, the two before had been flushed
        self.build([BLOCK, BLOCK, third], spoil=(2, HEADER + 70_000))
        archive = self.ends([1, 2, 3], damage=True)
        self.assertEqual([r.outcome for r in archive.received], ["instance", "damaged", "instance"])
        self.build([BLOCK, BLOCK, third], spoil=(3, HEADER + 10))
        self.ends([1, 3], damage=True)
        self.build([BLOCK, BLOCK, third], spoil=(3, 20))
        self.ends([1, 3], damage=True)


class ThePage(FormatTest):
    def example(self):
        return re.search(r"## 12\. A worked example.*?```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S).group(1)

    def test_the_worked_example_is_explained_as_it_is(self):
        content = format_explain.parse(self.example())
        self.assertEqual(format_explain.explain(content), self.example())

    def test_the_worked_example_can_be_read(self):
        path = self.write("00000001.seg", format_explain.parse(self.example()))
        lines, remarks = self.read(path, out=self.folder / "out")
        self.assertEqual((list(lines), remarks), ([("2.25.3", "instance")], ""))
        syntax, data_set = self.files(self.folder / "out")["2.25.3.dcm"]
        self.assertEqual((syntax, len(data_set), data_set[-4:]), (EXPLICIT, 198, b"\x00\x55\xAA\xFF"))
        received = Archive([path]).read().received[0]
        self.assertEqual(data_set[received.pixel_data[4]:], b"\x00\x55\xAA\xFF")
        self.assertEqual((received.door, received.calling, received.called, received.peer), (1, b"CT1", b"ARGENT", b"192.0.2.7:52011"))

    def test_unknown_kinds_are_skipped_with_a_warning(self):
        example = format_explain.parse(self.example())
        fact = Archive([self.write("00000001.seg", example)]).read().facts[0]
        unknown = make_record(77, 2 * BLOCK, b"from a newer program" * 5000)
        at = 2 * BLOCK + len(unknown)
        facts = [(1, 900, b"what is this"), (2, fact.kind, fact.body), (3, 901, b"")]
        payload = struct.pack("<I", len(facts)) + b"".join(struct.pack("<QHHI", s, k, 0, len(b)) + b for s, k, b in facts)
        segment = example[:2 * BLOCK] + unknown + make_record(2, at, payload)
        (self.data / "segments").mkdir(parents=True)
        (self.data / "FORMAT").write_text("argent 1\narchive %s\n" % example[16:32].hex())
        (self.data / "segments" / "00000001.seg").write_bytes(segment)
        lines, remarks = self.read(self.data)
        self.assertEqual(list(lines), [("2.25.3", "instance")])
        for words in ("unknown kind 77", "fact 1 of unknown kind 900", "fact 3 of unknown kind 901"):
            self.assertIn(words, remarks)
        # Argent keeps to the same rule.
        done = argent("status", "--data", self.data, check=0)
        self.assertIn("a record of kind 77", done.stderr)
        self.assertIn("fact 1 has kind 900", done.stderr)
        self.assertEqual(self.get_data_set("2.25.3"), split_part10(part10(CT, "2.25.3", EXPLICIT, example[0x1200:0x12c6])))

    def test_a_newer_version_is_not_read(self):
        example = format_explain.parse(self.example())
        header = example[:8] + struct.pack("<I", 2) + example[12:4092]
        path = self.write("00000001.seg", header + struct.pack("<I", zlib.crc32(header)) + example[BLOCK:])
        self.assertIn("format version 2", run(sys.executable, READER, path, "--list", check=3).stderr)
        path = self.write("00000001.seg", example[:BLOCK] + make_record(1, BLOCK, b"new", version=2) + example[2 * BLOCK:])
        self.assertIn("offset 4096: a record of format version 2; read no further", self.read(path, code=1)[1])

    def test_a_payload_that_contradicts_its_fact_is_refused(self):
        example = format_explain.parse(self.example())
        short = example[:BLOCK] + make_record(1, BLOCK, example[0x1200:0x12c4]) + example[2 * BLOCK:]
        archive = Archive([self.write("00000001.seg", short)]).read()
        self.assertEqual([r.outcome for r in archive.received], ["damaged"])
        with self.assertRaises(Unreadable):
            list(archive.data_set(archive.received[0]))


if __name__ == "__main__":
    main()
