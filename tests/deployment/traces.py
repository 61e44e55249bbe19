"""Sends traces and metrics to a collector that is not made of the same library: `rotel`, which speaks OTLP as any does.

    python tests/deployment/traces.py --greenlane PROGRAM

Three services on SQLite, each a process of its own. One `greenlane verify` is one trace of the command, the three services
and a database; one `greenlane manifest verify`, which is a stream, is one too, with a single root; and every service's
metrics arrive.
"""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import rotel

from checks import CHECKOUT, SERVICES, check, run

PATIENCE_SECONDS = 30
ISSUER = "https://localhost/greenlane" # as `token mint` calls itself
BODY = "aurora-cert"
PRODUCT = CHECKOUT / "deploy/examples/pv-module.yaml"
CALLEES = {"classification": [], "equivalence": ["classification"], "registry": ["equivalence", "classification"]}
DATABASE = "db.system.name"
HELD = []


def free_port():
    """A port that nobody is given as long as this lives; whoever binds it by number has it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    HELD.append(held)
    return held.getsockname()[1]


def wait_for(what, there):
    began = time.monotonic()
    while not there():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.05)


def connects(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def is_ready(port):
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
        return True
    return False


class Collector:
    """What it gets it prints, span by span and metric by metric."""

    def __init__(self, folder):
        self.port, self.printed = free_port(), folder / "collected"
        self.endpoint = f"http://127.0.0.1:{self.port}"
        program = pathlib.Path(rotel.__file__).parent / "rotel-agent"
        with self.printed.open("wb") as out:
            self.process = subprocess.Popen(
                [program, "start", "--otlp-grpc-endpoint", f"127.0.0.1:{self.port}", "--otlp-http-endpoint",
                 f"127.0.0.1:{free_port()}", "--debug-log", "traces", "--debug-log", "metrics", "--debug-log-verbosity",
                 "detailed", "--exporter", "blackhole", "--pid-file", folder / "rotel.pid", "--log-file",
                 folder / "rotel.log"],
                stdout=out, stderr=out, cwd=folder)
        wait_for("the collector listens", lambda: connects(self.port))

    def received(self):
        """Spans, and the names of metrics by service. An attribute of a resource stands before all that is of it."""
        spans, metrics, service, place = [], {}, None, None
        for line in self.printed.read_text(errors="replace").splitlines():
            if found := re.match(r"(ResourceSpans|ResourceMetrics|Span|Metric) #", line):
                place = found[1]
                if place == "Span":
                    spans.append({"service": service, "attributes": {}})
            elif place in ("ResourceSpans", "ResourceMetrics") and (found := re.match(r" +-> service\.name: Str\((.*)\)", line)):
                service = found[1]
            elif place == "Metric" and (found := re.match(r" +-> Name: (.*)", line)):
                metrics.setdefault(service, set()).add(found[1])
            elif place == "Span" and (found := re.match(r" +(Trace ID|Parent ID|ID|Name) *: ?(.*)", line)):
                spans[-1][found[1]] = found[2].strip()
            elif place == "Span" and (found := re.match(r" +-> ([\w.]+): (.*)", line)):
                spans[-1]["attributes"][found[1]] = found[2]
        return spans, metrics


class Installation:
    def __init__(self, greenlane, folder, endpoint):
        self.greenlane, self.folder, self.processes = greenlane, folder, []
        self.ports = {service: free_port() for service in SERVICES}
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("GREENLANE_", "OTEL_"))}
        self.environment["GREENLANE_HOME"] = str(folder / "home")
        run(greenlane, "token", "jwks", "--data", folder / "data", "--out", folder / "jwks.json")
        self.token("services", "--scope", "recognise", "--scope", "use.report", "--scope", "catalogue.read", "--scope", "codes.read")
        for service, callees in CALLEES.items():
            self.start(service, callees, endpoint)

    def token(self, subject, *arguments):
        out = self.folder / f"{subject}.token"
        run(self.greenlane, "token", "mint", "--data", self.folder / "data", "--out", out, "--subject", subject, *arguments)
        return out

    def start(self, service, callees, endpoint):
        own = f'key_directory = "{self.folder}/keys"' if service == "registry" else "starter = true"
        called = "".join(
            f'[{service}.{callee}]\nuri = "http://127.0.0.1:{self.ports[callee]}"\n'
            f'token = {{ file = "{self.folder}/services.token" }}\n' for callee in callees)
        admin = free_port()
        config = self.folder / f"{service}.toml"
        config.write_text(
            f'[server]\nlisten = "127.0.0.1:{self.ports[service]}"\nmetrics_listen = "127.0.0.1:{admin}"\n'
            f'[[auth.issuers]]\nissuer = "{ISSUER}"\njwks = {{ file = "{self.folder}/jwks.json" }}\n'
            f"[{service}]\n{own}\n{called}"
            f'[{service}.store]\nurl = "sqlite:{self.folder}/{service}.db"\n'
            f'[telemetry]\notlp_endpoint = "{endpoint}"\nsampling_ratio = 1.0\nflush_timeout_ms = 20000\n')
        run(self.greenlane, "migrate", service, "--config", config)
        with (self.folder / f"{service}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(
                [self.greenlane, "serve", service, "--config", config], stdout=log, stderr=log, env=self.environment))
        wait_for(f"{service} is ready", lambda: is_ready(admin))

    def command(self, token, *arguments, environment=None, exits=(0,)):
        there = [part for service in SERVICES for part in (f"--{service}", f"http://127.0.0.1:{self.ports[service]}")]
        done = subprocess.run([self.greenlane, *arguments, *there, "--token-file", token], capture_output=True, text=True,
                              cwd=self.folder, env=self.environment | (environment or {}), check=False)
        if done.returncode not in exits:
            raise SystemExit(f"$ greenlane {' '.join(map(str, arguments))}\n{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def end(self):
        """What they still hold goes to the collector, callers first."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            check("a service ends when it is asked to", process.wait(timeout=PATIENCE_SECONDS) == 0)


def ask(installation, endpoint):
    """One verification, and one stream of two, of certificates that nobody has heard of, each in an edition of its own."""
    admin = installation.token("admin", "--scope", "admin")
    clerk = installation.token("clerk", "--scope", "certificates.write", "--body", f"bodies/{BODY}")
    customs = installation.token("customs", "--scope", "verify")
    installation.command(admin, "body", "create", BODY, "--display-name", "Aurora", "--economy", "XA")
    installation.command(admin, "body", "key", "create", f"bodies/{BODY}")
    one, *others = [
        installation.command(clerk, "certificate", "issue", "--body", f"bodies/{BODY}", "--file", PRODUCT, "-o", "name")
        for _ in range(3)
    ]
    traced = {"environment": {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, "exits": (0, 10, 11)}
    installation.command(customs, "verify", one, "--code", "HS2012:854140", "--origin", "XA", "--destination", "XB",
                         "--model", "EX-450M", **traced)
    manifest = installation.folder / "manifest.csv"
    lines = [f"{certificate},HS2017:854140,XA,XB,EX-450M" for certificate in others]
    manifest.write_text("\n".join(["certificate,code,origin,destination,model", *lines, ""]))
    installation.command(customs, "manifest", "verify", manifest, **traced)


def check_a_trace(spans, command, expected):
    """The command's trace is one tree, and whoever is expected has a part in it."""
    begun = [span for span in spans if (span["service"], span["Name"]) == ("greenlane", command)]
    check(f"one span is the command `{command}`", len(begun) == 1)
    ours = [span for span in spans if span["Trace ID"] == begun[0]["Trace ID"]]
    known = {span["ID"] for span in ours}
    apart = [f"{span['service']} {span['Name']}" for span in ours if span["Parent ID"] not in known and span is not begun[0]]
    check(f"all of `{command}` is below it: {apart}", begun[0]["Parent ID"] == "" and not apart)
    parts = {span["service"] for span in ours}
    check(f"{expected} have a part in `{command}`: {parts}", parts == expected)
    read = [span for span in ours if span["service"] == "registry" and DATABASE in span["attributes"]]
    check(f"`{command}` is traced down to the database", read and all("sqlite" in span["attributes"][DATABASE] for span in read))
    print(f"  `greenlane {command}`: {len(ours)} spans of {len(parts)} processes below one, {len(read)} of them the registry's database")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="greenlane-traces-") as folder, contextlib.ExitStack() as ends:
        folder = pathlib.Path(folder)
        collector = Collector(folder)
        ends.callback(collector.process.wait)
        ends.callback(collector.process.terminate)
        installation = Installation(arguments.greenlane, folder, collector.endpoint)
        ends.callback(lambda: [process.kill() for process in installation.processes])
        ask(installation, collector.endpoint)
        installation.end()
        wait_for("the last of the spans", lambda: any(
            span["service"] == "classification" for span in collector.received()[0]))
        time.sleep(1) # its own batches
        spans, metrics = collector.received()
    everybody = {"greenlane", *SERVICES}
    check_a_trace(spans, "verify", everybody)
    check_a_trace(spans, "manifest verify", everybody)
    for service in SERVICES:
        names = metrics.get(service, set())
        check(f"{service} counts what it serves: {sorted(names)}", "rpc.server.call.duration" in names)
        print(f"  {service}: {len(names)} metrics")


if __name__ == "__main__":
    sys.exit(main())
