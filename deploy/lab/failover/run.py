"""A failover lab on one machine: three PostgreSQL under Patroni with etcd and HAProxy, registries, verifiers on the read
replicas, load, faults.

    apt-get install --no-install-recommends patroni python3-etcd etcd-server haproxy postgresql
    python3 -m venv venv && venv/bin/pip install -r tests/interop/requirements.txt
    venv/bin/python deploy/lab/failover/run.py --greenlane target/debug/greenlane

As root, since PostgreSQL runs as another user. Everything listens on the loopback interface only and ends with the
script. Two registries issue, and verify one certificate from memory, as a verifier does. A third registry and a second
verifier keep nothing in memory (`cached_certificates = 1`) and are asked for any of the certificates that were issued, so
that their answers come from the primary and from a standby. An answer counts when it tells that the certificate is
authentic, in force and for these goods; no equivalence service runs here, so recognition is left open.

For each fault it prints how many certificates were issued and verified meanwhile and the longest time without. Then a
standby stops to replay what it receives: it must say that it lacks a revision, and have it when it goes on. Then a
standby is made anew by the page's command, and another lists the cluster before and after. In the end, whether
everything that was acknowledged is there, once, and in one log that an auditor follows from a checkpoint of
before the faults. Ends with 1 if not.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import grpc

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(CHECKOUT / "tests/containers"))
from load import BODY, Load, good, question  # noqa: E402

NODES = ("one", "two", "three")
PATIENCE_SECONDS = 90
WHOLE_SECONDS = 180
QUIET_SECONDS = 5
PROGRAMS = next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)


def ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def wait_for(what, condition, patience=PATIENCE_SECONDS):
    """Asks until it is so."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > patience:
            raise SystemExit(f"waited {patience} s in vain: {what}")
        time.sleep(0.1)


class Lab:
    def __init__(self, greenlane, folder):
        self.greenlane, self.folder = greenlane, folder
        self.processes = {}
        folder.chmod(0o755)
        self.etcd = dict(zip(NODES, zip(ports(3), ports(3))))
        self.postgres = dict(zip(NODES, ports(3)))
        self.rest = dict(zip(NODES, ports(3)))
        self.primary_port, self.replica_port = ports(2)
        names = ("registry-1", "registry-2", "registry-unremembering")
        self.registries = dict(zip(names, zip(ports(3), ports(3))))
        self.verifiers = dict(zip(("verifier", "verifier-unremembering"), zip(ports(2), ports(2))))
        self.key = None
        self.members = []

    def start(self, name, command, user=None):
        log = (self.folder / f"{name}.log").open("ab")
        # Another program changes the user: for `user=` Popen forks, and a child of a process that speaks gRPC may not live.
        identity = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if user else []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        environment["PATH"] = f"{PROGRAMS.parent}:{environment['PATH']}"
        self.processes[name] = subprocess.Popen(
            [str(part) for part in (*identity, *command)], stdout=log, stderr=log, cwd="/", env=environment
        )

    def stop_all(self):
        for name in self.postgres:
            # A postmaster outlives a Patroni that was killed.
            with contextlib.suppress(OSError, ValueError):
                os.kill(self.postmaster(name), signal.SIGKILL)
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()

    def start_etcd(self, name):
        client, peer = self.etcd[name]
        cluster = ",".join(f"{node}=http://127.0.0.1:{port}" for node, (_, port) in self.etcd.items())
        command = ["etcd", "--name", name, "--data-dir", self.folder / f"etcd-{name}", "--initial-cluster", cluster]
        command += ["--listen-client-urls", f"http://127.0.0.1:{client}"]
        command += ["--advertise-client-urls", f"http://127.0.0.1:{client}"]
        command += ["--listen-peer-urls", f"http://127.0.0.1:{peer}"]
        command += ["--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"]
        # Patroni 3.0 keeps its synchronous standby more reliably through the older interface.
        command += ["--log-level", "warn", "--enable-v2=true"]
        self.start(f"etcd-{name}", command)

    def write_patroni(self, name):
        home = self.folder / f"postgres-{name}"
        home.mkdir()
        shutil.chown(home, "postgres", "postgres")
        hosts = ",".join(f"127.0.0.1:{client}" for client, _ in self.etcd.values())
        # JSON is YAML. Synchronous: what was acknowledged is on two nodes, and only one that has it may be promoted.
        config = {
            "scope": "greenlane",
            "name": name,
            "restapi": {"listen": f"127.0.0.1:{self.rest[name]}", "connect_address": f"127.0.0.1:{self.rest[name]}"},
            "etcd": {"hosts": hosts},
            "bootstrap": {
                "dcs": {
                    "ttl": 20,
                    "loop_wait": 2,
                    "retry_timeout": 5,
                    "master_start_timeout": 0,
                    "synchronous_mode": True,
                    "maximum_lag_on_failover": 0,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {"max_connections": 200, "wal_keep_size": "256MB"},
                    },
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
                "pg_hba": [
                    "local all all trust",
                    "host all all 127.0.0.1/32 trust",
                    "host replication all 127.0.0.1/32 trust",
                ],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.postgres[name]}",
                "connect_address": f"127.0.0.1:{self.postgres[name]}",
                "data_dir": str(home / "data"),
                "bin_dir": str(PROGRAMS.parent),
                "pgpass": str(home / "pgpass"),
                "parameters": {"unix_socket_directories": str(home)},
                # A copy of the leader begins with a checkpoint, for which the leader else takes its time: minutes.
                "basebackup": {"checkpoint": "fast"},
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "replicator"},
                    "rewind": {"username": "postgres"},
                },
            },
        }
        path = self.folder / f"patroni-{name}.yaml"
        path.write_text(json.dumps(config, indent=1))
        return path

    def start_patroni(self, name):
        self.start(f"patroni-{name}", ["patroni", self.folder / f"patroni-{name}.yaml"], user="postgres")

    def start_haproxy(self):
        lines = ["global", "  maxconn 1000", "defaults", "  mode tcp", "  timeout connect 2s", "  timeout client 1h"]
        lines += ["  timeout server 1h", "  timeout check 1s", "listen primary", f"  bind 127.0.0.1:{self.primary_port}"]
        lines += ["  option httpchk OPTIONS /primary", "  http-check expect status 200"]
        # Sessions to one that is primary no more are ended, so that their callers find the new one.
        lines += ["  default-server inter 1s fastinter 300ms fall 2 rise 1 on-marked-down shutdown-sessions"]
        servers = [f"  server {node} 127.0.0.1:{self.postgres[node]} check port {self.rest[node]}" for node in NODES]
        lines += servers + ["listen replicas", f"  bind 127.0.0.1:{self.replica_port}", "  balance leastconn"]
        # A standby that lags too far is no replica; one that is promoted goes on until its sessions end.
        lines += ["  option httpchk OPTIONS /replica?lag=64MB", "  http-check expect status 200"]
        lines += ["  default-server inter 1s fastinter 300ms fall 2 rise 1 on-marked-down shutdown-sessions"] + servers
        config = self.folder / "haproxy.cfg"
        config.write_text("\n".join(lines) + "\n")
        self.start("haproxy", ["haproxy", "-db", "-f", config])

    def role(self, name):
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest[name]}/patroni", timeout=1) as answer:
                state = json.load(answer)
                return state["role"] if state["state"] == "running" else None
        return None

    def primary(self):
        return next((name for name in NODES if self.role(name) in ("master", "primary")), None)

    def synchronous(self):
        """Whether a standby must confirm each commit right now, and all follow the one primary. A primary of before is up for
        seconds, on its own timeline, before it is found that it has to be rewound."""
        name = self.primary()
        if name is None:
            return False
        with contextlib.suppress(OSError, ValueError, KeyError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest[name]}/cluster", timeout=2) as answer:
                self.members = json.load(answer)["members"]
            roles = sorted(member["role"] for member in self.members if member["state"] in ("running", "streaming"))
            timelines = {member.get("timeline") for member in self.members}
            return len(roles) == len(NODES) and "sync_standby" in roles and len(timelines) == 1
        return False

    def steady(self):
        """Whether it is so for a while: what Patroni has not yet noticed it notices by then."""
        until = time.monotonic() + QUIET_SECONDS
        while self.synchronous():
            if time.monotonic() > until:
                return True
            time.sleep(0.5)
        return False

    def wait_until_whole(self):
        try:
            wait_for("the cluster is whole and synchronous", self.steady, WHOLE_SECONDS)
        except SystemExit as end:
            members = [f"{it['name']} {it['role']} {it['state']} lag {it.get('lag')} timeline {it.get('timeline')}"
                       for it in self.members]
            raise SystemExit(f"{end}: {', '.join(members) or 'no primary tells'}") from None

    def postmaster(self, name):
        return int((self.folder / f"postgres-{name}/data/postmaster.pid").read_text().split()[0])

    def configure_registry(self, name):
        listen, admin = (self.registries | self.verifiers)[name]
        port, more = self.primary_port, ""
        if name in self.verifiers:
            port, more = self.replica_port, f'role = "verifier"\nlog_verifier_key = "{self.key}"\n'
        if name.endswith("unremembering"):
            more += "cached_certificates = 1\n"
        path = self.folder / f"{name}.toml"
        path.write_text(
            f'[server]\nlisten = "127.0.0.1:{listen}"\nmetrics_listen = "127.0.0.1:{admin}"\n'
            f'[[auth.issuers]]\nissuer = "https://localhost/greenlane"\njwks = {{ file = "{self.folder}/jwks.json" }}\n'
            f'[registry]\n{more}key_directory = "{self.folder}/keys"\n'
            f'[registry.store]\nurl = "postgres://postgres@127.0.0.1:{port}/registry"\n'
        )
        return path

    def start_registry(self, name):
        self.start(name, [self.greenlane, "serve", "registry", "--config", self.folder / f"{name}.toml"])
        wait_for(f"{name} serves", lambda: self.ready(name))

    def ready(self, name):
        _, admin = (self.registries | self.verifiers)[name]
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=1):
                return True
        return False

    def command(self, *arguments):
        command = [str(part) for part in (self.greenlane, *arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        if done.returncode != 0:
            raise SystemExit(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def token(self, subject, *arguments):
        out = self.folder / f"{subject}.token"
        self.command("token", "mint", "--overwrite", "--data", self.folder / "data", "--out", out, "--subject", subject, *arguments)
        return out

    def up(self):
        for name in NODES:
            self.start_etcd(name)
        for name in NODES:
            self.write_patroni(name)
            self.start_patroni(name)
        self.start_haproxy()
        wait_for("a primary and two standbys, one of them synchronous", self.synchronous)
        psql = ["psql", "--quiet", f"postgres://postgres@127.0.0.1:{self.primary_port}/postgres"]
        wait_for(
            "HAProxy leads to the primary",
            lambda: subprocess.run([*psql, "--command=SELECT 1"], capture_output=True, check=False).returncode == 0,
        )
        subprocess.run([*psql, "--command=CREATE DATABASE registry"], check=True)
        self.command("token", "jwks", "--data", self.folder / "data", "--out", self.folder / "jwks.json")
        for name in self.registries:
            config = self.configure_registry(name)
        self.command("migrate", "registry", "--config", config)
        for name in self.registries:
            self.start_registry(name)
        admin = self.token("admin", "--scope", "admin")
        address = f"http://127.0.0.1:{self.registries['registry-1'][0]}"
        create = ["body", "create", BODY.removeprefix("bodies/"), "--display-name", "Aurora", "--economy", "XA"]
        for step in (create, ["body", "key", "create", BODY]):
            self.command(*step, "--registry", address, "--token-file", admin)
        told = self.command("log", "checkpoint", "-o", "json", "--registry", address, "--token-file", admin)
        self.key = json.loads(told)["checkpoint"]["verifierKey"]
        for name in self.verifiers:
            self.configure_registry(name)
            self.start_registry(name)
        # What an auditor has in hand when the faults begin.
        seen = self.command("log", "checkpoint", "--registry", address, "--token-file", admin)
        (self.folder / "seen.txt").write_text(seen)

    # Faults. Each returns once it is over and the cluster is whole again.

    def primary_crashes(self):
        """The database server is killed; its Patroni lives and gives way to a standby."""
        old = self.primary()
        os.kill(self.postmaster(old), signal.SIGKILL)
        wait_for("another primary", lambda: self.primary() not in (None, old))

    def host_dies(self):
        """Database server and Patroni are gone at once, and come back later."""
        old = self.primary()
        self.processes[f"patroni-{old}"].kill()
        os.kill(self.postmaster(old), signal.SIGKILL)
        wait_for("another primary", lambda: self.primary() not in (None, old))
        self.processes[f"patroni-{old}"].wait()
        self.start_patroni(old)

    def host_freezes(self):
        """The primary's host stands still for longer than its lease, and wakes up believing that it is primary."""
        old = self.primary()
        frozen = self.tree(self.processes[f"patroni-{old}"].pid) | self.tree(self.postmaster(old))
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        try:
            wait_for("another primary", lambda: self.primary() not in (None, old))
            time.sleep(QUIET_SECONDS)
        finally:
            for process in frozen:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    @staticmethod
    def tree(root):
        children = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, IndexError):
                fields = stat.read_text().rsplit(")", 1)[1].split()
                children.setdefault(int(fields[1]), set()).add(int(stat.parent.name))
        found, open_ = set(), {root}
        while open_:
            one = open_.pop()
            found.add(one)
            open_ |= children.get(one, set()) - found
        return found

    def standby_dies(self):
        """The standby that confirms commits is killed; another takes its place."""
        primary = self.primary()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest[primary]}/cluster", timeout=2) as answer:
            members = json.load(answer)["members"]
        name = next(member["name"] for member in members if member["role"] == "sync_standby")
        self.processes[f"patroni-{name}"].kill()
        os.kill(self.postmaster(name), signal.SIGKILL)
        self.processes[f"patroni-{name}"].wait()
        time.sleep(QUIET_SECONDS)
        self.start_patroni(name)

    def planned_switchover(self):
        """An operator moves the primary, as before an upgrade of its host."""
        old = self.primary()
        body = json.dumps({"leader": old}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest[old]}/switchover", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60):
            pass
        wait_for("another primary", lambda: self.primary() not in (None, old))

    def coordinator_dies(self):
        """One of three etcd is killed and comes back."""
        self.processes["etcd-one"].kill()
        self.processes["etcd-one"].wait()
        time.sleep(QUIET_SECONDS)
        self.start_etcd("one")

    def registry_dies(self):
        """One of two registries is killed and comes back."""
        self.processes["registry-1"].kill()
        self.processes["registry-1"].wait()
        time.sleep(QUIET_SECONDS)
        self.start_registry("registry-1")

    FAULTS = (
        planned_switchover,
        primary_crashes,
        host_dies,
        host_freezes,
        standby_dies,
        coordinator_dies,
        registry_dies,
    )


KINDS = {
    "read": "registries, one from memory",
    "any": "registry, any from the primary",
    "border": "verifier, one from memory",
    "border any": "verifier, any from a standby",
}


def experiment(lab, only):
    clerk = lab.token("clerk", "--scope", "certificates.write", "--scope", "certificates.read", "--body", BODY)
    customs = lab.token("customs", "--scope", "verify", "--scope", "log.read", "--scope", "certificates.read")
    at = {name: f"127.0.0.1:{listen}" for name, (listen, _) in (lab.registries | lab.verifiers).items()}
    load = Load(
        f"ipv4:{at['registry-1']},{at['registry-2']}",
        None,
        clerk=clerk.read_text().strip(),
        customs=customs.read_text().strip(),
        readers={
            "any": (f"ipv4:{at['registry-unremembering']}", True),
            "border": (f"ipv4:{at['verifier']}", False),
            "border any": (f"ipv4:{at['verifier-unremembering']}", True),
        },
    )
    load.start()
    rows = []
    try:
        time.sleep(QUIET_SECONDS)
        for fault in lab.FAULTS:
            if only and fault.__name__ not in only:
                continue
            lab.wait_until_whole()
            load.mark()
            fault(lab)
            lab.wait_until_whole()
            load.wait_until_flowing(PATIENCE_SECONDS)
            time.sleep(QUIET_SECONDS)
            rows.append((fault, load.since_mark()))
            print(f"  {fault.__name__.replace('_', ' ')}: {fault.__doc__}", flush=True)
    finally:
        load.stop()
    print_table(rows)
    return load


def print_table(rows):
    print(f"{'':>40}" + "".join(f"{title:>32}" for title in KINDS.values()))
    print("  fault                issued  longest gap" + "  verified not answered      gap" * len(KINDS))
    for fault, seen in rows:
        reads = [seen.reads[kind] for kind in KINDS]
        print(
            f"  {fault.__name__.replace('_', ' '):<19} {seen.writes:>7} {seen.write_gap:>10.1f} s"
            + "".join(f"{one.answered:>10} {one.refused:>12} {one.gap:>6.1f} s" for one in reads)
        )


def a_standby_lags(lab, load):
    """Both standbys receive and do not replay: a verifier has what it had, and says of what it lacks that it lacks it.

    Their processes that replay stand still: what pg_wal_replay_pause() pauses, Patroni resumes within seconds."""
    lab.wait_until_whole()
    verifier, _ = load.readers["border any"]

    def ask(name, revision):
        return good(verifier.call("VerificationService/Verify", question(name, revision), load.customs)["verdict"])

    standbys = [name for name in NODES if name != lab.primary()]
    replaying = [
        process
        for standby in standbys
        for process in lab.tree(lab.postmaster(standby))
        if b"startup recovering" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
    ]
    if len(replaying) != len(standbys):
        raise SystemExit(f"standbys {standbys} replay in processes {replaying}")
    for process in replaying:
        os.kill(process, signal.SIGSTOP)
    try:
        paused = time.monotonic()
        name, revision = load.issue("while-paused")
        try:
            told = ask(name, revision)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
            told = "REVISION_NOT_REACHED" if b"REVISION_NOT_REACHED" in details else str(error)
        still = ask(load.subject, load.subject_revision)
    finally:
        for process in replaying:
            os.kill(process, signal.SIGCONT)
    resumed = time.monotonic()

    def has_it():
        try:
            return ask(name, revision)
        except grpc.RpcError:
            return False

    wait_for("the verifier has what was issued", has_it)
    print(
        f"  standbys that do not replay: asked for what was issued since, the verifier says {told}, verifies what it has:"
        f" {'yes' if still else 'NO'}; {time.monotonic() - resumed:.1f} s after they go on it has the rest"
        f" ({resumed - paused:.1f} s later)"
    )
    return told == "REVISION_NOT_REACHED" and still


def patronictl(lab, verb, node="", answers=""):
    """The command of deploy/runbooks/failover.md with that verb, given as it stands there; what it says."""
    page = (CHECKOUT / "deploy/runbooks/failover.md").read_text()
    (written,) = re.findall(rf"`(patronictl -c \S+ {verb}\b[^`]*)`", page)
    here = {"/etc/patroni/config.yml": str(lab.folder / "patroni-one.yaml"), "NODE": node}
    command = [here.get(part, part) for part in shlex.split(written)]
    done = subprocess.run(command, input=answers, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise SystemExit(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def the_pages_commands(lab):
    """What failover.md has an operator look at, and how it has a standby made anew. Its `failover --force` is not given: nothing
    may be lost here."""
    lab.wait_until_whole()
    before = patronictl(lab, "list")
    standby = next(name for name in NODES if name != lab.primary())
    thrown_away = lab.folder / f"postgres-{standby}/data/of-before"
    thrown_away.write_text("What is on the node is thrown away.")
    # It asks whether that is meant.
    patronictl(lab, "reinit", standby, "y\n")
    wait_for("what was on the standby is thrown away", lambda: not thrown_away.exists())
    lab.wait_until_whole()
    listed = all(said.count("Leader") == 1 == said.count("Sync Standby") for said in (before, patronictl(lab, "list")))
    print(
        "  by the page's commands a standby is made anew, and one leader and one synchronous standby are listed before and after:"
        f" {'yes' if listed else 'NO'}"
    )
    return listed


def audit(lab, load):
    acknowledged, lost, doubled, wrong, left_open = load.audit()
    load.close()
    print(
        f"  acknowledged {acknowledged}, lost {lost}, answered under two names {doubled}, refused wrongly {wrong},"
        f" left open whether genuine and in force {left_open}"
    )
    checkpoints = []
    for listen, _ in lab.registries.values():
        where = ["--registry", f"http://127.0.0.1:{listen}", "--token-file", lab.folder / "customs.token"]
        answer = lab.command("log", "checkpoint", "-o", "json", *where)
        checkpoints.append(json.loads(answer)["checkpoint"]["note"])
    size = int(checkpoints[0].splitlines()[1])
    alike = "the same" if len(set(checkpoints)) == 1 else "NOT THE SAME"
    print(f"  the registries' checkpoints are {alike}, of {size} entries")
    # Ends the script when the log was rewritten or an entry is not possible.
    said = lab.command("log", "audit", "--checkpoint", lab.folder / "seen.txt", "--certificates", *where)
    print("  an auditor who saw it before the faults:\n" + "".join(f"    {line}\n" for line in said.splitlines()), end="")
    # A body, its key, and an entry for each certificate: those that were done without being acknowledged would be more.
    nothing = lost == doubled == wrong == left_open == 0
    return len(set(checkpoints)) == 1 and nothing and size >= acknowledged + 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--only", action="append", help="a fault by its name, as primary_crashes; may be repeated")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-failover-"))
    lab = Lab(arguments.greenlane, folder)
    try:
        lab.up()
        print("Three PostgreSQL, three registries, two verifiers, under load", flush=True)
        load = experiment(lab, arguments.only)
        kept_its_word = a_standby_lags(lab, load)
        are_listed = the_pages_commands(lab)
        return 0 if audit(lab, load) and kept_its_word and are_listed else 1
    finally:
        lab.stop_all()
        if arguments.keep:
            print(f"Logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
