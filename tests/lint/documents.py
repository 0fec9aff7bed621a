"""What the documents say of the code is held against the code. Python 3, standard library only.

A finding is a line "document:line: what is wrong", and the exit code is then 1. Checked, in text set as `code`:

- a path from the root of the tree, in any document, exists; "*" stands for anything, and .{h,cc} for both;
- a name in ARCHITECTURE.md and the decisions (CamelCase, kConstant, snake_case, Call(), Class::Call()) is a word of the code;
- in a row of a table that gives a name a value ("16 MiB", "30 s", "1,000") and the file where it is, it has that value there;
- the attributes that CONFORMANCE.md lists for C-FIND are those of codec/catalog_attributes.cc, each with its VR and level.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = "storage|codec|ingest|archive|bench|tests|deploy"
PATH = re.compile(r"^(?:%s)/[\w./*{},-]*$" % TOPS)
FILE_NAME = re.compile(r"^[\w./-]+\.(?:h|cc|py|cmake)$")
NAME = re.compile(r"^(?:k[A-Z]\w*|[A-Z][a-z]+(?:[A-Z]\w*)+|\w+_\w*|(?:\w+::)*\w+\(\)|\w+::\w+)$")
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "ms": 1, "s": 1000}
LEVELS = {"kPatient": "Patient", "kStudy": "Study", "kSeries": "Series", "kInstance": "Instance"}


def documents():
    yield from (ROOT / name for name in ("README.md", "archive/ARCHITECTURE.md", "archive/CONFORMANCE.md", "deploy/OPERATIONS.md"))
    yield from sorted((ROOT / "archive" / "decisions").glob("*.md"))


def code_of(document):
    """(line number, text set as code): inline code, and the words of fenced blocks that start like a path."""
    fenced = False
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield from ((number, word) for word in line.split() if PATH.match(word))
        else:
            yield from ((number, text) for text in re.findall(r"`([^`]+)`", line))


def exists(text):
    braces = re.match(r"^(.*)\{(.*)\}(.*)$", text)
    names = [braces.group(1) + part + braces.group(3) for part in braces.group(2).split(",")] if braces else [text]
    return all(any(ROOT.glob(name.rstrip("/"))) for name in names)


def source_words():
    words = set()
    for top in TOPS.split("|"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in (".h", ".cc", ".py", ".txt", ".cmake") and path.resolve() != pathlib.Path(__file__).resolve():
                words.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return words


def check_names():
    words = source_words()
    for document in documents():
        has_names = document.name == "ARCHITECTURE.md" or document.parent.name == "decisions"
        for number, text in code_of(document):
            if PATH.match(text) or FILE_NAME.match(text):
                if not exists(text):
                    yield document, number, "there is no %s" % text
            elif has_names and NAME.match(text):
                missing = [word for word in re.findall(r"\w+", text) if word not in words and not word.startswith("lint_")]
                if missing:
                    yield document, number, "the code has no %s" % " ".join(missing)


def defined_value(name, text):
    """The number that `text` gives to `name` where it defines it; milliseconds for times, None when it is no plain number."""
    found = re.search(r"\b%s\b\s*(?:=|(?=\{))\s*([^;]*?)\s*;" % re.escape(name), text)
    if not found:
        return None
    number = re.sub(r"//.*", "", found.group(1))
    number = re.sub(r"\b(?:size_t|uint64_t|uint32_t)\s*\{(\w+)\}", r"\1", number.strip("{} \n")).replace("'", "")
    if not re.fullmatch(r"[\d\s*<+()]+", number):
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1:found.start()]
    seconds = re.search(r"\bseconds\b", line) and "milliseconds" not in line
    return eval("(%s)" % number) * (1000 if seconds else 1)  # digits, spaces and * < + ( ) only


def check_values(counts):
    for document in documents():
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            name = re.fullmatch(r"`(\w+)`", cells[0])
            value = len(cells) > 2 and re.fullmatch(r"([\d,]+) ?(%s)" % "|".join(UNITS), cells[1])
            path = value and re.search(r"`([\w/]+\.(?:h|cc))`", cells[2])
            if not name or not path or not (ROOT / path.group(1)).exists():
                continue
            is_value = defined_value(name.group(1), (ROOT / path.group(1)).read_text(encoding="utf-8"))
            says = int(value.group(1).replace(",", "")) * UNITS[value.group(2)]
            counts["values"] += 1
            if is_value is None:
                yield document, number, "%s gives %s no value" % (path.group(1), name.group(1))
            elif is_value != says:
                yield document, number, "%s is %d in %s" % (name.group(1), is_value, path.group(1))


def check_attributes(counts):
    document = ROOT / "archive" / "CONFORMANCE.md"
    source = (ROOT / "codec" / "catalog_attributes.cc").read_text(encoding="utf-8")
    known = {}
    for group, element, vr, level in re.findall(r'\{\{0x(\w{4}), 0x(\w{4})\}, MakeVr\("(\w\w)"\), (k\w+)\}', source):
        known["(%s,%s)" % (group, element)] = (vr, LEVELS[level])
    listed = set()
    level = None
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        heading = re.match(r"#+ .*?(Patient|Study|Series|Instance) level keys", line)
        level = heading.group(1) if heading else None if line.startswith("#") else level
        row = re.match(r"\|[^|]+\| (\(\w{4},\w{4}\)) \| (\w\w) \|", line)
        if not level or not row or row.group(1) not in known:
            if level and row and "computed" not in line:
                yield document, number, "%s is not in codec/catalog_attributes.cc" % row.group(1)
            continue
        listed.add(row.group(1))
        counts["attributes"] += 1
        if known[row.group(1)] != (row.group(2), level):
            yield document, number, "%s is %s at %s level" % (row.group(1), *known[row.group(1)])
    # Specific Character Set and Timezone Offset are in the catalog, and are no keys.
    for tag in sorted(set(known) - listed - {"(0008,0005)", "(0008,0201)"}):
        yield document, 1, "%s of codec/catalog_attributes.cc is not listed" % tag


def main():
    counts = {"values": 0, "attributes": 0}
    found = [*check_names(), *check_values(counts), *check_attributes(counts)]
    for path, line, what in found:
        print("%s:%d: %s" % (path.relative_to(ROOT).as_posix(), line, what))
    print("%d values and %d attributes compared, %d findings" % (counts["values"], counts["attributes"], len(found)))
    return 1 if found or not counts["values"] else 0


if __name__ == "__main__":
    sys.exit(main())
