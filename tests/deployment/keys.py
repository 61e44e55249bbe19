"""Rehearses deploy/runbooks/key-compromise.md: a body's key and an issuer's key in the wrong hands.

    python3 tests/deployment/keys.py --greenlane PROGRAM

A registry on SQLite, and the page's commands as they stand there. What was signed since the moment that the body's key was
last safe is found whatever day it bears, and counts no more; what was signed before goes on, and the body has a new key;
tokens of an issuer's key that is taken out of its set are refused without a restart, and what was done with them is found.
A checkpoint of another history that the log's key signed is found, though it has the size of one of ours. A new log is rehearsed
by `tests/e2e/tests/backup.rs`, a TLS key by `shared/platform/tests/tls.rs` and `tests/deployment/authorities.py`.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BODY = "bodies/aurora-cert"
PAGE = CHECKOUT / "deploy/runbooks/key-compromise.md"
ISSUER = "https://localhost/greenlane"
PATIENCE_SECONDS = 30
REFRESH_SECONDS = 1


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: {actual!r}, not {expected!r}")
    print(f"  {what}: {actual}")


HELD = []


def free_port():
    """A port that nobody is given as long as this lives; whoever binds it by number has it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    HELD.append(held)
    return held.getsockname()[1]


def moment(text):
    return datetime.datetime.fromisoformat(text.strip('"'))


def blocks():
    """The page's blocks of commands, a line each."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\\n\s*", " ", block) for block in found]


def commands(*begins):
    """The arguments of the page's commands that begin so."""
    lines = [line.strip() for block in blocks() for line in block.splitlines()]
    return [shlex.split(next(line for line in lines if line.startswith(begin)), comments=True)[1:] for begin in begins]


def audited(registry, since):
    """The page's question to the audit trail of a database on SQLite, of an issuer and a time of ours."""
    asked = next(re.search(r'sqlite3 registry.db "(.*?)"', block, re.DOTALL) for block in blocks() if "sqlite3" in block)[1]
    ours = asked.replace("https://id.example.org", ISSUER).replace("2026-11-24 12:00", since)
    if ours.count(ISSUER) != 1 or since not in ours:
        raise SystemExit(f"the page asks something else: {asked}")
    with contextlib.closing(sqlite3.connect(registry.folder / "registry.db")) as database:
        return database.execute(ours).fetchall()


class Registry:
    def __init__(self, greenlane, folder):
        self.greenlane, self.folder = greenlane, folder
        self.listen, self.admin_port = free_port(), free_port()
        self.config = folder / "registry.toml"
        self.config.write_text(
            f'[server]\nlisten = "127.0.0.1:{self.listen}"\nmetrics_listen = "127.0.0.1:{self.admin_port}"\n'
            f"[auth]\nrefresh_seconds = {REFRESH_SECONDS}\n"
            f'[[auth.issuers]]\nissuer = "{ISSUER}"\njwks = {{ file = "{folder}/jwks.json" }}\n'
            f'[registry]\nkey_directory = "{folder}/keys"\n[registry.store]\nurl = "sqlite:{folder}/registry.db"\n'
        )
        self.process = None

    def run(self, *arguments):
        """What it said, or None when it failed."""
        command = [str(part) for part in (self.greenlane, *arguments)]
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=ours, check=False)
        self.said, self.code = done.stdout + done.stderr, done.returncode
        return done.stdout.strip() if done.returncode == 0 else None

    def must(self, *arguments):
        said = self.run(*arguments)
        if said is None:
            raise SystemExit(f"$ greenlane {' '.join(map(str, arguments))}\n{self.said}")
        return said

    def there(self, token):
        return ["--registry", f"http://127.0.0.1:{self.listen}", "--token-file", token]

    def token(self, data, subject, *arguments):
        out = self.folder / f"{data}-{subject}.token"
        self.must("token", "mint", "--overwrite", "--data", self.folder / data, "--out", out, "--subject", subject, *arguments)
        return out

    def publish(self, data):
        """The issuer's set of keys, whole or not at all."""
        fresh = self.folder / "jwks.fresh"
        self.must("token", "jwks", "--data", self.folder / data, "--out", fresh)
        fresh.rename(self.folder / "jwks.json")

    def start(self):
        self.must("migrate", "registry", "--config", self.config)
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.greenlane, "serve", "registry", "--config", self.config], stdout=log, stderr=log
        )
        began = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=1).close()
                return
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise SystemExit((self.folder / "log").read_text()[-4000:])
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.process = None

    def twin(self, folder):
        """One with the same data and keys, which goes its own way from here on."""
        self.stop()
        shutil.copytree(self.folder, folder)
        other = type(self)(self.greenlane, folder)
        for registry in (self, other):
            registry.start()
        return other

    def issue(self, clerk):
        return self.must("certificate", "issue", "--body", BODY, "--file",
            CHECKOUT / "deploy/examples/pv-module.yaml", "-o", "name", *self.there(clerk))

    def counts(self, name, admin):
        return self.run("verify", name, *self.there(admin)) is not None


def a_bodys_key(registry, admin, clerk):
    first = registry.must("body", "key", "create", BODY, "-o", "name", *registry.there(admin))
    before = registry.issue(clerk)
    known = len(registry.must("log", "entries", "--all", "-o", "name", *registry.there(admin)).splitlines())
    time.sleep(1.1)
    safe_until = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    since = registry.issue(clerk)
    expect("both count", [registry.counts(name, admin) for name in (before, since)], [True, True])
    [keys, revoke, another] = commands("greenlane body key list", "greenlane body key revoke", "greenlane body key create")
    expect("the page lists the body's keys", first in registry.must(*keys, "-o", "name", *registry.there(admin)), True)
    expect("and revokes one of them, named twice", revoke.count(f"{BODY}/keys/ID"), 2)
    revoke = [first if part == f"{BODY}/keys/ID" else part for part in revoke]
    revoke[revoke.index("--since") + 1] = safe_until
    registry.must(*revoke, *registry.there(admin))
    expect("signed before and since", [registry.counts(name, admin) for name in (before, since)], [True, False])
    expect("for that reason", "key_compromised" in registry.said or "compromised" in registry.said, True)
    registry.must(*another, *registry.there(admin))
    [entries, steps] = commands("greenlane log entries", "greenlane watch certificates")
    entries[entries.index("--from") + 1] = str(known - 1)
    listed = registry.must(*entries, "-o", "csv", *registry.there(admin)).splitlines()[1:]
    first = next(line.split(",")[0] for line in listed if moment(line.split(",")[1]) > moment(safe_until))
    expect("the first entry since then", first, str(known))
    steps[steps.index("--after") + 1] = first
    expect("what was signed since, of which day it says it is", registry.must(*steps, "-o", "csv", *registry.there(admin))
        .count(since.removeprefix("certificates/")), 1)
    expect("and what was before", registry.said.count(before.removeprefix("certificates/")), 0)
    [amend] = commands("greenlane certificate amend")
    amend[2] = since
    amend[amend.index("--token-file") + 1] = clerk
    registry.must(*amend, "--registry", f"http://127.0.0.1:{registry.listen}")
    expect("signed again by the new key", registry.counts(since, admin), True)
    expect("with a new key it goes on", registry.counts(registry.issue(clerk), admin), True)


def an_issuers_key(registry, admin):
    fresh = registry.folder / "fresh"
    fresh.mkdir(mode=0o700)
    listed = ["certificate", "list", "-o", "name"]
    expect("a token of the old key", registry.run(*listed, *registry.there(admin)) is not None, True)
    registry.publish("fresh")
    began = time.monotonic()
    while registry.run(*listed, *registry.there(admin)) is not None:
        if time.monotonic() - began > REFRESH_SECONDS + PATIENCE_SECONDS:
            raise SystemExit("the old key is believed for ever")
        time.sleep(0.1)
    expect("is refused for the reason", "TOKEN_INVALID" in registry.said, True)
    expect("and that without a restart", registry.process.poll(), None)
    again = registry.token("fresh", "admin", "--scope", "admin")
    expect("a token of the new key", registry.run(*listed, *registry.there(again)) is not None, True)
    trail = audited(registry, "2026-01-01 00:00")
    times = [row[0] for row in trail]
    expect("what was done with its tokens, in the order of time", len(times) > 3 and times == sorted(times), True)
    expect("the clerk's issuing among it", any("IssueCertificate" in row[3] for row in trail), True)
    expect("and nothing before there was any", audited(registry, "2100-01-01 00:00"), [])


def the_logs_key(registry, folder, admin, clerk):
    """Whoever has the log's key signs another history: here a registry with a copy of everything."""
    other = registry.twin(folder)
    try:
        for one in (registry, other):
            one.issue(clerk)
        notes = {name: one.must("log", "checkpoint", *one.there(admin)) + "\n" for name, one in (("ours", registry), ("theirs", other))}
    finally:
        other.stop()
    (size, root), (their_size, their_root) = (notes[name].splitlines()[1:3] for name in ("ours", "theirs"))
    expect("of two histories the checkpoints have one size and two roots", (size == their_size, root == their_root), (True, False))
    [audit] = commands("greenlane log audit")
    expect("the page has two checkpoints looked at", audit.count("--checkpoint"), 2)
    for name, kept in (("theirs.txt", "ours"), ("another.txt", "ours")):
        (registry.folder / name).write_text(notes[kept])
    expect("checkpoints of this log are met", registry.run(*audit, *registry.there(admin)) is not None, True)
    (registry.folder / "another.txt").write_text(notes["theirs"])
    expect("one of another history is not", registry.run(*audit, *registry.there(admin)), None)
    expect("and that is told by", registry.code, 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-keys-"))
    registry = Registry(arguments.greenlane, folder)
    try:
        registry.publish("data")
        registry.start()
        admin = registry.token("data", "admin", "--scope", "admin")
        clerk = registry.token("data", "clerk", "--scope", "certificates.write", "--body", BODY)
        registry.must("body", "create", BODY.removeprefix("bodies/"), "--display-name", "Aurora", "--economy", "XA",
            *registry.there(admin))
        registry.must("body", "key", "create", BODY, *registry.there(admin))
        print("The log's key is in the wrong hands")
        the_logs_key(registry, pathlib.Path(f"{folder}-other"), admin, clerk)
        print("A body's key is in the wrong hands")
        a_bodys_key(registry, admin, clerk)
        print("An issuer's key is in the wrong hands")
        an_issuers_key(registry, admin)
    finally:
        registry.stop()
        for made in (folder, pathlib.Path(f"{folder}-other")):
            shutil.rmtree(made, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
