"""`kill -9` in the middle of a storm of C-STORE, again and again: after a restart everything acknowledged is there byte for byte, nothing is
half visible, and a catalog rebuilt from the segments alone equals the one that lived through it all.

ARGENT_KILL_ROUNDS sets the rounds (default 20). A failure prints the round and its seed.
"""
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import ArchiveTest, Server, argent, dump_catalog, load_path, main  # noqa: E402

ROUNDS = int(os.environ.get("ARGENT_KILL_ROUNDS", "20"))
SEED = int(os.environ.get("ARGENT_KILL_SEED", "1"))


def digests(paths):
    """{path: (XXH3-64, bytes)} of the Data Sets in Part 10 files."""
    lines = []
    for path in paths:
        with open(path, "rb") as file:
            head = file.read(144)
        lines.append("%d %s\n" % (144 + struct.unpack_from("<I", head, 140)[0], path))
    done = subprocess.run([load_path(), "digest"], input="".join(lines).encode(), stdout=subprocess.PIPE, check=True)
    result = {}
    for line in done.stdout.decode().splitlines():
        digest, size, path = line.split(" ", 2)
        result[path] = (digest, int(size))
    return result


class KillLoop(ArchiveTest):
    def storm(self, round_number, rng):
        """One server life. The lines of the acknowledgement log."""
        log = self.folder / ("ack-%d" % round_number)
        template = ("ct", "mr", "tiny")[round_number % 3]
        with Server(self.data, "--set", "segment-mib=64") as server:
            sender = subprocess.Popen(
                [load_path(), "store", "--port", str(server.port), "--associations", str(rng.choice((1, 4, 16))), "--template", template,
                 "--seconds", "30", "--seed", str(1000 + round_number), "--instances-per-series", "50", "--ack-log", str(log)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.05, 1.2))
            server.kill()
            sender.wait(60)
        lines = [line.split() for line in log.read_text().splitlines()]
        return {u: (d, int(n)) for kind, u, d, n in lines if kind == "A"}, {u: (d, int(n)) for kind, u, d, n in lines if kind == "S"}

    def test_everything_acknowledged_survives(self):
        acknowledged, in_doubt = {}, {}
        for round_number in range(ROUNDS):
            rng = random.Random(SEED * 1000 + round_number)
            kept, unknown = self.storm(round_number, rng)
            acknowledged.update(kept)
            in_doubt.update(unknown)
            started = time.monotonic()
            status = json.loads(argent("status", "--json", "--data", self.data, check=0).stdout)
            recovery = time.monotonic() - started
            self.assertGreaterEqual(status["instances"], len(acknowledged), "round %d" % round_number)
            self.assertLessEqual(status["instances"], len(acknowledged) + len(in_doubt), "round %d" % round_number)
            self.assertEqual(status["damage"], 0)
            self.assertLess(recovery, 10, "a start after kill -9 takes seconds")
        self.assertGreater(len(acknowledged), 10 * ROUNDS)
        present = self.compare(acknowledged, in_doubt)
        before = dump_catalog(self.data)
        argent("rebuild-catalog", "--data", self.data, check=0)
        self.assertEqual(dump_catalog(self.data), before)
        print("  %d rounds, %d Instances acknowledged, all there; %d of %d unanswered ones kept, whole" % (
            ROUNDS, len(acknowledged), present - len(acknowledged), len(in_doubt)))

    def compare(self, acknowledged, in_doubt):
        """Every Instance there is read back and its bytes compared with what was sent; the number of Instances."""
        out = self.folder / "out"
        studies = [json.loads(line)["StudyInstanceUID"] for line in
                   argent("ls", "studies", "--json", "--data", self.data, check=0).stdout.splitlines()]
        seen = set()
        for study in studies:
            argent("get", "--study", study, "--out", out, "--data", self.data, check=0)
            for path, found in digests(sorted(out.rglob("*.dcm"))).items():
                sop_instance_uid = pathlib.Path(path).stem
                self.assertEqual(found, acknowledged.get(sop_instance_uid) or in_doubt[sop_instance_uid], sop_instance_uid)
                seen.add(sop_instance_uid)
            shutil.rmtree(out)
        self.assertEqual(set(acknowledged) - seen, set(), "acknowledged and lost")
        return len(seen)


if __name__ == "__main__":
    main()
