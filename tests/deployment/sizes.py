"""What certificates take: the figures of deploy/sizing.md on databases, backup, memory and connections, measured anew.

    python tests/deployment/sizes.py --greenlane PROGRAM [--certificates 4000] [--withdrawn 200]

A registry on SQLite and one on PostgreSQL (started here, as another user if by root), without the services behind it: so many
certificates of deploy/examples/pv-module.yaml's content are imported, and some of them withdrawn. Sizes are those of the
database less an empty one's. CI runs it with a few, which tells that it works and nothing else.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

import yaml

from checks import DEPLOY, check, run
from database_tls import Cluster, certificates, free_port

BODY = "bodies/aurora-cert"
PATIENCE_SECONDS = 60
CONFIG = """
[server]
listen = "127.0.0.1:{port}"
metrics_listen = "127.0.0.1:{admin}"
[[auth.issuers]]
issuer = "https://localhost/greenlane"
jwks = {{ file = "jwks.json" }}
[registry]
key_directory = "keys"
[registry.store]
url = "{url}"
"""


class Registry:
    def __init__(self, greenlane, folder, url):
        self.greenlane, self.folder = greenlane, folder
        self.port, self.admin = free_port(), free_port()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        (folder / "greenlane.toml").write_text(CONFIG.format(port=self.port, admin=self.admin, url=url))
        data = ("--data", folder / "data")
        self.local("token", "jwks", *data, "--out", folder / "jwks.json")
        self.local("token", "mint", *data, "--subject", "admin", "--scope", "admin", "--out", folder / "admin.token")
        self.local("token", "mint", *data, "--subject", "clerk", "--scope", "certificates.read", "--scope",
                   "certificates.write", "--body", BODY, "--out", folder / "clerk.token")
        self.local("migrate", "registry", "--config", "greenlane.toml")

    def local(self, *arguments):
        return run(self.greenlane, *arguments, cwd=self.folder, env=self.environment)

    def call(self, *arguments, by="clerk"):
        at = ("--registry", f"http://127.0.0.1:{self.port}", "--token-file", self.folder / f"{by}.token")
        return self.local(*arguments, *at)

    @contextlib.contextmanager
    def serving(self):
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([self.greenlane, "serve", "registry", "--config", "greenlane.toml"], cwd=self.folder,
                                       env=self.environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5).close()
                    break
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        raise SystemExit((self.folder / "log").read_text()) from None
                    time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def catalogue(file, count):
    """Certificates of the example's content, each of a model of its own."""
    content = yaml.safe_load((DEPLOY / "examples/pv-module.yaml").read_text())
    with file.open("w") as rows:
        for number in range(count):
            content["products"][0]["identification"]["model"] = f"EX-{number:07}"
            rows.write(json.dumps(content) + "\n")


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1000


def measure(registry, arguments, size, while_it_serves):
    """`size`: of the database in bytes, asked for when nobody serves."""
    with registry.serving():
        registry.call("body", "create", BODY.removeprefix("bodies/"), "--display-name", "Aurora", "--economy", "XA", by="admin")
        registry.call("body", "key", "create", BODY, by="admin")
    empty = size()
    catalogue(registry.folder / "rows.ndjson", arguments.certificates)
    with registry.serving() as process:
        registry.call("certificate", "import", "rows.ndjson", "--body", BODY, "--confirm")
        print(f"  {arguments.certificates} imported; memory of the registry: {memory(process):.0f} MB")
        while_it_serves()
        listed = registry.call("certificate", "list", "--body", BODY, "--all", "-o", "name").split()
    check(f"{arguments.certificates} certificates are there", len(listed) == arguments.certificates)
    full = size()
    print(f"  a certificate takes {(full - empty) / arguments.certificates / 1000:.2f} kB of database, {full / 1e6:.1f} MB in all")
    with registry.serving():
        for name in listed[: arguments.withdrawn]:
            registry.call("certificate", "withdraw", name, "--reason", "mistake", "--text", "Measured.", "--confirm")
    print(f"  a withdrawal takes {(size() - full) / arguments.withdrawn / 1000:.2f} kB, of {arguments.withdrawn}")


def on_sqlite(greenlane, folder, arguments):
    folder.mkdir()
    registry = Registry(greenlane, folder, "sqlite:registry.db")

    def backup():
        began = time.monotonic()
        registry.local("backup", "registry", "--config", "greenlane.toml", "--out", "backup")
        print(f"  a backup while it serves, checked: {time.monotonic() - began:.1f} s")

    def size():
        # What is in the write-ahead log, into the database.
        with contextlib.closing(sqlite3.connect(folder / "registry.db")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (folder / "registry.db").stat().st_size

    print("On SQLite")
    measure(registry, arguments, size, backup)


def on_postgres(greenlane, folder, arguments):
    folder.mkdir(mode=0o755)
    certificates(folder)
    with Cluster(folder) as cluster:
        authority = folder / "ours.crt"
        url = f"postgres://postgres@localhost:{cluster.port}/postgres?sslmode=verify-full&sslrootcert={authority}"
        (folder / "registry").mkdir()
        registry = Registry(greenlane, folder / "registry", url)

        def look():
            served = "FROM pg_stat_activity WHERE client_addr IS NOT NULL"
            print(f"  connections of the registry: {cluster.sql(f'SELECT count(*) {served}')}")
            kept = "pg_total_relation_size('idempotency_record') / (SELECT count(*) FROM certificate)"
            print(f"  of a certificate until idempotency records expire: {int(cluster.sql(f'SELECT {kept}')) / 1000:.2f} kB")

        print("On PostgreSQL")
        measure(registry, arguments, lambda: int(cluster.sql("SELECT pg_database_size('postgres')")), look)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--certificates", type=int, default=4_000)
    parser.add_argument("--withdrawn", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        on_sqlite(arguments.greenlane, folder / "sqlite", arguments)
        on_postgres(arguments.greenlane, folder / "postgres", arguments)


if __name__ == "__main__":
    main()
