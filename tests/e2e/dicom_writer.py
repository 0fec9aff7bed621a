"""DICOM objects for the tests, made from nothing but the Standard: bytes of Data Sets in every encoding, and Part 10 files.

Deliberately small and independent of Argent and of DCMTK. Everything follows from the arguments: the same call gives the same bytes.
A Data Set is a list of elements (tag, VR, value); a value is bytes, str, int, or for SQ a list of such lists.
"""
import struct
import zlib

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
RLE = "1.2.840.10008.1.2.5"

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
PRIVATE_STORAGE = "1.3.12.2.1107.5.9.1"

LONG_VRS = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF
NULL_PADDED = {"UI", "OB", "UN"}
BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}


def uid(*numbers):
    """A UID of the tests: the same numbers, the same UID."""
    return "2.25.9" + "".join("%06d" % n for n in numbers).rjust(36, "0")


def encode_value(vr, value, order):
    if isinstance(value, (bytes, bytearray)):
        data = bytes(value)
    elif vr in BINARY:
        values = value if isinstance(value, (list, tuple)) else [value]
        data = b"".join(struct.pack(order + BINARY[vr], v) for v in values)
    else:
        data = str(value).encode("utf-8")
    if len(data) % 2:
        data += b"\0" if vr in NULL_PADDED else b" "
    return data


def encode(elements, explicit=True, order="<", undefined_lengths=False):
    """The Data Set as bytes, elements in ascending order of tags."""
    out = bytearray()
    for tag, vr, value in sorted(elements, key=lambda e: e[0]):
        if vr == "SQ":
            data = b"".join(encode_item(item, explicit, order, undefined_lengths) for item in value)
            length = UNDEFINED if undefined_lengths else len(data)
            if undefined_lengths:
                data += struct.pack(order + "HHI", 0xFFFE, 0xE0DD, 0)
        elif vr == "OW" and order == ">" and isinstance(value, (bytes, bytearray)):
            data = swap16(value)
            length = len(data)
        elif isinstance(value, Encapsulated):
            data, length = value.encode(), UNDEFINED
        else:
            data = encode_value(vr, value, order)
            length = len(data)
        out += struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
        if not explicit:
            out += struct.pack(order + "I", length)
        elif vr in LONG_VRS:
            out += vr.encode() + b"\0\0" + struct.pack(order + "I", length)
        else:
            out += vr.encode() + struct.pack(order + "H", length)
        out += data
    return bytes(out)


def encode_item(elements, explicit, order, undefined_lengths):
    data = encode(elements, explicit, order, undefined_lengths)
    if undefined_lengths:
        end = struct.pack(order + "HHI", 0xFFFE, 0xE00D, 0)
        return struct.pack(order + "HHI", 0xFFFE, 0xE000, UNDEFINED) + data + end
    return struct.pack(order + "HHI", 0xFFFE, 0xE000, len(data)) + data


def swap16(data):
    swapped = bytearray(len(data))
    swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
    return bytes(swapped)


class Encapsulated:
    """Encapsulated Pixel Data: an empty Basic Offset Table and one Fragment a Frame."""

    def __init__(self, frames):
        self.frames = frames

    def encode(self):
        out = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        for frame in self.frames:
            data = frame + b"\0" * (len(frame) % 2)
            out += struct.pack("<HHI", 0xFFFE, 0xE000, len(data)) + data
        return out + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def cells(rows, columns, seed):
    """Pixel cells of 16 bits, 12 used; little endian."""
    state = seed & 0x7FFFFFFF
    out = bytearray()
    for row in range(rows):
        for column in range(columns):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            out += struct.pack("<H", (row * 8 + column * 3 + (state >> 20 & 15)) & 0x0FFF)
    return bytes(out)


class Instance:
    """One object: its elements, and the same in any encoding."""

    def __init__(self, sop_instance_uid, study=1, series=1, number=1, sop_class=CT, modality="CT", patient_id="PAT-1",
                 patient_name="Doe^Jane", rows=16, columns=16, seed=1, extra=(), without=(), pixel_data=None):
        self.sop_class = sop_class
        self.sop_instance_uid = sop_instance_uid
        self.study_uid = study if isinstance(study, str) else uid(1, study)
        self.series_uid = series if isinstance(series, str) else uid(2, study if isinstance(study, int) else 0, series)
        elements = {
            0x00080005: ("CS", "ISO_IR 192"),
            0x00080008: ("CS", "ORIGINAL\\PRIMARY"),
            0x00080016: ("UI", sop_class),
            0x00080018: ("UI", sop_instance_uid),
            0x00080020: ("DA", "20240305"),
            0x00080030: ("TM", "101530"),
            0x00080050: ("SH", "ACC%s" % (study if isinstance(study, int) else 0)),
            0x00080060: ("CS", modality),
            0x00080090: ("PN", "Refer^Rita"),
            0x00081030: ("LO", "Chest routine"),
            0x0008103E: ("LO", "Axial"),
            0x00081032: ("SQ", [[(0x00080100, "SH", "24627-2"), (0x00080102, "SH", "LN"), (0x00080104, "LO", "CT Chest")]]),
            0x00100010: ("PN", patient_name),
            0x00100020: ("LO", patient_id),
            0x00100030: ("DA", "19700101"),
            0x00100040: ("CS", "F"),
            0x0020000D: ("UI", self.study_uid),
            0x0020000E: ("UI", self.series_uid),
            0x00200010: ("SH", "1"),
            0x00200011: ("IS", "1"),
            0x00200013: ("IS", str(number)),
            0x00280002: ("US", 1),
            0x00280004: ("CS", "MONOCHROME2"),
            0x00280010: ("US", rows),
            0x00280011: ("US", columns),
            0x00280100: ("US", 16),
            0x00280101: ("US", 12),
            0x00280102: ("US", 11),
            0x00280103: ("US", 0),
            0x7FE00010: ("OW", cells(rows, columns, seed) if pixel_data is None else pixel_data),
        }
        for tag, vr, value in extra:
            elements[tag] = (vr, value)
        for tag in without:
            elements.pop(tag, None)
        self.elements = [(tag, vr, value) for tag, (vr, value) in elements.items()]

    def data_set(self, transfer_syntax=EXPLICIT, undefined_lengths=False):
        if transfer_syntax == IMPLICIT:
            return encode(self.elements, explicit=False, undefined_lengths=undefined_lengths)
        if transfer_syntax == BIG_ENDIAN:
            return encode(self.elements, order=">", undefined_lengths=undefined_lengths)
        plain = encode(self.elements, undefined_lengths=undefined_lengths)
        if transfer_syntax == DEFLATED:
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            data = packer.compress(plain) + packer.flush()
            return data + b"\0" * (len(data) % 2)
        return plain

    def part10(self, transfer_syntax=EXPLICIT, undefined_lengths=False):
        return part10(self.sop_class, self.sop_instance_uid, transfer_syntax, self.data_set(transfer_syntax, undefined_lengths))


def part10(sop_class, sop_instance_uid, transfer_syntax, data_set):
    meta = encode([
        (0x00020001, "OB", b"\0\1"),
        (0x00020002, "UI", sop_class),
        (0x00020003, "UI", sop_instance_uid),
        (0x00020010, "UI", transfer_syntax),
        (0x00020012, "UI", "2.25.3141592653589793238462643383279"),
    ])
    length = struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, len(meta))
    return b"\0" * 128 + b"DICM" + length + meta + data_set


def split_part10(data):
    """(Transfer Syntax UID, Data Set bytes) of a Part 10 file with a group length.

    The File Meta Information ends where group 0002 ends, whatever its group length claims: real files have wrong ones.
    """
    if data[128:132] != b"DICM":
        raise ValueError("no DICM prefix")
    if data[132:140] != struct.pack("<HH2sH", 2, 0, b"UL", 4):
        raise ValueError("no File Meta Information group length")
    at, syntax = 144, None
    while data[at:at + 2] == b"\2\0":
        element, vr, length = struct.unpack_from("<H2sH", data, at + 2)
        at += 8
        if vr.decode() in LONG_VRS:
            length = struct.unpack_from("<I", data, at)[0]
            at += 4
        if element == 0x10:
            syntax = syntax or data[at:at + length].rstrip(b"\0 ").decode()
        at += length
    return syntax, data[at:]
