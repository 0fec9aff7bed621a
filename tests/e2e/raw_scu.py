"""A DICOM SCU written from PS3.8 and PS3.7 with sockets: any Transfer Syntax, any bytes, and every way of behaving badly."""
import socket
import struct

VERIFICATION = "1.2.840.10008.1.1"


class Closed(Exception):
    """The peer closed or aborted."""


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def associate_request(contexts, called="ARGENT", calling="RAW_SCU", pdu_bytes_max=16384):
    """contexts: [(abstract syntax, [transfer syntax, …]), …], with the IDs 1, 3, 5 …"""
    body = struct.pack(">HH16s16s32s", 1, 0, called.ljust(16).encode(), calling.ljust(16).encode(), b"")
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for index, (abstract, transfers) in enumerate(contexts):
        content = bytes([2 * index + 1, 0, 0, 0]) + item(0x30, abstract.encode())
        content += b"".join(item(0x40, t.encode()) for t in transfers)
        body += item(0x20, content)
    body += item(0x50, item(0x51, struct.pack(">I", pdu_bytes_max)) + item(0x52, b"2.25.27182818284590452353602874713527"))
    return pdu(1, body)


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def command_set(elements):
    body = b""
    for element, value in sorted(elements.items()):
        if isinstance(value, int):
            value = struct.pack("<H", value)
        elif isinstance(value, str):
            value = value.encode() + b"\0" * (len(value) % 2)
        body += struct.pack("<HHI", 0, element, len(value)) + value
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


class Scu:
    def __init__(self, address, timeout=30):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.message_id = 0
        self.accepted = {}  # context ID: Transfer Syntax
        self.pdu_bytes_max = 16384

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        out = b""
        while len(out) < count:
            part = self.socket.recv(count - len(out))
            if not part:
                raise Closed("closed")
            out += part
        return out

    def read_pdu(self):
        kind, _, length = struct.unpack(">BBI", self.read(6))
        return kind, self.read(length)

    def associate(self, contexts, **options):
        """The kind of PDU that came back: 2 accepted, 3 rejected."""
        self.send(associate_request(contexts, **options))
        kind, body = self.read_pdu()
        self.reply = body
        at = 68
        while kind == 2 and at + 4 <= len(body):
            kind_of_item, _, length = struct.unpack_from(">BBH", body, at)
            if kind_of_item == 0x21 and body[at + 6] == 0:
                self.accepted[body[at + 4]] = body[at + 12:at + 4 + length].rstrip(b"\0").decode()
            if kind_of_item == 0x50:
                self.pdu_bytes_max = struct.unpack_from(">I", body, at + 8)[0] or 131072
            at += 4 + length
        return kind

    def send_pdvs(self, context_id, data, is_command):
        room = min(self.pdu_bytes_max, 131072) - 6
        for at in range(0, max(len(data), 1), room):
            part = data[at:at + room]
            last = 2 if at + room >= len(data) else 0
            self.send(pdu(4, struct.pack(">IBB", len(part) + 2, context_id, int(is_command) | last) + part))

    def read_response(self):
        """The elements of the next command set: {element: bytes}."""
        data = b""
        while True:
            kind, body = self.read_pdu()
            if kind == 7:
                raise Closed("A-ABORT source %d reason %d" % (body[2], body[3]))
            at = 0
            while kind == 4 and at < len(body):
                length, _, control = struct.unpack_from(">IBB", body, at)
                if control & 1:
                    data += body[at + 6:at + 4 + length]
                at += 4 + length
                if control & 3 == 3:
                    return parse_command(data)

    def store(self, context_id, sop_class, sop_instance_uid, data_set):
        """(Status, Error Comment)"""
        self.message_id += 1
        self.send_pdvs(context_id, command_set({
            0x0002: sop_class, 0x0100: 1, 0x0110: self.message_id, 0x0700: 0, 0x0800: 0, 0x1000: sop_instance_uid}), True)
        self.send_pdvs(context_id, data_set, False)
        response = self.read_response()
        comment = response.get(0x0902, b"").decode(errors="replace").strip("\0 ")
        return struct.unpack("<H", response[0x0900])[0], comment

    def echo(self, context_id):
        self.message_id += 1
        self.send_pdvs(context_id, command_set({0x0002: VERIFICATION, 0x0100: 0x30, 0x0110: self.message_id, 0x0800: 0x0101}), True)
        return struct.unpack("<H", self.read_response()[0x0900])[0]

    def release(self):
        self.send(pdu(5, b"\0" * 4))
        return self.read_pdu()[0]


def parse_command(data):
    out, at = {}, 0
    while at + 8 <= len(data):
        _, element, length = struct.unpack_from("<HHI", data, at)
        out[element] = data[at + 8:at + 8 + length]
        at += 8 + length
    return out


def store_once(address, sop_class, sop_instance_uid, transfer_syntax, data_set):
    """One Association, one Instance: (Status, Error Comment)."""
    with Scu(address) as scu:
        if scu.associate([(sop_class, [transfer_syntax])]) != 2 or 1 not in scu.accepted:
            raise Closed("the context was not accepted")
        result = scu.store(1, sop_class, sop_instance_uid, data_set)
        scu.release()
        return result
