"""Peers that misbehave, on purpose or not: none of them may stall, crash or confuse the server for the others."""
import os
import random
import socket
import struct
import time

from dicom_writer import CT, EXPLICIT, Instance, uid
from harness import ArchiveTest, Server, main
from raw_scu import VERIFICATION, Closed, Scu, associate_request, command_set, pdu, store_once

IMPLICIT = "1.2.840.10008.1.2"


class BadPeers(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.server = Server(self.data).start()
        self.addCleanup(self.finish)

    def finish(self):
        if self.server.process.poll() is None:
            self.server.kill()

    def assert_alive(self):
        started = time.monotonic()
        self.assertTrue(self.server.echo())
        self.assertLess(time.monotonic() - started, 2, "another peer had to wait")
        self.assertIsNone(self.server.process.poll())

    def connect(self):
        peer = socket.create_connection(self.server.address, timeout=20)
        self.addCleanup(peer.close)
        return peer

    def ends(self, peer):
        """Reads to the end; what came."""
        out = b""
        try:
            while True:
                part = peer.recv(65536)
                if not part:
                    return out
                out += part
        except ConnectionResetError:
            return out

    def test_silent_clients_stall_nobody(self):
        for _ in range(50):
            self.connect()
        self.assert_alive()

    def test_half_a_pdu_stalls_nobody(self):
        request = associate_request([(VERIFICATION, [IMPLICIT])])
        for cut in (1, 5, 6, 7, 74, len(request) - 1):
            self.connect().sendall(request[:cut])
        self.assert_alive()

    def test_garbage_is_answered_by_an_abort_or_a_close(self):
        rng = random.Random(4711)
        for _ in range(30):
            peer = self.connect()
            peer.sendall(bytes([rng.choice((0, 8, 99, 255))]) + rng.randbytes(rng.randrange(1, 400)))
            try:
                peer.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            out = self.ends(peer)
            self.assertTrue(out == b"" or out[0] in (3, 7), out[:20])
        self.assert_alive()

    def test_a_gigantic_pdu_length_is_refused_at_once(self):
        for kind in (1, 4):
            peer = self.connect()
            peer.sendall(struct.pack(">BBI", kind, 0, 0xFFFFFFF0))
            out = self.ends(peer)
            self.assertTrue(out == b"" or out[0] in (3, 7))
        self.assertLess(self.server.rss_bytes(), 400 << 20)
        self.assert_alive()

    def test_data_before_an_association_is_aborted(self):
        peer = self.connect()
        peer.sendall(pdu(4, struct.pack(">IBB", 6, 1, 3) + b"abcd"))
        out = self.ends(peer)
        self.assertTrue(out == b"" or out[0] == 7)
        self.assert_alive()

    def test_hundreds_of_damaged_association_requests(self):
        rng = random.Random(42)
        request = bytearray(associate_request([(VERIFICATION, [IMPLICIT]), (CT, [EXPLICIT, IMPLICIT])]))
        for _ in range(300):
            damaged = bytearray(request)
            for _ in range(rng.randrange(1, 6)):
                damaged[rng.randrange(6, len(damaged))] = rng.randrange(256)
            with socket.create_connection(self.server.address, timeout=20) as peer:
                peer.sendall(damaged)
                try:
                    peer.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                out = self.ends(peer)
                self.assertTrue(out == b"" or out[0] in (2, 3, 7), out[:10])
        self.assert_alive()

    def test_128_contexts_are_all_answered(self):
        contexts = [("1.2.840.10008.5.1.4.1.1.%d" % n, [EXPLICIT, IMPLICIT]) for n in range(1, 128)] + [(VERIFICATION, [IMPLICIT])]
        with Scu(self.server.address) as scu:
            self.assertEqual(scu.associate(contexts), 2)
            self.assertEqual(len(scu.accepted), 128)
            self.assertEqual(scu.echo(255), 0)
            self.assertEqual(scu.release(), 6)

    def test_an_unaccepted_context_is_not_used(self):
        with Scu(self.server.address) as scu:
            scu.associate([(VERIFICATION, [IMPLICIT])])
            with self.assertRaises((Closed, ConnectionError)):
                scu.store(77, CT, uid(3, 1), b"")
        self.assert_alive()

    def test_an_application_context_that_is_not_dicoms_is_rejected(self):
        request = associate_request([(VERIFICATION, [IMPLICIT])]).replace(b"1.2.840.10008.3.1.1.1", b"1.2.840.10008.3.1.1.9")
        peer = self.connect()
        peer.sendall(request)
        self.assertEqual(peer.recv(1), b"\3")
        self.assert_alive()

    def test_pdvs_of_every_odd_size(self):
        instance = Instance(uid(3, 1))
        data = instance.data_set()
        with Scu(self.server.address) as scu:
            scu.associate([(CT, [EXPLICIT])])
            scu.send_pdvs(1, command_set({2: CT, 0x100: 1, 0x110: 1, 0x700: 0, 0x800: 0, 0x1000: instance.sop_instance_uid}), True)
            at, size = 0, 1
            while at < len(data):
                part = data[at:at + size]
                last = 2 if at + size >= len(data) else 0
                scu.send(pdu(4, struct.pack(">IBB", len(part) + 2, 1, last) + part))
                at, size = at + size, size % 97 + 2
            response = scu.read_response()
            self.assertEqual(struct.unpack("<H", response[0x0900])[0], 0)
            scu.release()
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.get_data_set(uid(3, 1)), (EXPLICIT, data))

    def test_many_associations_come_and_go_without_a_leak(self):
        def descriptors():
            return len(os.listdir("/proc/%d/fd" % self.server.process.pid))

        instance = Instance(uid(3, 1))
        store_once(self.server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
        time.sleep(0.2)
        before, rss = descriptors(), self.server.rss_bytes()
        for number in range(200):
            with Scu(self.server.address) as scu:
                scu.associate([(VERIFICATION, [IMPLICIT])])
                if number % 2:
                    scu.echo(1)
                    scu.release()
        for _ in range(100):
            if descriptors() <= before + 2:
                break
            time.sleep(0.05)
        self.assertLessEqual(descriptors(), before + 2)
        self.assertLess(self.server.rss_bytes() - rss, 64 << 20)


if __name__ == "__main__":
    main()
