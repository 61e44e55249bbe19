"""Carries out the command of deploy/runbooks/credential-expiring.md that makes certificates and tokens anew, goes on with a
first run that failed, and carries out the one of key-compromise.md that revokes a certificate.

    python tests/deployment/renewal.py --greenlane PROGRAM

No engine is needed: what `init` would have a container do, the program given here does.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

from checks import DEPLOY, check, run

PAGE = DEPLOY / "runbooks/credential-expiring.md"
STOLEN = DEPLOY / "runbooks/key-compromise.md"
# `docker run … --volume STATE:/state IMAGE ARGUMENT…`, by a program of this machine; not while it is away.
ENGINE = """#!/bin/bash
set -eu
[[ ! -e $0.away ]]
while [[ $1 != --volume ]]; do shift; done
state=${2%:/state}
shift 3
exec {greenlane} "${@//\\/state/$state}"
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    greenlane = parser.parse_args().greenlane
    (renew,) = re.findall(r"^\./init --renew\b.*$", PAGE.read_text(), re.MULTILINE)
    (revoke,) = re.findall(r"^\./init --revoke\b.*$", STOLEN.read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        state = pathlib.Path(folder) / "state"
        engine = pathlib.Path(folder) / "docker"
        engine.write_text(ENGINE.replace("{greenlane}", shlex.quote(str(greenlane))))
        engine.chmod(0o755)
        environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
        revoke = revoke.replace("$state", str(state))

        def made():
            return {path.relative_to(state): path.read_bytes() for path in state.rglob("*") if path.is_file()}

        def init(command):
            run(*shlex.split(command, comments=True), state, cwd=DEPLOY / "compose", env=environment)
            return made()

        away = pathlib.Path(f"{engine}.away")
        away.touch()
        failed = subprocess.run(["./init", state], cwd=DEPLOY / "compose", env=environment, capture_output=True)
        check("without an engine it fails", failed.returncode != 0)
        away.unlink()
        # A database may know them already.
        passwords = {path for path in made() if path.parts[0] == "postgres" and path.suffix == ""}
        kept = ("ca.crt", "ca.key", "database", "replication")
        known = {path: it for path, it in made().items() if path.name in kept or path in passwords}
        first = init("./init")
        check("what a run that failed has made stays", len(known) > 10 and all(first[path] == it for path, it in known.items()))
        check("and the next one makes the rest", (state / "greenlane-data/client.toml").exists())
        check("a second time without --renew nothing is made", init("./init") == first)
        renewed = init(renew)
        # The authority counts what it signs.
        changed = {path for path in first if renewed[path] != first[path] and path.parts[0] != "authority" and path.name != "ca.srl"}
        pairs = {path for path in first if path.name in ("tls.crt", "tls.key")}
        tokens = {path for path in first if path.name in ("token", "admin.token")}
        check("services have certificates and tokens", len(pairs) == 16 and len(tokens) == 4)
        check(f"these are made anew, and nothing else: {sorted(map(str, changed ^ (pairs | tokens)))}", changed == pairs | tokens)
        check("and nothing comes beside them", renewed.keys() == first.keys())
        for path in sorted(pairs):
            if path.name == "tls.crt":
                subprocess.run(["openssl", "verify", "-CAfile", state / "public/ca.crt", state / path], check=True, stdout=subprocess.DEVNULL)
        stolen = state / "stolen.crt"
        stolen.write_bytes((state / "equivalence/tls.crt").read_bytes())
        listed = ("openssl", "verify", "-crl_check", "-CAfile", state / "public/ca.crt", "-CRLfile", state / "public/ca.crl")

        def is_good(path):
            return subprocess.run([*listed, path], capture_output=True, check=False).returncode == 0

        check("its authority has revoked nothing at first", is_good(stolen))
        init(renew)
        before = made()
        init(revoke)
        changed = {path for path, it in made().items() if before.get(path) != it and path.parts[0] != "authority"}
        check(f"a certificate is revoked by the list alone: {sorted(map(str, changed))}", changed == {pathlib.Path("public/ca.crl")})
        check("it is on it, and the one in its place is not", not is_good(stolen) and is_good(state / "equivalence/tls.crt"))
        refused = subprocess.run([*shlex.split(revoke, comments=True)[:2], PAGE, state], cwd=DEPLOY / "compose", env=environment,
                                 capture_output=True)
        check("what is no certificate of the authority is not revoked", refused.returncode != 0 and is_good(state / "registry/tls.crt"))
        print(f"  {len(pairs) // 2} certificates of the same authority and {len(tokens)} tokens of the same issuer, made anew")


if __name__ == "__main__":
    main()
