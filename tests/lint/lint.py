"""The rules of the house that a tool can check. Python 3, standard library only.

  lint.py arrows fences registered paths length format headers [--compiler g++]
  lint.py report                     functions over 70 lines and files over 400: to look at, never a failure

Each word is one check; ctest runs them one by one. A finding is a line "file:line: what is wrong", and the exit code is then 1.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = ("storage", "codec", "ingest", "archive", "tests", "bench")
LAYERS = {
    # Folder: the folders it may include from.
    "storage/base": {"storage/base"},
    "storage": {"storage"},
    "codec": {"codec", "storage/base"},
    "ingest": {"ingest", "codec", "storage"},
    "archive": {"archive", "ingest", "codec", "storage"},
    "tests": {"tests", "archive", "ingest", "codec", "storage", "bench"},
    "bench": {"bench", "archive", "ingest", "codec", "storage"},
}
# Third-party headers and the only folders, or files, that may include them. Tests and benchmarks may include anything.
FENCES = {
    r"dcmtk/": ("codec/", "archive/"),
    r"rocksdb/": ("storage/catalog/rocksdb_",),
    r"liburing": ("storage/io/",),
    r"boost/(beast|asio)|nghttp2": ("ingest/http/",),
    r"openjpeg|openjph|charls|jxl/|jpeglib": ("codec/frame/",),
    r"zstd\.h": ("codec/",),
    r"toml\+\+|CLI/": ("archive/",),
    r"spdlog/": ("storage/base/",),
}
# Third-party headers must not show in headers of ours, whatever the folder.
PUBLIC_HEADERS_SPEAK_STD = r"dcmtk/|rocksdb/|liburing|boost/|nghttp2|openjpeg|openjph|charls|jxl/|jpeglib|spdlog/|toml\+\+|zlib\.h|libdeflate"
INTERNAL_HEADERS_THAT_MAY = ("storage/io/uring_ring.h",)  # included by uring_io.cc alone
FILE_LINES_MAX = 800
FILE_LINES_TO_LOOK_AT = 400
FUNCTION_LINES_TO_LOOK_AT = 70
# Paths of one machine have no place in the tree.
MACHINE_PATHS = re.compile(r"(?<![\w.}\"$/])/(work|home|root|Users)/\w")
TEXT_SUFFIXES = {".cc", ".h", ".py", ".md", ".txt", ".cmake", ".js", ".json", ".service", ".example", ".toml", ".yml", ""}
SKIP_FOLDERS = {".git", "node_modules", "__pycache__", "corpus"}


def walk(suffixes, tops=None):
    for folder, names, files in os.walk(ROOT):
        relative = pathlib.Path(folder).relative_to(ROOT)
        names[:] = sorted(n for n in names if n not in SKIP_FOLDERS and not (relative == pathlib.Path(".") and n.startswith("build")))
        if tops and relative != pathlib.Path(".") and relative.parts[0] not in tops:
            continue
        for name in sorted(files):
            path = pathlib.Path(folder) / name
            if path.suffix in suffixes and (not tops or relative != pathlib.Path(".")):
                yield path


def code_files():
    return list(walk({".cc", ".h"}, CODE))


def lines_of(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def includes(path):
    for number, line in enumerate(lines_of(path), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def name(path):
    return path.relative_to(ROOT).as_posix()


def layer_of(text):
    if text.startswith("storage/base/"):
        return "storage/base"
    return text.split("/")[0]


def check_arrows():
    for path in code_files():
        own = layer_of(name(path))
        for number, kind, target in includes(path):
            if kind != '"':
                continue
            if "/" not in target or not (ROOT / target).exists():
                yield path, number, 'includes "%s": name it from the root of the tree' % target
                continue
            layer = layer_of(target)
            if layer not in LAYERS[own] and target.split("/")[0] not in LAYERS[own]:
                yield path, number, "%s may not include %s" % (own, target)


def check_fences():
    for path in code_files():
        own = name(path)
        if own.startswith(("tests/", "bench/")):
            continue
        for number, _, target in includes(path):
            for pattern, allowed in FENCES.items():
                if re.match(pattern, target) and not own.startswith(allowed):
                    yield path, number, "%s may be included only in %s" % (target, ", ".join(allowed))
            if path.suffix == ".h" and re.match(PUBLIC_HEADERS_SPEAK_STD, target) and own not in INTERNAL_HEADERS_THAT_MAY:
                yield path, number, "a header of ours shows %s" % target


def check_registered():
    for path in walk({".cc"}, CODE):
        listed, folder = False, path.parent
        while folder != ROOT.parent and not listed:
            for cmake in [folder / "CMakeLists.txt", *folder.glob("*.cmake")]:
                relative = path.relative_to(folder).as_posix()
                if cmake.exists() and re.search(r"(?<![\w/.])(\$\{\w+\}/)?" + re.escape(relative) + r"(?![\w.])", cmake.read_text()):
                    listed = True
            folder = folder.parent
        if not listed:
            yield path, 1, "is in no CMakeLists.txt: it is never built"


def check_paths():
    for path in walk(TEXT_SUFFIXES):
        if path == pathlib.Path(__file__).resolve() or path.name in ("package-lock.json", ".git"):
            continue
        for number, line in enumerate(lines_of(path), 1):
            if MACHINE_PATHS.search(line):
                yield path, number, "names a path of one machine: %s" % line.strip()[:80]


def check_length():
    for path in walk({".cc", ".h", ".py", ".js"}):
        count = len(lines_of(path))
        if count > FILE_LINES_MAX:
            yield path, count, "%d lines, at most %d" % (count, FILE_LINES_MAX)


def check_format():
    tool = shutil.which("clang-format-14")
    if not tool:
        print("SKIPPED: clang-format-14 is not installed")
        return
    files = [str(p) for p in code_files()]
    for at in range(0, len(files), 50):
        done = subprocess.run([tool, "--dry-run", "--Werror", *files[at:at + 50]], stderr=subprocess.PIPE, cwd=ROOT)
        seen = set()
        for line in done.stderr.decode(errors="replace").splitlines():
            match = re.match(r"(.+?):(\d+):\d+: error: ", line)
            if match and match.group(1) not in seen:
                seen.add(match.group(1))
                yield pathlib.Path(match.group(1)), int(match.group(2)), "is not formatted: clang-format-14 -i"


def check_headers(compiler):
    """Each header compiles alone: whoever includes it needs nothing before it."""
    def compile_alone(path):
        done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-I", str(ROOT), "-x", "c++", "-"],
                              input=('#include "%s"\n' % name(path)).encode(), stderr=subprocess.PIPE)
        return path, done

    headers = list(walk({".h"}, CODE))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, done in pool.map(compile_alone, headers):
            if done.returncode != 0 or done.stderr:
                yield path, 1, "does not compile alone: " + done.stderr.decode(errors="replace").strip()[:300]


def functions(path):
    """(line, lines) of bodies that start in column 0 or inside a class; good enough for a report."""
    start = None
    for number, line in enumerate(lines_of(path), 1):
        if start is None and re.match(r"^(  )?[\w:~<>&*,\[\]\s]+\(.*\)?.*\{$", line) and not re.match(
                r"\s*(namespace|class|struct|enum|if|for|while|switch|else|do)\b", line):
            start = (number, len(line) - len(line.lstrip()))
        elif start and line.startswith(" " * start[1] + "}"):
            yield start[0], number - start[0] + 1
            start = None


def report():
    lengths = []
    for path in walk({".cc", ".h"}, ("storage", "codec", "ingest", "archive", "bench")):
        count = len(lines_of(path))
        if count > FILE_LINES_TO_LOOK_AT:
            print("%s: %d lines" % (name(path), count))
        for line, length in functions(path):
            lengths.append(length)
            if length > FUNCTION_LINES_TO_LOOK_AT:
                print("%s:%d: a function of %d lines" % (name(path), line, length))
    lengths.sort()
    if lengths:
        print("%d functions: half are at most %d lines, nine in ten at most %d, the longest is %d" % (
            len(lengths), lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10], lengths[-1]))


def main():
    checks = {"arrows": check_arrows, "fences": check_fences, "registered": check_registered, "paths": check_paths,
              "length": check_length, "format": check_format}
    parser = argparse.ArgumentParser()
    parser.add_argument("checks", nargs="+", choices=[*checks, "headers", "report"])
    parser.add_argument("--compiler", default="g++")
    arguments = parser.parse_args()
    checks["headers"] = lambda: check_headers(arguments.compiler)
    found = 0
    for word in arguments.checks:
        if word == "report":
            report()
            continue
        for path, line, what in checks[word]():
            print("%s:%d: %s" % (name(path), line, what))
            found += 1
    print("%s: %d findings" % (" ".join(arguments.checks), found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
