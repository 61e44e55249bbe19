"""What the pages have typed into `kubectl` when a Job fails: their blocks are carried out, as they stand, with a program in its
place that says of each Job what it is told to say, and notes what it was asked for."""

import os
import pathlib
import re
import subprocess
import tempfile
import textwrap

from checks import DEPLOY, check

PAGES = ("restore.md", "log-fork.md", "upgrade.md")
WELL, FAILS, REFUSED, HANGS = "all is well", "a job fails", "a job is refused", "a service hangs"
KUBECTL = """#!/bin/bash
printf '%s\\n' "$*" >> "$0.typed"
case "$WHAT: $*" in
    "a job is refused: "*" create job "* | "a job is refused: "*" get job"* | "a job is refused: "*" wait "*condition*) exit 1 ;;
    "a job fails: "*" wait "*condition*) exit 1 ;;
    "a job fails: "*" get job"*) printf 'Complete\\nComplete\\nFailed\\n' ;;
    "a service hangs: "*" rollout status "*) exit 1 ;;
    *" get job"*) printf 'Complete\\nComplete\\nComplete\\n' ;;
esac
"""
# Pods that may be there for ever after, by an autoscaler or not.
STARTS = re.compile(r"scale .*--replicas=[1-9]|apply .*(?:name=(\w+)$|overlays/(verifier))")


def blocks(page):
    text = (DEPLOY / "runbooks" / page).read_text()
    found = [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)]
    return [block for block in found if "kubectl" in block]


def typed(block, what):
    """What the program in the place of `kubectl` was asked for, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        kubectl, sleep = (pathlib.Path(folder) / name for name in ("kubectl", "sleep"))
        kubectl.write_text(KUBECTL)
        sleep.write_text("#!/bin/sh\n")
        for program in (kubectl, sleep):
            program.chmod(0o755)
        environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "WHAT": what}
        try:
            subprocess.run(["bash", "-c", block], env=environment, cwd=DEPLOY.parent, capture_output=True, timeout=30, check=False)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"where {what} this does not end: {block}") from None
        noted = kubectl.with_suffix(".typed")
        return noted.read_text().splitlines() if noted.exists() else []


def started(lines):
    return [line for line in lines if STARTS.search(line)]


def jobs_by_hand():
    """A registry is started again when its Job has done it, and not when the Job failed or was never made."""
    count = 0
    for page in PAGES:
        for block in blocks(page):
            if "create job" not in block:
                continue
            count += 1
            (job,) = re.findall(r"create job (\S+)", block)
            well = typed(block, WELL)
            check(f"{page}: {job} is made and looked at", any(f"logs job/{job}" in line for line in well))
            if "--replicas=0" not in block:
                check(f"{page}: {job} stops nobody, refused or not", not any("scale" in line for line in typed(block, REFUSED)))
                continue
            check(f"{page}: after {job} the registry is started", len(started(well)) == 1)
            check(f"{page}: and {job} is taken away", f"delete job/{job}" in well[-1])
            for what in (FAILS, REFUSED):
                lines = typed(block, what)
                check(f"{page}: where {what} no registry is started", not started(lines))
                (made,) = (place for place, line in enumerate(lines) if f"create job {job}" in line)
                check(f"{page}: where {what} {job} stays to be looked at", not any("delete" in line for line in lines[made:]))
    return count


def a_release():
    """Each step of a release waits for the one before: migrations, the services in order, and then verifiers, by a block of
    their own."""
    (roll,) = (block for block in blocks("upgrade.md") if "for service in" in block)
    (after,) = (block for block in blocks("upgrade.md") if "overlays/verifier" in block)
    for what, expected in ((WELL, ["classification", "equivalence", "registry"]), (HANGS, ["classification"]), (FAILS, [])):
        begun = [name for found in map(STARTS.search, typed(roll, what)) if found for name in found.groups() if name]
        check(f"upgrade.md: where {what} these are rolled out: {expected} and not {begun}", begun == expected)
    check("upgrade.md: verifiers are a step of their own", roll != after and started(typed(after, WELL)))
    for what in (FAILS, HANGS):
        check(f"upgrade.md: where {what} no verifier is rolled out", not started(typed(after, what)))


def check_typed():
    a_release()
    return jobs_by_hand()
