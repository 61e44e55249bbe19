"""The authority of callers' certificates revokes one while a service runs, by a list in `server.tls.client_crl`. Then it changes its
key: its new certificate comes beside the old one into `server.tls.client_ca`, later the old one is taken out. Nothing is restarted.

    python tests/deployment/authorities.py --greenlane PROGRAM
"""

import argparse
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

from checks import check, run
from database_tls import authority, free_port, openssl

PATIENCE_SECONDS = 30
# Services look at their files again every other second.
SOME_LOOKS_SECONDS = 5
SETTINGS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
# A frame of eight bytes, which the other side sends back.
ECHO = b"greenlan"
PING = b"\x00\x00\x08\x06" + bytes(5) + ECHO
CONFIG = """
[server]
listen = "127.0.0.1:{port}"
metrics_listen = "127.0.0.1:{admin}"
[server.tls]
cert = "server.crt"
key = "server.key"
client_ca = "callers.pem"
client_crl = "callers.crl"
[[auth.issuers]]
issuer = "https://localhost/greenlane"
jwks = {{ file = "jwks.json" }}
[classification.store]
url = "sqlite:classification.db"
"""


def certificate(folder, by, name):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial", "-days",
            "2", "-extfile", "names", "-out", f"{name}.crt")


# Of an authority that counts its lists, as rustls wants it (RFC 5280, 5.2.3).
OF_LISTS = """
[ca]
default_ca = authority
[authority]
database = {by}.index
crlnumber = {by}.crlnumber
certificate = {by}.crt
private_key = {by}.key
default_md = sha256
default_crl_days = 2
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
"""


def revoked(folder, by, *names):
    """The list of what an authority has revoked, with these as the last of it."""
    settings = folder / f"{by}.cnf"
    if not settings.exists():
        settings.write_text(OF_LISTS.format(by=by))
        (folder / f"{by}.index").touch()
        (folder / f"{by}.crlnumber").write_text("01\n")
    for name in names:
        openssl(folder, "ca", "-config", settings.name, "-revoke", f"{name}.crt", "-crl_reason", "keyCompromise")
    openssl(folder, "ca", "-config", settings.name, "-gencrl", "-out", "callers.crl.new")
    (folder / "callers.crl.new").rename(folder / "callers.crl")


def echoes(connection):
    connection.sendall(PING)
    heard = b""
    while ECHO not in heard:
        heard += (more := connection.recv(4096))
        if not more:
            return False
    return True


class Service:
    def __init__(self, greenlane, folder):
        self.folder, self.port, self.admin = folder, free_port(), free_port()
        run(greenlane, "token", "jwks", "--data", folder / "data", "--out", folder / "jwks.json")
        (folder / "greenlane.toml").write_text(CONFIG.format(port=self.port, admin=self.admin))
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        run(greenlane, "migrate", "classification", "--config", "greenlane.toml", cwd=folder, env=ours)
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen([greenlane, "serve", "classification", "--config", "greenlane.toml"], cwd=folder,
            env=ours, stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5).close() or self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit((self.folder / "log").read_text()) from None
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def believes(self, *authorities):
        """Put in place at once, as whoever renews a mounted file does."""
        new = self.folder / "callers.pem.new"
        new.write_text("".join((self.folder / f"{name}.crt").read_text() for name in authorities))
        new.rename(self.folder / "callers.pem")

    def connect(self, caller):
        """A connection that is answered, or nothing."""
        context = ssl.create_default_context(cafile=self.folder / "own.crt")
        context.set_alpn_protocols(["h2"])
        context.load_cert_chain(self.folder / f"{caller}.crt", self.folder / f"{caller}.key")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            connection = context.wrap_socket(plain, server_hostname="localhost")
            connection.sendall(SETTINGS)
            if connection.recv(1):
                return connection
        except (ssl.SSLError, ConnectionError):
            pass
        plain.close()
        return None

    def lets_in(self, caller):
        connection = self.connect(caller)
        if connection:
            connection.close()
        return connection is not None

    def wait_until(self, caller, let_in):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.lets_in(caller) != let_in:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    greenlane = parser.parse_args().greenlane
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for its in ("own", "old", "new"):
            authority(folder, its)
        certificate(folder, "own", "server")
        for its in ("old", "new"):
            certificate(folder, its, f"caller-of-{its}")
        certificate(folder, "old", "stolen-of-old")
        revoked(folder, "old")
        (folder / "callers.pem").write_bytes((folder / "old.crt").read_bytes())
        with Service(greenlane, folder) as service:
            check("who has a certificate of the authority is let in", service.lets_in("caller-of-old"))
            check("of another nobody is", not service.lets_in("caller-of-new"))
            check("whoever has a stolen key is let in as long as nobody has revoked its certificate", service.lets_in("stolen-of-old"))
            thief = service.connect("stolen-of-old")
            revoked(folder, "old", "stolen-of-old")
            check("and not once the authority's list has it", service.wait_until("stolen-of-old", False))
            check("those who are not on it are let in", service.lets_in("caller-of-old"))
            check("a connection that is up ends with the service alone", echoes(thief))
            thief.close()
            service.believes("old", "new")
            check("with the new one beside the old, its callers are let in", service.wait_until("caller-of-new", True))
            check("and those of the old one still", service.lets_in("caller-of-old"))
            up = service.connect("caller-of-old")
            service.believes("new")
            check("without the old one, its callers are refused", service.wait_until("caller-of-old", False))
            check("and those of the new one let in", service.lets_in("caller-of-new"))
            check("a connection that was up goes on", echoes(up))
            up.close()
            (folder / "callers.pem").write_text("half a file")
            time.sleep(SOME_LOOKS_SECONDS)
            check("a file that cannot be used changes nothing", service.lets_in("caller-of-new"))
            check("and lets nobody else in", not service.lets_in("caller-of-old"))
            check("by one process", service.process.poll() is None)
    print("  a certificate of a caller, revoked while a service runs: it is refused, and no other")
    print("  an authority of callers, changed while a service runs: the new one's are let in, and the old one's no more")


if __name__ == "__main__":
    main()
