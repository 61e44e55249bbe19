"""The bill of materials of a binary that was built with cargo-auditable, as CycloneDX 1.5 JSON on stdout.

It is read from the binary itself (section .dep-v0: zlib-compressed JSON), so that it cannot speak of another build.

    python3 deploy/containers/sbom.py target/release/greenlane

Some crates bring a library in C that is compiled into the binary, with a version and with weaknesses of its own. What they
bring is read in their sources, which have to be where cargo keeps them; a crate that compiles C and is not known here ends
this with an error.
"""

import hashlib
import json
import os
import pathlib
import re
import struct
import sys
import zlib

SECTION = b".dep-v0"
LARGEST = 8 << 20

# By crate: the library's name, its address at its makers', the file with its version, and where it stands there. Where the
# sources hold several, and where the binary says it, a text that is in it if it was this one ({} is the version).
LIBRARIES = {
    "aws-lc-sys": [("AWS-LC", "pkg:github/aws/aws-lc@v{}", "aws-lc/include/openssl/base.h",
                    r'AWSLC_VERSION_NUMBER_STRING "([\d.]+)"', None)],
    "libmimalloc-sys": [
        ("mimalloc", "pkg:github/microsoft/mimalloc@v{}", "c_src/mimalloc/v2/include/mimalloc.h",
         r"MI_MALLOC_VERSION (\d+)", "target_segments_per_thread"),
        ("mimalloc", "pkg:github/microsoft/mimalloc@v{}", "c_src/mimalloc/v3/include/mimalloc.h",
         r"MI_MALLOC_VERSION (\d+)", "page_full_retain"),
    ],
    "libsqlite3-sys": [("SQLite", "pkg:github/sqlite/sqlite@version-{}", "sqlite3/sqlite3.h",
                        r'SQLITE_VERSION +"([\d.]+)"', "{}")],
    "zstd-sys": [("Zstandard", "pkg:github/facebook/zstd@v{}", "zstd/lib/zstd.h",
                  r"ZSTD_VERSION_MAJOR +(\d+)\s+#define ZSTD_VERSION_MINOR +(\d+)\s+#define ZSTD_VERSION_RELEASE +(\d+)", None)],
}
# What vulnerability lists know them by, where that is not their address.
CPES = {"SQLite": "cpe:2.3:a:sqlite:sqlite:{}:*:*:*:*:*:*:*", "Zstandard": "cpe:2.3:a:facebook:zstandard:{}:*:*:*:*:*:*:*"}
# Its C and assembly have no version but the crate's.
OF_ITSELF = {"ring"}
COMPILERS = {"cc", "cmake"}


def section(elf, wanted):
    """The contents of a named section of a 64-bit little-endian ELF file."""
    if elf[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("not a 64-bit little-endian ELF file")
    (offset,) = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)

    def header(index):
        name, _, _, _, start, length = struct.unpack_from("<IIQQQQ", elf, offset + index * size)
        return name, start, length

    _, strings, _ = header(names)
    for index in range(count):
        name, start, length = header(index)
        begin = strings + name
        if elf[begin : elf.index(b"\0", begin)] == wanted:
            return elf[start : start + length]
    raise SystemExit("the binary does not list its crates: build it with `cargo auditable build`")


def component(package):
    name, version = package["name"], package["version"]
    ours = package["source"] == "local"
    purl = f"pkg:cargo/{name}@{version}"
    found = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    if ours:
        found["licenses"] = [{"license": {"id": "Apache-2.0"}}]
    else:
        found["externalReferences"] = [{"type": "distribution", "url": f"https://crates.io/crates/{name}/{version}"}]
    return found


def source_of(package):
    """The folder where cargo keeps a crate's sources."""
    name = f"{package['name']}-{package['version']}"
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    for folder in home.glob(f"registry/src/*/{name}"):
        return folder
    raise SystemExit(f"what C library is in {name} cannot be told: its sources are not below {home}")


def libraries_in(package, elf):
    """The C libraries that a crate brought into the binary."""
    found = []
    for name, purl, file, pattern, sign in LIBRARIES[package["name"]]:
        path = source_of(package) / file
        said = re.search(pattern, path.read_text()) if path.is_file() else None
        if said is None:
            continue
        version = ".".join(said.groups())
        if version.isdecimal():  # mimalloc: two digits each for the second and third part
            number = int(version)
            version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
        if sign is not None and sign.format(version).encode() + b"\0" not in elf:
            continue
        purl = purl.format(version)
        library = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
        if name in CPES:
            library["cpe"] = CPES[name].format(version)
        found.append(library)
    if len(found) != 1:
        raise SystemExit(f"what C library {package['name']} {package['version']} brought cannot be told: {found}")
    return found


def check_compiled(packages, listed):
    """Whoever compiles C is known here."""
    compilers = {index for index, package in enumerate(listed) if package["name"] in COMPILERS}
    compiling = {package["name"] for package in packages if compilers & set(package.get("dependencies", []))}
    unknown = compiling - LIBRARIES.keys() - OF_ITSELF
    if unknown:
        raise SystemExit(f"{', '.join(sorted(unknown))} may compile C: say in {__file__} what library that is")


def main():
    elf = pathlib.Path(sys.argv[1]).read_bytes()
    inflate = zlib.decompressobj()
    listed = json.loads(inflate.decompress(section(elf, SECTION), LARGEST))
    # What only a build script or macro uses is not in the binary.
    packages = [package for package in listed["packages"] if package.get("kind", "runtime") == "runtime"]
    check_compiled(packages, listed["packages"])
    libraries = {package["name"]: libraries_in(package, elf) for package in packages if package["name"] in LIBRARIES}
    root = next(package for package in packages if package.get("root"))
    refs = [component(package)["bom-ref"] if package in packages else None for package in listed["packages"]]
    dependencies = [
        {
            "ref": refs[index],
            "dependsOn": sorted({refs[other] for other in package.get("dependencies", []) if refs[other]}
                                | {library["bom-ref"] for library in libraries.get(package["name"], [])}),
        }
        for index, package in enumerate(listed["packages"])
        if refs[index]
    ]
    in_c = [library for found in libraries.values() for library in found]
    dependencies += [{"ref": library["bom-ref"], "dependsOn": []} for library in in_c]
    main_component = component(root) | {
        "type": "application",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(elf).hexdigest()}],
    }
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": main_component},
        "components": [component(package) for package in packages if package is not root] + in_c,
        "dependencies": dependencies,
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


main()
