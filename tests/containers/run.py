"""The containers of deploy/compose, run by a real engine: the README's story against them, then each killed under load.

    deploy/containers/build --full
    python tests/containers/run.py [--only small|full]

Shown for both profiles: healthy in under a minute; nobody is root, nothing of a root file system is written, there is no
shell; TLS between the services and to the command; the story of the README as it is written there. On PostgreSQL also:
each container is killed (SIGKILL) while certificates are issued and verified, comes back by itself, and nothing that
was acknowledged is lost.
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
MANY = 20
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
        files = ["compose.yaml"] + (["full.yaml"] if profile == "full" else [])
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

    def named(self, service):
        """Also one that has ended for good, as a migration has."""
        labels = {"project": self.project, "service": service, "oneoff": "False"}
        filters = [part for key, value in labels.items() for part in ("--filter", f"label=com.docker.compose.{key}={value}")]
        return json.loads(run("docker", "inspect", *run("docker", "ps", "--all", "--quiet", *filters).split()))[0]

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
    for more in (["observability"], ["full", "verifier"], ["full", "verifier", "observability"]):
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
    owned = {}
    for container, expected in secrets.items():
        seen = {}
        for mount in deployment.named(container)["Mounts"]:
            source = pathlib.Path(mount["Source"])
            if mount["Destination"].startswith("/run/greenlane"):
                files = source.iterdir() if source.is_dir() else [source]
                name = pathlib.PurePath(mount["Destination"]).name
                seen |= {file.name if source.is_dir() else name: file.read_text() for file in files}
        expect(f"{container} sees", sorted(seen), sorted(expected))
        for name, secret in seen.items():
            if name in {"database", "token", "tls.key", "replication"}:
                expect(f"{container}'s {name} is its own", owned.setdefault(secret, container), container)


def as_role(deployment, role, database, statement):
    """What PostgreSQL says to a statement of a role; nothing stays of it."""
    name = deployment.container("postgres")
    psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--username={role}", f"--dbname={database}"]
    done = subprocess.run(["docker", "exec", name, *psql, "--command=BEGIN", f"--command={statement}"],
        capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stderr.strip()


def look_at_rights(deployment):
    """A role can do its work and nothing else, whoever has its password."""
    nobody = ["CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine", "DROP TABLE audit_record",
              "ALTER TABLE audit_record ADD COLUMN mine int", "TRUNCATE audit_record", "DELETE FROM audit_record",
              "UPDATE audit_record SET id = id", "DELETE FROM seaql_migrations", "INSERT INTO seaql_migrations DEFAULT VALUES",
              "COPY audit_record TO PROGRAM 'true'", "ALTER EVENT TRIGGER narrow DISABLE", "SELECT pg_read_file('PG_VERSION')"]
    of_the_log = ["DELETE FROM log_entry", "UPDATE log_entry SET leaf = leaf", "TRUNCATE log_entry", "DELETE FROM log_tile",
                  "DELETE FROM log_head", "DELETE FROM log_checkpoint", "DROP TABLE log_entry"]
    of_a_verifier = ["DELETE FROM certificate", "UPDATE log_head SET size = size", "INSERT INTO log_entry DEFAULT VALUES"]
    tries = [(service, service, nobody) for service in SERVICES]
    tries += [("registry", "registry", of_the_log), ("verifier", "registry", nobody + of_the_log + of_a_verifier)]
    allowed = []
    for role, database, statements in tries:
        expect(f"{role} reads its database", as_role(deployment, role, database, "SELECT FROM audit_record")[0], True)
        for statement in statements:
            done, said = as_role(deployment, role, database, statement)
            if done or not re.search("permission denied|must be owner|must be superuser", said):
                allowed.append(f"{role}: {statement}: {said}")
    expect(f"of {sum(len(statements) for *_, statements in tries)} forbidden statements allowed", allowed, [])
    for role in (*SERVICES, "verifier"):
        others = [database for database in SERVICES if as_role(deployment, role, database, "SELECT 1")[0]]
        expect(f"{role} enters", others, ["registry" if role == "verifier" else role])


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
        for service in (*SERVICES, "postgres"):
            load.mark()
            restarts = deployment.crash(service)
            began = time.monotonic()
            while True:
                facts = deployment.inspect(service)
                if facts and facts["RestartCount"] > restarts and deployment.healthy(service):
                    break
                if time.monotonic() - began > BACK_SECONDS:
                    raise SystemExit(f"{service} is not back after {BACK_SECONDS} s:\n{deployment.compose('logs')}")
                time.sleep(0.2)
            back = time.monotonic() - began
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


def withdraw_many(deployment, program):
    """The loop of deploy/runbooks/mass-withdrawal.md, as it is written there, run twice."""
    page = (CHECKOUT / "deploy/runbooks/mass-withdrawal.md").read_text()
    loop = textwrap.dedent(page.split("```sh\n", 1)[1].split("```", 1)[0])
    command = Command(deployment, program)
    listed = command("certificate", "list", "--state", "active", "--body", "bodies/aurora-cert", "-o", "name").split()
    concerned = listed[:MANY]
    (deployment.folder / "concerned.txt").write_text("".join(f"{name}\n" for name in concerned))
    mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    for _ in range(2):
        said = command.shell(loop)
    expect("withdrawn by the loop, twice", len(said.split()), len(concerned))
    expect("failed", (deployment.folder / "failed.txt").exists(), False)
    expect("of them still active", len(set(concerned) & set(command("certificate", "list", "--state", "active",
        "-o", "name").split())), 0)


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
    there = ["--registry", "https://localhost:7411"]
    clerk = mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    issue = ["certificate", "issue", "--body", "bodies/aurora-cert", "--file",
             CHECKOUT / "deploy/examples/pv-module.yaml", "--token-file", clerk, "-o", "name"]
    name = command(*issue).strip()
    time.sleep(1)
    expect("it verifies what was issued a second ago", "REFUSED" not in command("verify", name, *there), True)
    expect("it issues nothing", command.fails(*issue, *there), True)
    with urllib.request.urlopen(f"http://127.0.0.1:7414/{name}", timeout=10) as answer:
        expect("it serves the page", 'id="verdict-title"' in answer.read().decode(), True)


def fill_the_disk(deployment, program):
    """The registry's volume is a small disk: full, then with room again."""
    command = Command(deployment, program)
    clerk = mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    issue = ["certificate", "issue", "--body", "bodies/aurora-cert", "--file",
             CHECKOUT / "deploy/examples/pv-module.yaml", "--token-file", clerk, "-o", "name"]
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
                    kill_each(deployment, program)
                    withdraw_many(deployment, program)
                    look_at_prometheus()
                    verify_at_the_border(deployment, program)
                else:
                    fill_the_disk(deployment, program)
            finally:
                deployment.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("The containers do what the README says.")


if __name__ == "__main__":
    sys.exit(main())
