"""The jobs of deploy/kubernetes/components/backups, run as pods are: image, command, environment, volumes and rights are
those of the rendered manifests, and only who issues tokens and certificates is ours. A nightly backup beside the running service, the
volume lost, what was there back, and a new log; no network but the service's own."""

import os
import re
import stat
import subprocess
import sys
import time

import yaml

from engine import BACK_SECONDS, CHECKOUT, SERVICES, expect, run

sys.path.insert(0, str(CHECKOUT / "tests/deployment"))
from backups import render  # noqa: E402
from database_tls import certificates  # noqa: E402

USER = 65532
POD = "backup-29401080-x7k2m"
NEW_LOG = "registry.example.org/log-2"
# What a folder must have to be a group's: all rights, and that what is made in it is that group's too.
OF_A_GROUP = stat.S_ISGID | 0o770
OURS = '[[auth.issuers]]\nissuer = "https://localhost/greenlane"\njwks = { file = "/run/issuer/jwks.json" }\n'


def is_given(root, group):
    """Whether a volume's own folder is the group's already, which is all that OnRootMismatch looks at."""
    status = root.stat()
    return status.st_gid == group and status.st_mode & OF_A_GROUP == OF_A_GROUP


def give(root, group):
    """Every file and folder of a volume to a group, the volume's own folder last; owners stay."""
    for path in (*root.rglob("*"), root):
        os.chown(path, -1, group, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) | (OF_A_GROUP if path.is_dir() else 0o660))


class Cluster:
    def __init__(self, manifests, folder):
        self.manifests = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in manifests}
        self.folder = folder
        self.maintenance = {}
        (folder / "issuer").mkdir(parents=True)
        (folder / "authority").mkdir()
        certificates(folder / "authority")

    def volume(self, kind, name):
        """A folder on this machine, at first as a storage class makes a volume: root's."""
        place = self.folder / kind / name
        if not place.exists():
            place.mkdir(parents=True)
            for file, text in self.manifests.get(("ConfigMap", name), {}).get("data", {}).items():
                (place / file).write_text(re.sub(r"\[\[auth\.issuers]]\n(?:.+\n)+", OURS, text))
            if kind == "secret":
                (place / "token").write_text("of nobody")
                for file, of in (("tls.crt", "server.crt"), ("tls.key", "server.key"), ("ca.crt", "ours.crt")):
                    (place / file).write_text((self.folder / "authority" / of).read_text())
        return place

    def mount(self, template):
        """What the kubelet does before a pod's containers start: by default it gives every volume of a claim to the pod's
        fsGroup at each mount, by OnRootMismatch only one that is not that group's yet."""
        security, volumes = template["spec"]["securityContext"], template["spec"]["volumes"]
        for claim in (volume["persistentVolumeClaim"] for volume in volumes if "persistentVolumeClaim" in volume):
            root, group = self.volume("claim", claim["claimName"]), security["fsGroup"]
            if security.get("fsGroupChangePolicy") != "OnRootMismatch" or not is_given(root, group):
                give(root, group)

    def lose(self, name):
        """A claim's volume, and everything on it."""
        place = self.volume("claim", name)
        run("sh", "-c", 'rm -rf "$1"/* && ls -A "$1" | wc -l', "sh", place)

    def container(self, template, container, pod, *more):
        """What the kubelet would start."""
        spec, rights = template["spec"], container["securityContext"]
        user = spec["securityContext"]
        command = ["docker", "run", "--name", pod, "--user", f"{user['runAsUser']}:{user['runAsGroup']}",
            "--group-add", str(user["fsGroup"])]
        if rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"]:
            command += ["--read-only", "--security-opt", "no-new-privileges"]
        command += [f"--cap-drop={name}" for name in rights["capabilities"]["drop"]]
        command += ["--memory", container["resources"]["limits"]["memory"].replace("Mi", "m").replace("Gi", "g")]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for mount in container["volumeMounts"]:
            volume = volumes[mount["name"]]
            if "configMap" in volume:
                place = self.volume("config", volume["configMap"]["name"])
            elif "secret" in volume:
                place = self.volume("secret", volume["secret"]["secretName"])
            else:
                place = self.volume("claim", volume["persistentVolumeClaim"]["claimName"])
            command += ["--volume", f"{place}:{mount['mountPath']}{':ro' if mount.get('readOnly') else ''}"]
        environment = {variable["name"]: self.value(variable, pod) for variable in container.get("env", [])}
        command += [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        if "workingDir" in container:
            command += ["--workdir", container["workingDir"]]
        if "command" in container:
            # A shell of Debian's in the place of busybox, which is pulled elsewhere.
            shell, *script = container["command"]
            return run(*command, *more, "--entrypoint", shell, "greenlane-postgres:local", *script)
        arguments = [re.sub(r"\$\((\w+)\)", lambda match: environment[match[1]], part) for part in container["args"]]
        return run(*command, *more, "greenlane:local", *arguments)

    def value(self, variable, pod):
        if "value" in variable:
            return variable["value"]
        source = variable["valueFrom"]
        if "fieldRef" in source:
            return {"metadata.name": pod}[source["fieldRef"]["fieldPath"]]
        return {"maintenance": self.maintenance}[source["configMapKeyRef"]["name"]][source["configMapKeyRef"]["key"]]

    def job(self, name, pod=None):
        """`kubectl create job --from=cronjob/NAME`."""
        template = self.manifests["CronJob", name]["spec"]["jobTemplate"]["spec"]["template"]
        self.mount(template)
        one_after_the_other = [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]
        return [self.container(template, one, pod or name, "--rm", "--network", "none") for one in one_after_the_other]

    def prepare(self, service, *more):
        """The init container, which migrates."""
        template = self.manifests["Deployment", service]["spec"]["template"]
        (container,) = template["spec"]["initContainers"]
        self.mount(template)
        changed = container | {"args": [*container["args"], *more]}
        return self.container(template, changed, f"{service}-migrate", "--rm", "--network", "none")

    def start(self, service):
        """The service; its address."""
        template = self.manifests["Deployment", service]["spec"]["template"]
        (container,) = template["spec"]["containers"]
        self.mount(template)
        issuer = ["--volume", f"{self.folder / 'issuer'}:/run/issuer:ro"]
        self.container(template, container, service, "--detach", "--publish", "127.0.0.1::7401", *issuer,
            "--env", "GREENLANE__SERVER__DRAIN_DELAY_MS=0")
        return f"https://localhost:{run('docker', 'port', service, '7401').split()[0].rpartition(':')[2]}"

    def stop(self, service):
        """`kubectl scale --replicas=0`."""
        subprocess.run(["docker", "stop", "--time", "30", service], capture_output=True, check=False)
        subprocess.run(["docker", "rm", "--force", service], capture_output=True, check=False)


class Body:
    """Whoever issues at the registry."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.run("token", "jwks", "--data", folder / "data", "--out", folder / "issuer/jwks.json")
        (folder / "issuer/jwks.json").chmod(0o644)
        self.tokens = {}
        for subject, *more in (("admin", "--scope", "admin"), ("clerk", "--scope", "certificates.read", "--scope",
                "certificates.write", "--scope", "log.read", "--body", "bodies/aurora-cert")):
            self.tokens[subject] = folder / f"{subject}.token"
            self.run("token", "mint", "--overwrite", "--data", folder / "data", "--out", self.tokens[subject], "--subject", subject, *more)

    def run(self, *arguments):
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        return run(self.program, *arguments, cwd=self.folder, env=ours).strip()

    def at(self, address, subject="clerk"):
        return lambda *arguments: self.run(*arguments, "--registry", address, "--token-file", self.tokens[subject],
            "--tls-ca", self.folder / "authority/ours.crt")

    def wait(self, address):
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            try:
                return self.at(address)("log", "checkpoint", "-o", "json")
            except SystemExit:
                if time.monotonic() > deadline:
                    raise SystemExit(run("docker", "logs", "registry")) from None
                time.sleep(0.2)

    def issue(self, address):
        return self.at(address)("certificate", "issue", "--body", "bodies/aurora-cert", "--file",
            CHECKOUT / "deploy/examples/pv-module.yaml", "-o", "name")


def keep_the_newest(cluster):
    """Older backups are there: as many are kept as the manifest says, the newest."""
    backups = cluster.volume("claim", "registry-backups")
    for day in range(20):
        old = backups / f"registry-backup-{day:08}-older"
        old.mkdir()
        os.chown(old, USER, USER)
        os.utime(old, (day, day))
    newer = "registry-backup-29401081-newer"
    cluster.job("registry-backup", newer)
    kept = sorted(path.name for path in backups.iterdir())
    older = [f"registry-backup-{day:08}-older" for day in range(20)]
    expect("the newest 14 are kept", kept, sorted([*older[-12:], f"registry-{POD}", newer]))


def lose_the_keys(kubectl, folder):
    """The overlay `production`: its keys are backed up, lost and put back, beside what a registry made meanwhile."""
    cluster = Cluster(render(kubectl, "production", ()), folder)
    keys = cluster.volume("claim", "registry-keys")

    def put(**texts):
        for name, text in texts.items():
            file = keys / f"{name}.jwk"
            file.write_text(text)
            file.chmod(0o600)
            os.chown(file, USER, USER)

    cluster.mount(cluster.manifests["Deployment", "registry"]["spec"]["template"])
    put(log="the log's", held="a body's")
    cluster.job("registry-keys-backup", f"registry-keys-{POD}")
    modes = {oct(stat.S_IMODE(file.stat().st_mode)) for file in keys.glob("*.jwk")}
    expect("a backup beside the registry leaves its keys to their owner", modes, {"0o600"})
    cluster.lose("registry-keys")
    put(log="of a registry that was started without")
    cluster.maintenance["backup"] = f"registry-keys-{POD}"
    cluster.job("registry-keys-restore")
    there = {path.stem: path.read_text() for path in keys.glob("*.jwk")}
    expect("the keys are back", there, {"log": "the log's", "held": "a body's"})
    aside = [path.read_text() for path in keys.glob("replaced-*/log.jwk")]
    expect("and what took their place is set aside", aside, ["of a registry that was started without"])


def run_the_jobs(kubectl, program, folder):
    print("The jobs of Kubernetes")
    folder = folder / "kubernetes"
    lose_the_keys(kubectl, folder / "production")
    cluster = Cluster(render(kubectl), folder)
    body = Body(program, folder)
    try:
        for service in SERVICES:
            cluster.prepare(service)
        address = cluster.start("registry")
        body.wait(address)
        admin = body.at(address, "admin")
        admin("body", "create", "aurora-cert", "--display-name", "Aurora", "--economy", "XA")
        admin("body", "key", "create", "bodies/aurora-cert")
        name = body.issue(address)
        for service in SERVICES:
            cluster.job(f"{service}-backup", f"{service}-{POD}")
        kept = sorted(path.name for path in cluster.volume("claim", "registry-backups").iterdir())
        expect("a backup of the registry, named after its pod", kept, [f"registry-{POD}"])
        keep_the_newest(cluster)
        cluster.stop("registry")
        for service in SERVICES:
            cluster.lose(service)
            cluster.maintenance["backup"] = f"{service}-{POD}"
            cluster.job(f"{service}-restore")
            there = [path.name for path in cluster.volume("claim", service).glob("*.db")]
            expect(f"{service} has again", there, [f"{service}.db"])
            cluster.prepare(service, "--check")
        address = cluster.start("registry")
        body.wait(address)
        body.at(address)("certificate", "get", name)
        expect("the registry has what it had, and issues", body.issue(address).startswith("certificates/"), True)
        cluster.stop("registry")
        config = next((folder / "config").glob("registry-*")) / "greenlane.toml"
        config.write_text(re.sub(r'(?m)^log_origin = .*$', f'log_origin = "{NEW_LOG}"', config.read_text()))
        cluster.maintenance["origin"] = NEW_LOG
        cluster.job("registry-new-log")
        address = cluster.start("registry")
        expect("a new log goes on", NEW_LOG in body.wait(address), True)
        expect("and issues", body.issue(address).startswith("certificates/"), True)
    finally:
        cluster.stop("registry")
