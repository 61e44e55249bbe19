"""The bill of materials of a binary that was built with cargo-auditable, as CycloneDX 1.5 JSON on stdout.

It is read from the binary itself (section .dep-v0: zlib-compressed JSON), so that it cannot speak of another build.

    python3 deploy/containers/sbom.py target/release/greenlane
"""

import hashlib
import json
import pathlib
import struct
import sys
import zlib

SECTION = b".dep-v0"
LARGEST = 8 << 20


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


def main():
    elf = pathlib.Path(sys.argv[1]).read_bytes()
    inflate = zlib.decompressobj()
    listed = json.loads(inflate.decompress(section(elf, SECTION), LARGEST))
    # What only a build script or macro uses is not in the binary.
    packages = [package for package in listed["packages"] if package.get("kind", "runtime") == "runtime"]
    root = next(package for package in packages if package.get("root"))
    refs = [component(package)["bom-ref"] if package in packages else None for package in listed["packages"]]
    dependencies = [
        {
            "ref": refs[index],
            "dependsOn": sorted({refs[other] for other in package.get("dependencies", []) if refs[other]}),
        }
        for index, package in enumerate(listed["packages"])
        if refs[index]
    ]
    main_component = component(root) | {
        "type": "application",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(elf).hexdigest()}],
    }
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": main_component},
        "components": [component(package) for package in packages if package is not root],
        "dependencies": dependencies,
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


main()
