"""What deploy/compose/init makes, run with a program in place of the engine that would run it in a container.

    python tests/deployment/init.py --greenlane PROGRAM
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

from checks import DEPLOY, check

# What stands for the engine: it fails while a file is there, and otherwise runs the program on the mounted folder.
ENGINE = """#!/bin/bash
set -eu
[ ! -e "{folder}/away" ] || {{ echo "no engine answers" >&2; exit 1; }}
while [ "$1" != "$GREENLANE_IMAGE" ]; do
    if [ "$1" = --volume ]; then mounted=${{2%:/state}}; fi
    shift
done
shift
exec "{program}" "${{@//\\/state/$mounted}}"
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--greenlane", type=pathlib.Path, required=True)
    program = parser.parse_args().greenlane.resolve()
    with tempfile.TemporaryDirectory(prefix="greenlane-init-") as folder:
        folder = pathlib.Path(folder)
        (folder / "bin").mkdir()
        engine = folder / "bin/docker"
        engine.write_text(ENGINE.format(folder=folder, program=program))
        engine.chmod(0o755)
        environment = os.environ | {"PATH": f"{folder}/bin:{os.environ['PATH']}", "GREENLANE_IMAGE": "example"}
        state = folder / "made"

        def init(*options):
            made = [DEPLOY / "compose/init", *options, state]
            return subprocess.run(made, env=environment, capture_output=True, text=True)

        def read(*names):
            return [(state / name).read_text() for name in names]

        lasting = ("public/ca.crt", "authority/ca.key", "postgres/postgres", "postgres/registry", "registry/database")
        passing = ("registry/tls.crt", "registry/token", "greenlane-data/admin.token")
        (folder / "away").touch()
        check("a run without an engine fails", init().returncode != 0)
        before = read(*lasting)
        check("and one that would renew says that there is nothing", init("--renew").returncode != 0)
        (folder / "away").unlink()
        first = init()
        check(f"the next run makes what is missing: {first.stderr}", first.returncode == 0 and "Made " in first.stdout)
        check("and keeps the authority and the passwords, which a database may have", read(*lasting) == before)
        made = read(*passing, "public/jwks.json", "greenlane-data/client.toml")
        check("what is there is not made again", "there already" in init().stdout and read(*passing) == made[:3])
        check("it is made anew where that is asked for", init("--renew").returncode == 0)
        check("certificates and tokens are others then", all(a != b for a, b in zip(read(*passing), made)))
        check("and the authority, passwords and issuer are not", read(*lasting, "public/jwks.json") == [*before, made[3]])


if __name__ == "__main__":
    main()
