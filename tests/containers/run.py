"""The containers of deploy/compose, run by a real engine: the README's story against them, then each killed under load.

    deploy/containers/build --full
    python tests/containers/run.py [--only small|full]

Shown for both profiles: healthy in under a minute; nobody is root, nothing of a root file system is written, there is no
shell; TLS between the services and to the command; the story of the README as it is written there; backups that come
back by the commands of deploy/runbooks. On PostgreSQL also: each container is killed (SIGKILL) while certificates are issued
and verified, comes back by itself, and nothing that was acknowledged is lost; nobody sees another's password, and who has
one can do with it what the service does.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request

from load import Load

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = CHECKOUT / "deploy/compose"
SERVICES = ("classification", "equivalence", "registry")
HEALTHY_SECONDS = 60
BACK_SECONDS = 60
QUIET_SECONDS = 3
AT_THE_BORDER = ("--registry", "https://localhost:7411")
MANY = 60
PANEL_SECONDS = 60
# Counters that are not there before they count.
WHEN_IT_HAPPENS = {"greenlane_server_overloaded_total", "greenlane_store_retries_total"}
DISK_BYTES = 24 << 20


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"$ {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def compose_command():
    """The plugin where it is installed, Debian's program elsewhere."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: {actual!r}, not {expected!r}")
    print(f"  {what}: {actual}")


class Deployment:
    """One profile, running: its containers, and a folder with the state that `deploy/compose/init` makes."""

    def __init__(self, profile, folder):
        self.project = f"greenlane-{profile}"
        self.folder = folder / profile
        files = ["compose.yaml"] + (["full.yaml", "mutual-tls.yaml"] if profile == "full" else [])
        self.files = [argument for file in files for argument in ("--file", str(COMPOSE / file))]
        self.disk = folder / "disk" if profile == "small" else None
        self.environment = os.environ | {"GREENLANE_STATE": str(self.folder), "COMPOSE_PROJECT_NAME": self.project}

    def compose(self, *arguments):
        return run(*compose_command(), *self.files, *arguments, env=self.environment)

    def make_disk(self):
        """A small disk of its own for the registry's data, so that it can be filled."""
        image = self.disk.with_suffix(".img")
        with image.open("wb") as file:
            file.truncate(DISK_BYTES)
        self.disk.mkdir()
        run("mkfs.ext4", "-q", "-m", "0", image)
        run("mount", "-o", "loop", image, self.disk)
        os.chown(self.disk, 65532, 65532)
        override = self.disk.with_suffix(".yaml")
        options = {"type": "none", "o": "bind", "device": str(self.disk)}
        override.write_text(json.dumps({"volumes": {"registry": {"driver": "local", "driver_opts": options}}}))
        self.files += ["--file", str(override)]

    def up(self):
        if self.disk:
            self.make_disk()
        run(COMPOSE / "init", self.folder)
        began = time.monotonic()
        self.compose("up", "--detach")
        wanted = SERVICES + (("postgres", "prometheus") if "full" in self.project else ())
        while not all(self.healthy(service) for service in wanted):
            if time.monotonic() - began > HEALTHY_SECONDS:
                raise SystemExit(f"not healthy in {HEALTHY_SECONDS} s:\n{self.compose('ps')}{self.compose('logs')}")
            time.sleep(0.2)
        took = time.monotonic() - began
        print(f"  all containers healthy after {took:.1f} s")

    def down(self):
        self.compose("down", "--volumes", "--timeout", "10")
        if self.disk and self.disk.is_mount():
            run("umount", self.disk)

    def container(self, service):
        # Stopped ones too: a container that was killed is back in a moment.
        return self.compose("ps", "--quiet", service).strip()

    def all_containers(self):
        """What the engine says of each, by its service: also of those that have ended for good, as a migration has."""
        label = "com.docker.compose.service"
        ours = ("--filter", f"label=com.docker.compose.project={self.project}")
        facts = json.loads(run("docker", "inspect", *run("docker", "ps", "--all", "--quiet", *ours).split()))
        return {fact["Config"]["Labels"][label]: fact for fact in facts}

    def shell(self, script):
        """Commands of a page, given where the page says."""
        said = "\n".join(('docker() { if [ "$1" = compose ]; then shift; command ' + " ".join(compose_command())
            + ' "$@"; else command docker "$@"; fi; }', script))
        files = ":".join(self.files[1::2])
        return run("bash", "-euo", "pipefail", "-c", said, cwd=COMPOSE, env=self.environment | {"COMPOSE_FILE": files})

    def health(self, service):
        """What the page's `health` says, and whether the service is ready."""
        done = subprocess.run(["docker", "exec", self.container(service), "greenlane", "health", "--config",
            "/etc/greenlane/greenlane.toml"], capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def wait_for_health(self, service, ready=True):
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            is_ready, said = self.health(service)
            if is_ready == ready:
                return said
            if time.monotonic() > deadline:
                raise SystemExit(f"{service} is{'' if is_ready else ' not'} ready after {BACK_SECONDS} s: {said}")
            time.sleep(0.5)

    def inspect(self, service):
        name = self.container(service)
        return json.loads(run("docker", "inspect", name))[0] if name else None

    def healthy(self, service):
        facts = self.inspect(service)
        if facts is None or not facts["State"]["Running"]:
            return False
        return facts["State"].get("Health", {}).get("Status", "healthy") == "healthy"

    def crash(self, service):
        """SIGKILL from outside, as the kernel does it: the engine takes it for a crash and starts the container anew."""
        facts = self.inspect(service)
        os.kill(facts["State"]["Pid"], signal.SIGKILL)
        return facts["RestartCount"]


def look_at_the_image():
    print("The image")
    facts = json.loads(run("docker", "image", "inspect", "greenlane:local"))[0]
    expect("its user", facts["Config"]["User"], "65532:65532")
    print(f"  its size: {facts['Size'] / 1e6:.0f} MB")
    shell = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", "/bin/sh", "greenlane:local", "-c", "true"],
        capture_output=True,
        check=False,
    )
    expect("it has a shell", shell.returncode == 0, False)
    expect("its licence label", facts["Config"]["Labels"]["org.opencontainers.image.licenses"], "Apache-2.0")


def look_at_the_files(folder):
    """What is put on top of compose.yaml for images that cannot be had here is understood all the same."""
    environment = os.environ | {"GREENLANE_STATE": str(folder), "GREENLANE_LOG_VERIFIER_KEY": "not used"}
    for more in (["mutual-tls"], ["observability"], ["full", "verifier"], ["full", "verifier", "observability"]):
        files = [part for name in ["compose", *more] for part in ("--file", str(COMPOSE / f"{name}.yaml"))]
        services = run(*compose_command(), *files, "config", "--services", env=environment).split()
        expect(f"{' and '.join(more)}: services", len(services), len(set(services)))


def take_program(folder):
    """The program of the image, and its bill of materials, for use outside."""
    name = run("docker", "create", "greenlane:local").strip()
    try:
        (folder / "bin").mkdir()
        run("docker", "cp", f"{name}:/usr/local/bin/greenlane", folder / "bin/greenlane")
        run("docker", "cp", f"{name}:/usr/share/doc/greenlane/sbom.cdx.json", folder / "sbom.json")
    finally:
        run("docker", "rm", name)
    bom = json.loads((folder / "sbom.json").read_text())
    crates = {component["name"] for component in bom["components"]}
    expect("its bill of materials names tonic, rustls and sea-orm", {"tonic", "rustls", "sea-orm"} <= crates, True)
    print(f"  crates in it: {len(crates)}")


def look_at_containers(deployment):
    for service in SERVICES:
        host = deployment.inspect(service)["HostConfig"]
        locked = host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"]
        expect(f"{service} is read-only and without capabilities", locked, True)
        # The engine makes the places that something is mounted on.
        mounts = [pathlib.PurePath(mount["Destination"]) for mount in deployment.inspect(service)["Mounts"]]
        made = {str(path) for mount in mounts for path in (mount, *mount.parents)}
        changed = [line.split()[1] for line in run("docker", "diff", deployment.container(service)).splitlines()]
        expect(f"{service} changed in its image", [path for path in changed if path not in made], [])


# What each container knows, by the names of the files in its /run/greenlane.
SERVES = {"tls.crt", "tls.key", "database"}
SECRETS = {"registry": SERVES | {"token"}, "equivalence": SERVES | {"token"}, "classification": SERVES}
SECRETS |= {f"migrate-{service}": {"database"} for service in SERVICES}
SECRETS_AT_THE_BORDER = {"verifier": SERVES | {"token"}, "postgres-replica": {"replication"}}


def look_at_secrets(deployment, secrets):
    """Nobody sees a secret that is another's."""
    owned, containers = {}, deployment.all_containers()
    for container, expected in secrets.items():
        seen = {}
        for mount in containers[container]["Mounts"]:
            source = pathlib.Path(mount["Source"])
            if mount["Destination"].startswith("/run/greenlane"):
                files = source.iterdir() if source.is_dir() else [source]
                name = pathlib.PurePath(mount["Destination"]).name
                seen |= {file.name if source.is_dir() else name: file.read_text() for file in files}
        expect(f"{container} sees", sorted(seen), sorted(expected))
        for name, secret in seen.items():
            if name in {"database", "token", "tls.key", "replication"}:
                expect(f"{container}'s {name} is its own", owned.setdefault(secret, container), container)


def answers(deployment, service, port, shows):
    """Whether a service talks to whoever shows this certificate, of `state`; none is `None`."""
    context = ssl.create_default_context(cafile=deployment.folder / "public/ca.crt")
    context.set_alpn_protocols(["h2"])
    if shows:
        context.load_cert_chain(*(deployment.folder / shows / f"tls.{part}" for part in ("crt", "key")))
    try:
        with socket.create_connection(("localhost", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=service) as connection:
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
                return bool(connection.recv(1))
    except (ssl.SSLError, ConnectionError):
        return False


def look_at_mutual_tls(deployment):
    """Only named callers get through to equivalence and classification."""
    callers = (None, "registry", "equivalence", "classification", "verifier", "operator")
    named = {("equivalence", 7402): ["registry", "verifier", "operator"],
             ("classification", 7403): ["registry", "equivalence", "verifier", "operator"],
             ("registry", 7401): list(callers)}
    for (service, port), expected in named.items():
        heard = [caller for caller in callers if answers(deployment, service, port, caller)]
        expect(f"{service} answers", heard, expected)


def as_role(deployment, role, database, statements):
    """What PostgreSQL says to statements of a role, each in a transaction of its own, of which nothing stays."""
    script = "\\set VERBOSITY sqlstate\n" + "".join(f"BEGIN; {statement}; ROLLBACK;\n" for statement in statements)
    psql = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", f"--username={role}", f"--dbname={database}"]
    done = subprocess.run(["docker", "exec", "--interactive", deployment.container("postgres"), *psql],
        input=script, capture_output=True, text=True, check=False)
    return done.stdout.split(), done.stderr.splitlines()


def look_at_rights(deployment):
    """A role can do its work and nothing else, whoever has its password."""
    nobody = ["CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine", "DROP TABLE audit_record",
              "ALTER TABLE audit_record ADD COLUMN mine int", "TRUNCATE audit_record", "DELETE FROM audit_record",
              "UPDATE audit_record SET id = id", "DELETE FROM seaql_migrations", "INSERT INTO seaql_migrations DEFAULT VALUES",
              "COPY audit_record TO PROGRAM 'true'", "ALTER EVENT TRIGGER narrow DISABLE", "SELECT pg_read_file('PG_VERSION')"]
    of_the_log = ["DELETE FROM log_entry", "UPDATE log_entry SET leaf = leaf", "TRUNCATE log_entry", "DELETE FROM log_tile",
                  "DELETE FROM log_head", "DELETE FROM log_checkpoint", "DROP TABLE log_entry"]
    of_a_verifier = ["DELETE FROM certificate", "UPDATE log_head SET size = size", "INSERT INTO log_entry DEFAULT VALUES"]
    tries = {service: nobody for service in SERVICES}
    tries |= {"registry": nobody + of_the_log, "verifier": nobody + of_the_log + of_a_verifier}
    for role, statements in tries.items():
        # The first is allowed, or the refusals would show nothing.
        read = ["SELECT 'read' FROM (SELECT count(*) FROM audit_record) AS all_of_them"]
        said = as_role(deployment, role, "registry" if role == "verifier" else role, read + statements)
        refused = (["read"], ["ERROR:  42501"] * len(statements))
        expect(f"{role} reads, and is refused {len(statements)} statements", said == refused or said, True)
    enters = "SELECT r.rolname || '@' || d.datname FROM pg_roles r, pg_database d WHERE r.rolcanlogin AND NOT r.rolsuper " \
        "AND NOT r.rolreplication AND d.datname = ANY('{registry,equivalence,classification}') AND r.rolname !~ '_owner$' " \
        "AND has_database_privilege(r.rolname, d.datname, 'CONNECT')"
    entered, _ = as_role(deployment, "postgres", "postgres", [enters])
    expect("and each enters", sorted(entered), sorted([*(f"{service}@{service}" for service in SERVICES), "verifier@registry"]))


def story_commands():
    """The commands of the README's story, as tests/e2e/tests/readme.rs reads them."""
    _, text = (CHECKOUT / "README.md").read_text().split("## The story by hand\n", 1)
    # The first block starts the services; the second is for another shell, and it finds the program by its path.
    block = text.split("```sh\n")[2].split("```")[0].replace("\\\n", " ")
    lines = [line.split(" # ")[0].strip() for line in block.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "export "))]
    return lines


def tell_the_story(deployment, program):
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
    here = deployment.folder
    (here / "deploy").symlink_to(CHECKOUT / "deploy")
    outcomes = []
    commands = story_commands()
    for command in commands:
        said = run("bash", "-euo", "pipefail", "-c", command, cwd=here, env=environment | {"PATH": path})
        if command.startswith("greenlane verify"):
            outcomes.append("ACCEPTED" if "ACCEPTED" in said and "REFUSED" not in said else "REFUSED")
    expect(f"the story's {len(commands)} commands verify as", outcomes, ["ACCEPTED", "ACCEPTED", "REFUSED"])


def crash_and_wait(deployment, service):
    """Kills a container and waits until it is healthy again; how long that took."""
    restarts = deployment.crash(service)
    began = time.monotonic()
    while True:
        facts = deployment.inspect(service)
        if facts and facts["RestartCount"] > restarts and deployment.healthy(service):
            return time.monotonic() - began
        if time.monotonic() - began > BACK_SECONDS:
            raise SystemExit(f"{service} is not back after {BACK_SECONDS} s:\n{deployment.compose('logs')}")
        time.sleep(0.2)


def health_follows_the_database(deployment):
    """deploy/runbooks/not-serving.md."""
    deployment.compose("stop", "postgres")
    print(f"  without its database: {deployment.wait_for_health('registry', ready=False).strip()}")
    deployment.compose("start", "postgres")
    deployment.wait_for_health("registry")
    print("  with it again: ready, and nothing was restarted")


def kill_each(deployment, program):
    def token(*arguments):
        return mint(deployment, program, *arguments).read_text().strip()

    clerk = token("loader", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    customs = token("customs", "verify log.read certificates.read")
    load = Load(
        "localhost:7401", (deployment.folder / "public/ca.crt").read_bytes(), clerk=clerk, customs=customs
    )
    load.start()
    rows = []
    try:
        time.sleep(QUIET_SECONDS)
        for service in (*SERVICES, "postgres", "prometheus"):
            load.mark()
            back = crash_and_wait(deployment, service)
            load.wait_until_flowing(BACK_SECONDS)
            time.sleep(QUIET_SECONDS)
            rows.append((service, back, load.since_mark()))
    finally:
        load.stop()
    print("  killed          healthy again   verified  answers refused  longest gap   issued  longest gap")
    for service, back, seen in rows:
        print(
            f"  {service:<15} {back:>11.1f} s {seen.reads:>10} {seen.refused:>16} {seen.read_gap:>10.2f} s"
            f" {seen.writes:>8} {seen.write_gap:>10.2f} s"
        )
    acknowledged, lost, doubled, wrong = load.audit()
    print(f"  certificates acknowledged: {acknowledged}")
    expect("lost", lost, 0)
    expect("acknowledged twice under different names", doubled, 0)
    expect("wrong answers to customs", wrong, 0)


def mint(deployment, program, subject, scopes, *more):
    out = deployment.folder / f"{subject}.token"
    data = deployment.folder / "greenlane-data"
    scopes = [part for scope in scopes.split() for part in ("--scope", scope)]
    run(program, "token", "mint", "--data", data, "--out", out, "--subject", subject, *scopes, *more)
    return out


def page_blocks(page):
    """The commands of a page of deploy/runbooks, block by block."""
    text = (CHECKOUT / "deploy/runbooks" / page).read_text()
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)]


def page_block(page, *parts):
    (block,) = (block for block in page_blocks(page) if all(part in block for part in parts))
    return block


def withdraw_many(deployment, program):
    """The commands of deploy/runbooks/mass-withdrawal.md, as they are written there, the loop twice."""
    command = Command(deployment, program)
    active = ("certificate", "list", "--state", "active", "--all", "-o", "name")
    there = command(*active, "--body", "bodies/aurora-cert").split()
    mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    lists, trial, loop = page_blocks("mass-withdrawal.md")
    expect("listed as concerned", int(command.shell(lists)), len(there))
    expect(f"which is more than a page and {MANY}", len(there) > MANY > 50, True)
    # Somebody strikes the others off the list.
    file = deployment.folder / "concerned.txt"
    concerned = file.read_text().split()[:MANY]
    file.write_text("".join(f"{name}\n" for name in concerned))
    command.shell(trial)
    expect("withdrawn by the trial", len(there) - len(command(*active, "--body", "bodies/aurora-cert").split()), 0)
    (deployment.folder / "failed.txt").write_text("certificates/of-an-earlier-run\n")
    for _ in range(2):
        said = command.shell(loop).split()
        expect("withdrawn by the loop, and failed", (len(said) - 1, said[-1]), (len(concerned), "0"))
    expect("of them still active", len(set(concerned) & set(command(*active).split())), 0)


def bring_back(deployment, program):
    """deploy/runbooks/restore.md, log-not-signing.md and log-fork.md on SQLite: the wrong backup, what was there put back,
    and at last a new log with what is left."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    backup, restore = (page_block("restore.md", "maintain-registry", verb) for verb in ("--keys", "--from"))
    deployment.shell(backup)
    late = command(*issue).strip()
    deployment.shell(restore)
    said = deployment.wait_for_health("registry", ready=False)
    expect("an old backup is noticed", "put back to an earlier state" in said, True)
    expect("and nothing is issued on it", command.fails(*issue), True)
    deployment.compose("stop", "registry")
    put_back = page_block("log-not-signing.md", "registry.db.replaced-0")
    run("bash", "-euo", "pipefail", "-c", put_back, cwd=deployment.disk)
    deployment.compose("start", "registry")
    deployment.wait_for_health("registry")
    command("certificate", "get", late)
    expect("what was there is put back, and issues", command(*issue).startswith("certificates/"), True)
    shutil.rmtree(deployment.disk / "wrong")
    deployment.shell(restore)
    deployment.wait_for_health("registry", ready=False)
    deployment.environment["GREENLANE_LOG_ORIGIN"] = "registry.example.org/log-2"
    deployment.shell(page_block("log-fork.md", "docker compose"))
    deployment.wait_for_health("registry")
    expect("a new log goes on", command(*issue).startswith("certificates/"), True)
    note = json.loads(command("log", "checkpoint", "-o", "json"))["checkpoint"]
    expect("under its name", note["verifierKey"].split("+")[0], "registry.example.org/log-2")
    (deployment.disk / "registry.db.replaced-0").unlink()


def bring_postgres_back(deployment, program):
    """deploy/runbooks/restore.md on PostgreSQL: a base backup, what was issued after it, both back, and an archive anew."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    deployment.shell(page_block("restore.md", "exec -T postgres sh /etc/greenlane/backup", "base-2026-11-25"))
    late = command(*issue).strip()
    deployment.shell(page_block("restore.md", "sh /etc/greenlane/restore"))
    deployment.wait_for_health("registry")
    command("certificate", "get", late)
    expect("after a restore it has what was issued after the backup, and issues", bool(command(*issue)), True)
    psql = ("docker", "exec", deployment.container("postgres"), "psql", "-U", "postgres", "-Atc")
    expect("it archives", run(*psql, "SHOW archive_mode").strip(), "off")
    deployment.shell(page_block("restore.md", "sh /etc/greenlane/archive-on"))
    expect("then", run(*psql, "SHOW archive_mode").strip(), "on")
    deadline = time.monotonic() + BACK_SECONDS
    while run(*psql, "SELECT archived_count > 0 AND failed_count = 0 FROM pg_stat_archiver").strip() != "t":
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing is archived: {run(*psql, 'SELECT * FROM pg_stat_archiver')}")
        time.sleep(0.5)
    deployment.wait_for_health("registry")
    anew = page_block("restore.md", "docker volume rm").replace("compose_", f"{deployment.project}_")
    deployment.shell(anew)
    deployment.wait_for_health("verifier")
    later = command(*issue).strip()
    time.sleep(1)
    for name in (late, later):
        expect("the verifier on a new replica verifies", not command.fails("verify", name, *AT_THE_BORDER), True)


def issuing(deployment, program):
    clerk = mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    return ["certificate", "issue", "--body", "bodies/aurora-cert", "--file",
            CHECKOUT / "deploy/examples/pv-module.yaml", "--token-file", clerk, "-o", "name"]


def verify_at_the_border(deployment, program):
    """verifier.yaml on top: a verifier on a read replica, which knows what the registry knows and does nothing else."""
    command = Command(deployment, program)
    told = json.loads(command("log", "checkpoint", "-o", "json"))["checkpoint"]
    deployment.environment["GREENLANE_LOG_VERIFIER_KEY"] = told["verifierKey"]
    deployment.files += ["--file", str(COMPOSE / "verifier.yaml")]
    deployment.compose("up", "--detach")
    began = time.monotonic()
    while not (deployment.healthy("postgres-replica") and deployment.healthy("verifier")):
        if time.monotonic() - began > HEALTHY_SECONDS:
            logs = deployment.compose("logs", "verifier", "postgres-replica")
            raise SystemExit(f"no verifier in {HEALTHY_SECONDS} s:\n{logs}")
        time.sleep(0.2)
    print(f"  replica and verifier healthy after {time.monotonic() - began:.1f} s")
    look_at_secrets(deployment, SECRETS | SECRETS_AT_THE_BORDER)
    issue = issuing(deployment, program)
    name = command(*issue).strip()
    time.sleep(1)
    expect("it verifies what was issued a second ago", "REFUSED" not in command("verify", name, *AT_THE_BORDER), True)
    expect("it issues nothing", command.fails(*issue, *AT_THE_BORDER), True)
    with urllib.request.urlopen(f"http://127.0.0.1:7414/{name}", timeout=10) as answer:
        expect("it serves the page", 'id="verdict-title"' in answer.read().decode(), True)
    # Away for long: the primary has thrown away by then what the replica lacks.
    deployment.compose("stop", "postgres-replica")
    meanwhile = command(*issue).strip()
    psql = ["docker", "exec", deployment.container("postgres"), "psql", "-U", "postgres", "-q"]
    for _ in range(3):
        run(*psql, "-c", "SELECT pg_switch_wal()", "-c", "CHECKPOINT")
    deployment.compose("start", "postgres-replica")
    deadline = time.monotonic() + BACK_SECONDS
    while command.fails("verify", meanwhile, *AT_THE_BORDER):
        if time.monotonic() > deadline:
            raise SystemExit(f"the replica does not catch up:\n{deployment.compose('logs', 'postgres-replica')}")
        time.sleep(0.5)
    said = deployment.compose("logs", "postgres-replica")
    expect("a replica that was away takes from the archive what it missed", "restored log file" in said, True)
    for service in ("postgres-replica", "verifier"):
        print(f"  {service} killed: healthy again after {crash_and_wait(deployment, service):.1f} s")
    deployment.wait_for_health("verifier")
    expect("and it verifies", "REFUSED" not in command("verify", meanwhile, *AT_THE_BORDER), True)


def fill_the_disk(deployment, program):
    """The registry's volume is a small disk: full, then with room again."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    kept = command(*issue).strip()
    filler = deployment.disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    # The write-ahead log is used again from its beginning: what it has room for is still written.
    refused = any(command.fails(*issue) for _ in range(1_000))
    expect("issues refused while the disk is full", refused, True)
    expect("and it stays so", all(command.fails(*issue) for _ in range(5)), True)
    said = command("verify", kept, "--token-file", mint(deployment, program, "customs", "verify"))
    expect("verification goes on", "REFUSED" not in said, True)
    filler.unlink()
    expect("with room again it issues", command(*issue).startswith("certificates/"), True)
    expect("the log is whole", "—" in command("log", "checkpoint"), True)


class Command:
    """The program of the image, told where the containers are."""

    def __init__(self, deployment, program):
        self.folder = deployment.folder
        self.program = program
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        self.environment = ours | {
            "GREENLANE_CONTEXT": str(self.folder / "greenlane-data/client.toml"),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
        }

    def __call__(self, *arguments):
        return run(self.program, *arguments, cwd=self.folder, env=self.environment)

    def shell(self, script):
        return run("bash", "-euo", "pipefail", "-c", script, cwd=self.folder, env=self.environment)

    def fails(self, *arguments):
        command = [str(part) for part in (self.program, *arguments)]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=False)
        return done.returncode != 0


def ask_prometheus(query):
    url = f"http://127.0.0.1:9090/api/v1/query?query={urllib.request.quote(query)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def look_at_prometheus():
    deadline = time.monotonic() + 30
    while True:
        up = {row["metric"]["service"]: row["value"][1] for row in ask_prometheus('up{job="greenlane"}')}
        if up == dict.fromkeys(SERVICES, "1") or time.monotonic() > deadline:
            break
        time.sleep(1)
    expect("Prometheus reaches", up, dict.fromkeys(SERVICES, "1"))
    with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/rules", timeout=10) as answer:
        groups = json.load(answer)["data"]["groups"]
    states = collections.Counter(rule["health"] for group in groups for rule in group["rules"])
    expect("rules that fail to evaluate", states.get("err", 0), 0)
    print(f"  rules: {sum(states.values())}")
    with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/label/__name__/values", timeout=10) as answer:
        exported = set(json.load(answer)["data"])
    monitoring = CHECKOUT / "deploy/monitoring"
    asked = set()
    for file in (monitoring / "alerts.yaml", *(monitoring / "dashboards").glob("*.json")):
        asked |= set(re.findall(r"\b(?:greenlane_[a-z_]+|rpc_[a-z_]+_seconds_(?:bucket|count))\b", file.read_text()))
    expect("metrics that are asked for and nobody exports", sorted(asked - exported - WHEN_IT_HAPPENS), [])
    look_at_dashboards()


def look_at_dashboards():
    """Each panel's query has data, but for those that count what does not happen on a good day."""
    panels = [
        (panel["title"], target["expr"])
        for path in (CHECKOUT / "deploy/monitoring/dashboards").glob("*.json")
        for panel in json.loads(path.read_text())["panels"]
        for target in panel.get("targets", [])
    ]
    quiet = re.compile("|".join((*WHEN_IT_HAPPENS, 'outcome!="ok"')))
    panels = [panel for panel in panels if not quiet.search(panel[1])]
    deadline = time.monotonic() + PANEL_SECONDS
    while True:
        empty = [f"{title}: {query}" for title, query in panels if not has_data(query)]
        if not empty or time.monotonic() > deadline:
            break
        time.sleep(2)
    expect(f"of {len(panels)} queries on dashboards without data", empty, [])


def has_data(query):
    return any(row["value"][1] != "NaN" for row in ask_prometheus(query))


def look_at_the_page(deployment, program):
    """The registry's HTTP port: a certificate's QR code leads to it."""
    name = Command(deployment, program)("certificate", "list", "-o", "name").split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:7404/{name}", timeout=10) as answer:
        policy, page = answer.headers["content-security-policy"], answer.read().decode()
    expect("the page of a certificate has a verdict", 'id="verdict-title"' in page, True)
    expect("and nothing but its own scripts", "script-src 'self'" in policy, True)
    with urllib.request.urlopen("http://127.0.0.1:7404/log/checkpoint", timeout=10) as answer:
        expect("the log is served beside it", answer.read().decode().splitlines()[0], "registry.example.org/log")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["small", "full"])
    arguments = parser.parse_args()
    profiles = [arguments.only] if arguments.only else ["small", "full"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-containers-"))
    try:
        look_at_the_image()
        look_at_the_files(folder)
        take_program(folder)
        program = folder / "bin/greenlane"
        for profile in profiles:
            print(f"Profile {profile}")
            deployment = Deployment(profile, folder)
            try:
                deployment.up()
                look_at_containers(deployment)
                tell_the_story(deployment, program)
                look_at_the_page(deployment, program)
                if profile == "full":
                    look_at_secrets(deployment, SECRETS)
                    look_at_rights(deployment)
                    look_at_mutual_tls(deployment)
                    kill_each(deployment, program)
                    health_follows_the_database(deployment)
                    withdraw_many(deployment, program)
                    look_at_prometheus()
                    verify_at_the_border(deployment, program)
                    bring_postgres_back(deployment, program)
                else:
                    bring_back(deployment, program)
                    fill_the_disk(deployment, program)
            finally:
                deployment.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("The containers do what the README says.")


if __name__ == "__main__":
    sys.exit(main())
