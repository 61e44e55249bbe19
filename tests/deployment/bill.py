"""What deploy/containers/sbom.py makes of a binary: every crate, and the C libraries that some of them bring.

    python tests/deployment/bill.py

The binaries are any program with a list of crates put into it, as cargo-auditable does; the crates' sources are those of
this checkout's lock file, where cargo keeps them.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zlib

from checks import CHECKOUT, check

SBOM = CHECKOUT / "deploy/containers/sbom.py"
LOCK = {package["name"]: package["version"] for package in tomllib.loads((CHECKOUT / "Cargo.lock").read_text())["package"]}
# What each crate brings, and a text by which its makers' own number is found in any source of it.
BRINGS = {"libsqlite3-sys": "SQLite", "aws-lc-sys": "AWS-LC", "libmimalloc-sys": "mimalloc"}


def crate(name, *dependencies, kind="runtime", source="crates.io"):
    return {"name": name, "version": LOCK.get(name, "0.1.0"), "source": source, "kind": kind, "dependencies": list(dependencies)}


def crates():
    root = crate("greenlane", 1, 2, 3, 4, 5, source="local") | {"root": True}
    return [root, *(crate(name, 6) for name in BRINGS), crate("ring", 6), crate("tonic"), crate("cc", kind="build")]


class Bills:
    def __init__(self, folder):
        self.folder = folder

    def of(self, packages, texts):
        """The bill, or why there is none."""
        binary, listed = self.folder / "binary", self.folder / "listed"
        listed.write_bytes(zlib.compress(json.dumps({"packages": packages}).encode()))
        subprocess.run(["objcopy", "--add-section", f".dep-v0={listed}", shutil.which("true"), binary], check=True)
        with binary.open("ab") as file:
            file.write(b"".join(text.encode() + b"\0" for text in texts))
        done = subprocess.run([sys.executable, SBOM, binary], capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def main():
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    sqlite = next(home.glob(f"registry/src/*/libsqlite3-sys-{LOCK['libsqlite3-sys']}"))
    # As its own release notes number it, and not as the header has it that is read.
    said = next(line for line in (sqlite / "sqlite3/sqlite3.c").open() if "version 3." in line)
    version = said.split("version ")[1].split()[0].rstrip(".")
    with tempfile.TemporaryDirectory() as folder:
        bills = Bills(pathlib.Path(folder))
        bill = bills.of(crates(), [version, "page_full_retain"])
        found = {component["name"]: component for component in bill["components"]}
        check("crates that are in the binary, and those alone", {"tonic", "ring"} <= found.keys() and "cc" not in found)
        check(f"its C libraries: {sorted(found)}", set(BRINGS.values()) <= found.keys())
        check(f"SQLite as it is in the binary: {found['SQLite']}", found["SQLite"]["version"] == version)
        check("by the name that vulnerability lists have", f":sqlite:{version}:" in found["SQLite"]["cpe"])
        check(f"mimalloc of the third line: {found['mimalloc']}", found["mimalloc"]["version"].startswith("3."))
        needs = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
        for name, library in BRINGS.items():
            check(f"{name} needs {library}", needs[f"pkg:cargo/{name}@{LOCK[name]}"] == [found[library]["purl"]])
        print("  " + ", ".join(f"{name} {found[name]['version']}" for name in sorted(BRINGS.values())))

        other = bills.of(crates(), ["3.0.0", "page_full_retain"])
        check(f"a binary with another SQLite than the sources is refused: {other}", "libsqlite3-sys" in other)
        both = bills.of(crates(), [version, "page_full_retain", "target_segments_per_thread"])
        check(f"a binary of which it cannot be told is refused: {both}", "libmimalloc-sys" in both)
        unknown = bills.of([*crates(), crate("example-sys", 6)], [version, "page_full_retain"])
        check(f"a crate that compiles who knows what is refused: {unknown}", "example-sys may compile C" in unknown)
        absent = crates()
        absent[1]["version"] = "0.0.1"
        check("sources that are not there are missed", "its sources are not below" in bills.of(absent, [version]))


if __name__ == "__main__":
    main()
