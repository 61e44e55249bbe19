"""A deployment of deploy/compose: its containers, its state, and commands that are given to it."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = CHECKOUT / "deploy/compose"
SERVICES = ("classification", "equivalence", "registry")
HEALTHY_SECONDS = 60
BACK_SECONDS = 60
DISK_BYTES = 160 << 20
AT_THE_BORDER = ("--registry", "https://localhost:7411")


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

    def told(self, *arguments):
        """Whether a command of compose went well, and all that it said."""
        done = subprocess.run([*compose_command(), *self.files, *arguments], env=self.environment, capture_output=True,
                              text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

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
        """Its number, asked of the engine: compose takes a second for it."""
        labels = {"project": self.project, "service": service, "oneoff": "False"}
        ours = [part for label, value in labels.items() for part in ("--filter", f"label=com.docker.compose.{label}={value}")]
        # Stopped ones too: a container that was killed is back in a moment.
        return run("docker", "ps", "--all", "--quiet", "--no-trunc", *ours).strip()

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

    def wait_for_health(self, service, ready=True, saying=""):
        """What it says when it is ready, or is not for that reason: one that has only just started is not for another."""
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            is_ready, said = self.health(service)
            if is_ready == ready and saying in said:
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

    def started_at(self, service):
        """When the process that runs was started, as `time.monotonic` counts."""
        told = self.inspect(service)["State"]["StartedAt"]
        at = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", told)).timestamp()
        return at - time.time() + time.monotonic()

    def crash(self, service):
        """SIGKILL from outside, as the kernel does it: the engine takes it for a crash and starts the container anew."""
        facts = self.inspect(service)
        os.kill(facts["State"]["Pid"], signal.SIGKILL)
        return facts["RestartCount"]

    @contextlib.contextmanager
    def hanging(self, service):
        """Stopped, not gone. `docker pause` fails when a health check begins in the container meanwhile."""
        process = self.inspect(service)["State"]["Pid"]
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)


def crash_and_wait(deployment, service):
    """Kills a container and waits until it is healthy again; when it was killed, and how long that took."""
    restarts = deployment.crash(service)
    began = time.monotonic()
    while True:
        facts = deployment.inspect(service)
        if facts and facts["RestartCount"] > restarts and deployment.healthy(service):
            return began, time.monotonic() - began
        if time.monotonic() - began > BACK_SECONDS:
            raise SystemExit(f"{service} is not back after {BACK_SECONDS} s:\n{deployment.compose('logs')}")
        time.sleep(0.2)


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


def mint(deployment, program, subject, scopes, *more):
    out = deployment.folder / f"{subject}.token"
    data = deployment.folder / "greenlane-data"
    scopes = [part for scope in scopes.split() for part in ("--scope", scope)]
    run(program, "token", "mint", "--overwrite", "--data", data, "--out", out, "--subject", subject, *scopes, *more)
    return out


def issuing(deployment, program):
    clerk = mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    return ["certificate", "issue", "--body", "bodies/aurora-cert", "--file",
            CHECKOUT / "deploy/examples/pv-module.yaml", "--token-file", clerk, "-o", "name"]
