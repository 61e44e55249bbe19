"""TLS to PostgreSQL: a service speaks to a server that has a certificate of the authority it was told, and to no other, and tells
until when that certificate is good. And a service that starts while the server is away does not wait for it: it ends, and says why.

    python tests/deployment/database_tls.py --greenlane PROGRAM

Starts a PostgreSQL of its own that lets nobody in without TLS.
"""

import argparse
import contextlib
import functools
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from checks import DEPLOY

PATIENCE_SECONDS = 30
DAY_SECONDS = 86_400


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


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name} example authority", "-keyout", f"{name}.key", "-out", f"{name}.crt")


def certificates(folder):
    """A server's certificate for `localhost` of one authority, and another authority that has nothing to do with it."""
    authority(folder, "ours")
    authority(folder, "other")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
            "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial",
            "-days", "2", "-extfile", "names", "-out", "server.crt")
    (folder / "server.key").chmod(0o600)


class Cluster:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        self.programs = found[-1].parent
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            for path in (folder, *folder.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def run(self, program, *arguments):
        command = [str(self.programs / program), *map(str, arguments)]
        # `pg_ctl start` leaves the server with whatever it was given to write to.
        with open(self.folder / "talk", "ab") as talk:
            subprocess.run(command, cwd=self.folder, check=True, user=self.user, stdout=talk, stderr=talk)

    def __enter__(self):
        data = self.folder / "data"
        self.run("initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
        files = "".join(f" -c ssl_{what}_file={self.folder / name}" for what, name in
                        (("cert", "server.crt"), ("key", "server.key")))
        options = (f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c ssl=on "
                   f"-c fsync=off{files}")
        self.run("pg_ctl", "start", "--wait", "--silent", f"--pgdata={data}", f"--log={self.folder / 'log'}",
                 f"--options={options}")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "stop", "--silent", "--mode=immediate", f"--pgdata={self.folder / 'data'}")

    def sql(self, text):
        command = [str(self.programs / "psql"), "--quiet", "--no-align", "--tuples-only", f"--host={self.folder}",
                   f"--port={self.port}", "--username=postgres", f"--command={text}"]
        return subprocess.run(command, check=True, capture_output=True, text=True, user=self.user).stdout.strip()


def migrate(greenlane, cluster, host, parameters, *more):
    config = cluster.folder / "classification.toml"
    url = f"postgres://postgres@{host}:{cluster.port}/postgres?{parameters}"
    config.write_text(f'[classification.store]\nurl = "{url}"\nconnect_timeout_ms = 3000\n')
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("GREENLANE_", "PG"))}
    command = [str(greenlane), "migrate", "classification", "--config", str(config), *more]
    return subprocess.run(command, capture_output=True, text=True, env=ours, check=False)


class Service:
    """Classification, by what a file of the cluster's folder says."""

    def __init__(self, greenlane, cluster, name, parameters=""):
        ours = {key: value for key, value in os.environ.items() if not key.startswith(("GREENLANE_", "PG"))}
        self.options = {"env": ours, "cwd": cluster.folder, "text": True}
        subprocess.run([greenlane, "token", "jwks", "--data", "data-of-tokens", "--out", "jwks.json"], check=True,
                       capture_output=True, **self.options)
        self.admin = free_port()
        (cluster.folder / name).write_text(f"""[server]
listen = "127.0.0.1:{free_port()}"
metrics_listen = "127.0.0.1:{self.admin}"
[[auth.issuers]]
issuer = "https://localhost/greenlane"
jwks = {{ file = "jwks.json" }}
[classification.store]
url = "postgres://postgres@localhost:{cluster.port}/postgres{parameters}"
connect_timeout_ms = 3000
""")
        self.command = [greenlane, "serve", "classification", "--config", name]

    def metrics(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=5) as answer:
            return answer.read().decode()
        return ""


def serve_without(greenlane, cluster):
    """What a service says that starts while its database is away, and how it ends."""
    service = Service(greenlane, cluster, "away.toml")
    done = subprocess.run(service.command, capture_output=True, timeout=60, check=False, **service.options)
    return done.returncode, f"cannot connect to the PostgreSQL server at localhost:{cluster.port}" in done.stdout + done.stderr


def days_told(greenlane, cluster, kind, parameters):
    """For how many days the server's certificate is good, begun ones too, as a service tells it that connects like that."""
    service = Service(greenlane, cluster, "told.toml", parameters)
    with (cluster.folder / "told.log").open("wb") as log:
        process = subprocess.Popen(service.command, stdout=log, stderr=log, **service.options)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        labels = f'kind="{kind}",[^}}]*server_address="localhost"'
        while not (told := re.search(rf"^greenlane_credential_remaining_seconds{{[^}}]*{labels}[^}}]*}} (\S+)$", service.metrics(),
                                     re.MULTILINE)):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{service.metrics()}{(cluster.folder / 'told.log').read_text()}")
            time.sleep(0.2)
        return -int(-float(told[1]) // DAY_SECONDS)
    finally:
        process.kill()
        process.wait()


def looked_at(cluster):
    """What the command of deploy/runbooks/credential-expiring.md says of the server's certificate."""
    page = (DEPLOY / "runbooks/credential-expiring.md").read_text()
    (command,) = re.findall(r"^openssl s_client -starttls postgres .*$", page, re.MULTILINE)
    command = re.sub(r"-connect \S+", f"-connect localhost:{cluster.port}", command)
    return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=pathlib.Path)
    greenlane = parser.parse_args().greenlane.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-database-tls."))
    folder.chmod(0o755)
    try:
        certificates(folder)
        with Cluster(folder) as cluster:
            print("TLS to PostgreSQL")
            ours, other = folder / "ours.crt", folder / "other.crt"
            done = migrate(greenlane, cluster, "localhost", f"sslmode=verify-full&sslrootcert={ours}")
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            expect("the server of that authority", done.returncode, 0)
            plain = migrate(greenlane, cluster, "localhost", "sslmode=disable", "--check")
            expect("without TLS", plain.returncode, 1)
            strange = migrate(greenlane, cluster, "localhost", f"sslmode=verify-full&sslrootcert={other}", "--check")
            expect("the server of another authority", (strange.returncode, "UnknownIssuer" in strange.stderr), (1, True))
            elsewhere = migrate(greenlane, cluster, "127.0.0.1", f"sslmode=verify-full&sslrootcert={ours}", "--check")
            named = "not valid for name" in elsewhere.stderr
            expect("a server of another name", (elsewhere.returncode, named), (1, True))
            again = migrate(greenlane, cluster, "localhost", f"sslmode=verify-full&sslrootcert={ours}", "--check")
            expect("the right one again", again.returncode, 0)
            checked = days_told(greenlane, cluster, "database certificate", f"?sslmode=verify-full&sslrootcert={ours}")
            expect("days that its certificate is good, as a service tells them", checked, 2)
            unseen = days_told(greenlane, cluster, "database certificate taken unseen", "?sslmode=require")
            expect("and one that takes it unseen", unseen, 2)
            dated = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", folder / "server.crt"], check=True,
                                   capture_output=True, text=True)
            expect("and the date, by the page's command", looked_at(cluster), dated.stdout.strip())
        expect("a service that starts while it is away ends, and says so", serve_without(greenlane, cluster), (1, True))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
