"""An upgrade under load: two replicas of the registry over one PostgreSQL, a migration, then each replica restarted.

    python tests/deployment/upgrade.py --greenlane PROGRAM [--previous PROGRAM]

With the program of the release before, which PREVIOUS is, the replicas begin as that, this one migrates, and the replicas are
restarted as the release before and then as this one. Without it the migration is made here, as the next release would bring
one that expands: a column with a default, a table, an index, under the lock that `greenlane migrate` takes. The release that
is running knows nothing of it, goes on, and starts on it. Callers retry what is told to be unavailable, as gRPC clients do by
themselves: no call of theirs may fail. A migration
that does not only add is the negative control: a program that does not know it must not start.

GREENLANE_TEST_POSTGRES_URL names the server.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/containers"))
from load import BODY, Load  # noqa: E402

PATIENCE_SECONDS = 60
QUIET_SECONDS = 2
# The lock of shared/store/src/migrate.rs, so that no migrator comes in between.
LOCK = 0x4752_4545_4E4C_414E
EXPAND = f"""
BEGIN;
SET LOCAL lock_timeout = '5s';
SELECT pg_advisory_xact_lock({LOCK});
ALTER TABLE certificate ADD COLUMN upgraded_note text NOT NULL DEFAULT '';
CREATE TABLE upgraded_thing (id bigint PRIMARY KEY, certificate text NOT NULL);
CREATE INDEX upgraded_by_certificate ON upgraded_thing (certificate);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('registry_9999_example_expand', 0);
COMMIT;
"""
CONTRACT = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('registry_9999_example_contract', 0)"


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: {actual!r}, not {expected!r}")
    print(f"  {what}: {actual}")


def ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Replicas:
    def __init__(self, greenlane, previous, folder, server):
        self.greenlane, self.running, self.folder, self.server = greenlane, previous or greenlane, folder, server
        self.database = f"greenlane_upgrade_{uuid.uuid4().hex}"
        self.url = f"{server.rsplit('/', 1)[0]}/{self.database}"
        self.sql(f"CREATE DATABASE {self.database}", server)
        self.ports = dict(zip(("one", "two"), zip(ports(2), ports(2))))
        self.processes = {}

    def sql(self, text, url=None):
        command = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", url or self.url]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{text}\n{done.stderr}")

    def run(self, *arguments, program=None, fails=False):
        command = [str(part) for part in (program or self.running, *arguments)]
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=ours, check=False)
        if (done.returncode != 0) != fails:
            raise SystemExit(f"$ {' '.join(command)}\n{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def config(self, name):
        listen, admin = self.ports[name]
        path = self.folder / f"{name}.toml"
        path.write_text(
            f'[server]\nlisten = "127.0.0.1:{listen}"\nmetrics_listen = "127.0.0.1:{admin}"\ndrain_delay_ms = 500\n'
            f'[[auth.issuers]]\nissuer = "https://localhost/greenlane"\njwks = {{ file = "{self.folder}/jwks.json" }}\n'
            f'[registry]\nkey_directory = "{self.folder}/keys"\n[registry.store]\nurl = "{self.url}"\n'
        )
        return path

    def start(self, name):
        log = (self.folder / f"{name}.log").open("ab")
        command = [self.running, "serve", "registry", "--config", self.config(name)]
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log)
        began = time.monotonic()
        while not self.ready(name):
            if time.monotonic() - began > PATIENCE_SECONDS or self.processes[name].poll() is not None:
                raise SystemExit(f"{name} does not start:\n{(self.folder / f'{name}.log').read_text()[-4000:]}")
            time.sleep(0.05)

    def ready(self, name):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name][1]}/readyz", timeout=1):
                return True
        return False

    def restart(self, name, program=None):
        """As an orchestrator does: asked to end, waited for, started anew."""
        self.running = program or self.running
        self.processes[name].send_signal(signal.SIGTERM)
        expect(f"replica {name} drained and ended with", self.processes[name].wait(PATIENCE_SECONDS), 0)
        self.start(name)

    def token(self, subject, *arguments):
        out = self.folder / f"{subject}.token"
        self.run("token", "mint", "--overwrite", "--data", self.folder / "data", "--out", out, "--subject", subject, *arguments)
        return out

    def up(self):
        self.run("token", "jwks", "--data", self.folder / "data", "--out", self.folder / "jwks.json")
        self.run("migrate", "registry", "--config", self.config("one"))
        for name in self.ports:
            self.start(name)
        where = ["--registry", f"http://127.0.0.1:{self.ports['one'][0]}", "--token-file"]
        admin = self.token("admin", "--scope", "admin")
        create = ["body", "create", BODY.removeprefix("bodies/"), "--display-name", "Aurora", "--economy", "XA"]
        for step in (create, ["body", "key", "create", BODY]):
            self.run(*step, *where, admin)

    def down(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.sql(f"DROP DATABASE {self.database} WITH (FORCE)", self.server)


def upgrade(replicas, steps):
    clerk = replicas.token("clerk", "--scope", "certificates.write", "--scope", "certificates.read", "--body", BODY)
    customs = replicas.token("customs", "--scope", "verify", "--scope", "log.read", "--scope", "certificates.read")
    addresses = ",".join(f"127.0.0.1:{listen}" for listen, _ in replicas.ports.values())
    load = Load(
        f"ipv4:{addresses}", None, clerk=clerk.read_text().strip(), customs=customs.read_text().strip(), retries=True
    )
    load.start()
    rows = []

    def phase(what, step):
        load.mark()
        step()
        load.wait_until_flowing(PATIENCE_SECONDS)
        time.sleep(QUIET_SECONDS)
        rows.append((what, load.since_mark()))

    try:
        phase("before", lambda: None)
        for what, step in steps:
            phase(what, step)
    finally:
        load.stop()
    print("  phase                issued  failed  longest gap  verified  failed  longest gap")
    for what, seen in rows:
        reads = seen.reads["read"]
        print(
            f"  {what:<19} {seen.writes:>7} {seen.unacknowledged:>7} {seen.write_gap:>10.2f} s"
            f" {reads.answered:>9} {reads.refused:>7} {reads.gap:>10.2f} s"
        )
    expect("calls that failed", sum(seen.unacknowledged + seen.reads["read"].refused for _, seen in rows), 0)
    _, *wrongs = load.audit()
    load.close()
    expect("certificates lost, answered under two names, wrongly refused, left open", wrongs, [0, 0, 0, 0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    program = lambda path: pathlib.Path(path).resolve()  # noqa: E731
    parser.add_argument("--greenlane", required=True, type=program)
    parser.add_argument("--previous", type=program, help="the program of the release before")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-upgrade-"))
    new, old = arguments.greenlane, arguments.previous
    replicas = Replicas(new, old, folder, os.environ["GREENLANE_TEST_POSTGRES_URL"])
    migrate = ("migrate", "registry", "--config", folder / "one.toml")
    steps = [
        ("migrated", lambda: replicas.run(*migrate, program=new) if old else replicas.sql(EXPAND)),
        ("first restarted", lambda: replicas.restart("one")),
        ("second restarted", lambda: replicas.restart("two")),
    ]
    if old:
        steps.append(("first is the new", lambda: replicas.restart("one", new)))
        steps.append(("second is the new", lambda: replicas.restart("two", new)))
    try:
        replicas.up()
        print(f"Two registries over one PostgreSQL, upgraded under load{' from the release before' if old else ''}")
        upgrade(replicas, steps)
        said = replicas.run("migrate", "registry", "--check", "--config", folder / "one.toml", program=old or new)
        expect("the release before takes the schema for its own", "has this version's schema" in said, True)
        replicas.sql(CONTRACT)
        said = replicas.run("serve", "registry", "--config", folder / "one.toml", fails=True)
        expect("it does not start on one that it cannot know", "ahead of this program" in said, True)
        expect("what runs goes on meanwhile", replicas.ready("two"), True)
    finally:
        replicas.down()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
