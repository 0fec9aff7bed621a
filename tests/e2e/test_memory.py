"""Memory has a bound: 64 Associations sending, and one Instance far larger than any buffer.

ARGENT_LONG_TESTS=1 sends 4 GiB in one Instance instead of 600 MB.
"""
import os
import struct

from dicom_writer import CT, EXPLICIT, Instance, encode, uid
from harness import ArchiveTest, Server, argent, load_path, main, run
from raw_scu import Scu, command_set, pdu

RSS_BYTES_MAX = 400 << 20
LONG = os.environ.get("ARGENT_LONG_TESTS") == "1"
# A Data Element's length has 32 bits and is even.
PIXEL_BYTES = (1 << 32) - 4096 if LONG else 600 * 1000 * 1000


class Memory(ArchiveTest):
    def test_64_associations_of_ct_stay_under_the_bound(self):
        with Server(self.data) as server:
            done = run(load_path(), "store", "--port", server.port, "--associations", 64, "--template", "ct", "--count", 1500)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            peak = server.rss_bytes(peak=True)
            print("  peak resident memory: %d MiB" % (peak >> 20))
            self.assertLess(peak, RSS_BYTES_MAX)
            self.assertEqual(server.stop(), 0)

    def test_one_huge_instance_streams_through(self):
        instance = Instance(uid(3, 1))
        front = encode([e for e in instance.elements if e[0] != 0x7FE00010])
        front += struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, PIXEL_BYTES)
        block = os.urandom(1 << 16)
        with Server(self.data) as server:
            with Scu(server.address, timeout=600) as scu:
                self.assertEqual(scu.associate([(CT, [EXPLICIT])]), 2)
                scu.send_pdvs(1, command_set({2: CT, 0x100: 1, 0x110: 1, 0x700: 0, 0x800: 0, 0x1000: uid(3, 1)}), True)
                room = min(scu.pdu_bytes_max, 131072) - 6
                scu.send(pdu(4, struct.pack(">IBB", len(front) + 2, 1, 0) + front))
                part = (block * 3)[:room & ~1]
                packed = pdu(4, struct.pack(">IBB", len(part) + 2, 1, 0) + part)
                left = PIXEL_BYTES
                while left > len(part):
                    scu.send(packed)
                    left -= len(part)
                scu.send(pdu(4, struct.pack(">IBB", left + 2, 1, 2) + part[:left]))
                response = scu.read_response()
                self.assertEqual(struct.unpack("<H", response[0x0900])[0], 0, response)
                scu.release()
            peak = server.rss_bytes(peak=True)
            print("  peak resident memory: %d MiB for an Instance of %d MB" % (peak >> 20, PIXEL_BYTES // 1000000))
            self.assertLess(peak, RSS_BYTES_MAX)
            self.assertEqual(server.stop(), 0)
        out = self.folder / "out"
        # `get` compares the digest of every byte with the one computed on the way in.
        argent("get", "--instance", uid(3, 1), "--out", out, "--data", self.data, check=0)
        written = next(out.rglob("*.dcm")).stat().st_size
        self.assertGreater(written, PIXEL_BYTES + len(front))
        self.assertLess(written, PIXEL_BYTES + len(front) + 1000)


if __name__ == "__main__":
    main()
