"""The containers of deploy/compose, run by a real engine: the README's story against them, then each killed under load.

    deploy/containers/build --full
    python tests/containers/run.py [--only small|full] [--kubectl PROGRAM]

Shown for both profiles: healthy in under a minute; nobody is root, nothing of a root file system is written, there is no
shell; TLS between the services and to the command; the story of the README as it is written there; each container is
killed (SIGKILL) while certificates are issued and verified, comes back by itself, and nothing that was acknowledged is
lost; while a service behind the registry is away, nothing is guessed that only it knows, and afterwards it is known again;
backups that come back by the commands of deploy/runbooks. On PostgreSQL also: a verifier and its replica are killed while the
verifier is asked; nobody sees another's password, and who has one can do with it what the service does; whoever is connected
to PostgreSQL is so by TLS; certificates and tokens are made anew, and nothing is restarted; whoever stole a key is refused
when its certificate is revoked. With a kubectl, the jobs of
deploy/kubernetes for backups are run too.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request

from engine import (AT_THE_BORDER, BACK_SECONDS, CHECKOUT, COMPOSE, HEALTHY_SECONDS, SERVICES, Command, Deployment,
    compose_command, expect, issuing, run)
from guarded import (SECRETS, SECRETS_AT_THE_BORDER, look_at_bound_tokens, look_at_database_tls, look_at_mutual_tls,
    look_at_rights, look_at_secrets, look_at_the_databases_door)
from kills import kill_each
from pages import (ask_the_audit_trail, bring_back, bring_keys_back, bring_postgres_back, fill_the_disk, health_follows_the_database,
    maintenance_is_of_the_databases_in_use, renew, revoke, upgrade, withdraw_many)

PANEL_SECONDS = 60
# Of org.opencontainers.image. The version is the workspace's, the revision a commit's, the source whoever builds it tells.
VERSION = tomllib.loads((CHECKOUT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
LABELS = {"title": "Greenlane", "description": ".+", "licenses": "Apache-2\\.0", "version": re.escape(VERSION),
          "revision": "[0-9a-f]{40}", "source": re.escape(os.environ.get("SOURCE", ""))}
# What is not there before it counts, or where no log is witnessed.
WHEN_IT_HAPPENS = {"greenlane_server_overloaded_total", "greenlane_store_retries_total",
                   "greenlane_registry_witness_behind_seconds", "greenlane_registry_witness_requests_total"}


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
    labels = facts["Config"]["Labels"]
    for label, form in LABELS.items():
        said = labels[f"org.opencontainers.image.{label}"]
        expect(f"its label {label} is as it should be ({said})", bool(re.fullmatch(form, said)), True)


def look_at_the_files(folder):
    """What is put on top of compose.yaml for images that cannot be had here is understood all the same."""
    environment = os.environ | {"GREENLANE_STATE": str(folder), "GREENLANE_LOG_VERIFIER_KEY": "not used"}
    added = {
        "mutual-tls": set(),
        "observability": {"otel-collector", "jaeger", "grafana"},
        "full": {"postgres", "prometheus"},
        "verifier": {"postgres-replica", "verifier"},
        "verifier-observability": set(),
    }
    for more in (["mutual-tls"], ["observability"], ["full", "verifier"],
                 ["full", "verifier", "observability", "verifier-observability"]):
        files = [part for name in ["compose", *more] for part in ("--file", str(COMPOSE / f"{name}.yaml"))]
        services = run(*compose_command(), *files, "config", "--services", env=environment).split()
        served = {service for service in services if not service.startswith(("migrate-", "maintain-"))}
        expect(f"{' and '.join(more)}: services", sorted(served), sorted(set(SERVICES).union(*(added[name] for name in more))))


def look_at_the_readme(folder):
    """Its lines name the files that the profiles here are made of, from the checkout's folder."""
    _, text = (CHECKOUT / "README.md").read_text().split("## As containers\n", 1)
    lines = [shlex.split(line, comments=True) for line in text.split("```sh\n")[1].split("```")[0].splitlines()]
    composed = [line for line in lines if line[:2] == ["docker", "compose"]]
    expect(
        "between the README's profiles nothing is left of the first, whose keys are of another log",
        [line[-2:] for line in composed],
        [["up", "--detach"], ["down", "--volumes"], ["up", "--detach"]],
    )
    named = []
    for _, _, *options, _, _ in (line for line in composed if line[-2] == "up"):
        environment = os.environ | {"GREENLANE_STATE": str(folder)}
        run(*compose_command(), *options, "config", "--quiet", cwd=CHECKOUT, env=environment)
        named.append([pathlib.Path(name).name for name in options[1::2]])
    profiles = [Deployment(profile, folder).files[1::2] for profile in ("small", "full")]
    for line, files in zip(named, profiles, strict=True):
        there = [pathlib.Path(file).name for file in files]
        expect(f"the README's {' and '.join(line)} are what is run here", there[: len(line)], line)


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
    named = {component["name"]: component["version"] for component in bom["components"]}
    expect("its bill of materials names tonic, rustls and sea-orm", {"tonic", "rustls", "sea-orm"} <= named.keys(), True)
    in_c = [f"{name} {named.get(name)}" for name in ("AWS-LC", "SQLite", "mimalloc")]
    expect(f"and the libraries in C that were compiled in: {', '.join(in_c)}", [it for it in in_c if "None" in it], [])
    print(f"  components of it: {len(named)}")


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
    look_at_database_tls(deployment, "postgres", (*SERVICES, "replication"))
    look_at_database_tls(deployment, "postgres-replica", ("verifier",))
    issue = issuing(deployment, program)
    name = command(*issue).strip()
    time.sleep(1)
    expect("it verifies what was issued a second ago", "REFUSED" not in command("verify", name, *AT_THE_BORDER), True)
    expect("it issues nothing", command.fails(*issue, *AT_THE_BORDER), True)
    with urllib.request.urlopen(f"http://127.0.0.1:7414/{name}", timeout=10) as answer:
        expect("it serves the page", 'id="verdict-title"' in answer.read().decode(), True)
    deadline = time.monotonic() + PANEL_SECONDS
    while not has_data('up{job="greenlane",service="verifier"} == 1'):
        if time.monotonic() > deadline:
            raise SystemExit("Prometheus does not reach the verifier")
        time.sleep(1)
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
    kill_each(deployment, program, ("postgres-replica", "verifier"), border=True)
    deployment.wait_for_health("verifier")
    expect("and it verifies", "REFUSED" not in command("verify", meanwhile, *AT_THE_BORDER), True)


def ask_prometheus(query):
    url = f"http://127.0.0.1:9090/api/v1/query?query={urllib.request.quote(query)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def look_at_prometheus(deployment, program):
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
        names = r"\b(?:greenlane_[a-z_]+|rpc_[a-z_]+_seconds_(?:bucket|count)|db_client_[a-z_]+_(?:bucket|count|max))\b"
        asked |= set(re.findall(names, file.read_text()))
    expect("metrics that are asked for and nobody exports", sorted(asked - exported - WHEN_IT_HAPPENS), [])
    look_at_dashboards(Command(deployment, program))


def look_at_dashboards(command):
    """Each panel's query has data, but for those that count what does not happen on a good day."""
    panels = [
        (panel["title"], target["expr"])
        for path in (CHECKOUT / "deploy/monitoring/dashboards").glob("*.json")
        for panel in json.loads(path.read_text())["panels"]
        for target in panel.get("targets", [])
    ]
    quiet = re.compile("|".join((*WHEN_IT_HAPPENS, 'outcome!="ok"', 'error_type!=""')))
    panels = [panel for panel in panels if not quiet.search(panel[1])]
    # What was asked under load may be longer ago than the panels look back, where all takes long.
    name = command("certificate", "list", "--state", "active", "-o", "name").split()[0]
    deadline = time.monotonic() + PANEL_SECONDS
    while True:
        command("verify", name)
        urllib.request.urlopen(f"http://127.0.0.1:7404/{name}", timeout=10).close()
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
    parser.add_argument("--kubectl", type=pathlib.Path, help="renders manifests, whose jobs are then run")
    arguments = parser.parse_args()
    profiles = [arguments.only] if arguments.only else ["small", "full"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-containers-"))
    try:
        look_at_the_image()
        look_at_the_files(folder)
        look_at_the_readme(folder)
        take_program(folder)
        program = folder / "bin/greenlane"
        if arguments.kubectl:
            # It reads manifests, for which the standard library does not suffice.
            from jobs import run_the_jobs

            run_the_jobs(arguments.kubectl.resolve(), program, folder)
        for profile in profiles:
            print(f"Profile {profile}")
            deployment = Deployment(profile, folder)
            try:
                deployment.up()
                look_at_containers(deployment)
                tell_the_story(deployment, program)
                look_at_the_page(deployment, program)
                look_at_bound_tokens(deployment, program)
                kill_each(deployment, program, SERVICES + (("postgres", "prometheus") if profile == "full" else ()))
                if profile == "full":
                    look_at_secrets(deployment, SECRETS)
                    look_at_rights(deployment)
                    look_at_database_tls(deployment, "postgres", SERVICES)
                    look_at_the_databases_door(deployment)
                    look_at_mutual_tls(deployment)
                    health_follows_the_database(deployment)
                    withdraw_many(deployment, program)
                    look_at_prometheus(deployment, program)
                    verify_at_the_border(deployment, program)
                    renew(deployment, program)
                    revoke(deployment, program)
                    ask_the_audit_trail(deployment)
                    upgrade(deployment, program)
                    maintenance_is_of_the_databases_in_use(deployment)
                    bring_keys_back(deployment, program)
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
