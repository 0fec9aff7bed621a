"""The servers that bench/peers and bench/hospital measure: started over an empty folder, stopped, and what they cost.

Ports are free ones on 127.0.0.1. CPU and memory are those of the server's process alone, from /proc.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60


def find_built(relative, variable):
    if os.environ.get(variable):
        return os.environ[variable]
    for build in sorted(ROOT.glob("build*")):
        if (build / relative).exists():
            return str(build / relative)
    sys.exit("no build*/%s: build first (deploy/build), or set %s" % (relative, variable))


def argent_path():
    return find_built("archive/argent", "ARGENT_BIN")


def load_path():
    return find_built("bench/argent_load", "ARGENT_LOAD_BIN")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """What every server here has: start(folder), stop(), port, and its costs so far."""

    name = ""
    aet = "ARGENT"
    environment = {}

    def command(self, folder):
        raise NotImplementedError

    def start(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = subprocess.Popen(self.command(self.folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, **self.environment))
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit("%s ended with %d instead of listening" % (self.name, self.process.returncode))
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    time.sleep(0.3)
                    return
            time.sleep(0.05)
        self.stop()
        sys.exit("%s does not listen" % self.name)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_seconds(self):
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_peak_bytes(self):
        for line in pathlib.Path("/proc/%d/status" % self.process.pid).read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def disk_bytes(self):
        """Blocks in use below the folder."""
        return sum(p.stat().st_blocks * 512 for p in self.folder.rglob("*") if p.is_file())


class Argent(Server):
    name = "argent"

    def command(self, folder):
        return [argent_path(), "serve", "--data", str(folder), "--dimse-port", str(self.port), "--http-port", "0", "--log-level", "warning"]


class Orthanc(Server):
    """As tuned as its configuration allows: no delay, big PDUs, more threads; every file synced before the answer."""

    name = "orthanc tuned"
    environment = {"TCP_NODELAY": "1"}
    tuning = {"MaximumPduLength": 131072, "DicomThreadsCount": 16, "ConcurrentJobs": 4}

    def command(self, folder):
        configuration = {
            "Name": "peer", "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "index"), "Plugins": [],
            "HttpServerEnabled": False, "DicomServerEnabled": True, "DicomAet": self.aet, "DicomPort": self.port,
            "DicomCheckCalledAet": False, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True, "StorageCompression": False,
            "SyncStorageArea": True, "StorageAccessOnFind": "Never", "LimitFindResults": 0, **self.tuning}
        path = folder / "orthanc.json"
        path.write_text(json.dumps(configuration))
        return [shutil.which("Orthanc") or "/usr/sbin/Orthanc", str(path)]


class OrthancDefault(Orthanc):
    """As the Debian package comes."""

    name = "orthanc default"
    environment = {}
    tuning = {}


class StoreScp(Server):
    """DCMTK's storescp: writes files, syncs nothing, keeps no catalog. A lower bound on work, not an archive."""

    name = "storescp"
    environment = {"TCP_NODELAY": "1"}

    def command(self, folder):
        return ["storescp", "--fork", "-aet", self.aet, "-od", str(folder), "+B", "-pdu", "131072", str(self.port)]

    def cpu_seconds(self):
        """With its children: there is one for each Association."""
        total = 0
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if self.process.pid in (int(path.parent.name), int(fields[1])):
                total += int(fields[11]) + int(fields[12])
        return total / TICKS


def drop_caches():
    """Every measurement starts with nothing left to write."""
    os.sync()


def load(*arguments):
    """argent_load's JSON."""
    done = subprocess.run([load_path(), "--json", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not done.stdout.strip():
        sys.exit("argent_load: " + done.stderr.decode(errors="replace"))
    return json.loads(done.stdout)
