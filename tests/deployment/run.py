"""What is under deploy/ and is not run by the container tests: manifests, alerts, dashboards, runbooks.

    python tests/deployment/run.py --kubectl PROGRAM --promtool PROGRAM --greenlane PROGRAM

The overlays are rendered by kubectl and held against Kubernetes' schemas and the house's own rules; the configuration in
them is read by the program that will read it; the alerts run through promtool; every alert has a runbook, and every
runbook says what rehearses it.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

import kubernetes_validate
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
KUBERNETES = "1.34"
OVERLAYS = ("small", "production")
VERIFIER = "verifier"
SERVICES = ("registry", "equivalence", "classification")
# Kinds of the Prometheus operator: no part of Kubernetes.
FOREIGN = "monitoring.coreos.com/"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"$ {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(claim, holds):
    if not holds:
        raise SystemExit(f"not so: {claim}")


def render(kubectl, overlay):
    text = run(kubectl, "kustomize", DEPLOY / "kubernetes/overlays" / overlay)
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def validate(manifests):
    ours = [manifest for manifest in manifests if not manifest["apiVersion"].startswith(FOREIGN)]
    for manifest in ours:
        try:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            name = f"{manifest['kind']} {manifest['metadata']['name']}"
            raise SystemExit(f"{name}: {error.message}") from error
    return len(ours)


def rules_of_the_house(overlay, manifests):
    by_kind = {}
    for manifest in manifests:
        by_kind.setdefault(manifest["kind"], {})[manifest["metadata"]["name"]] = manifest
    check(f"{overlay} holds no secret", "Secret" not in by_kind)
    secrets = set()
    for kind in ("Deployment", "Job"):
        for name, manifest in by_kind[kind].items():
            spec = manifest["spec"]["template"]["spec"]
            check(f"{kind} {name} is not root", spec["securityContext"]["runAsNonRoot"])
            check(f"{kind} {name} has no token of the cluster", not spec["automountServiceAccountToken"])
            mounted = {mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]}
            check(f"{kind} {name} mounts what it names", mounted == {volume["name"] for volume in spec["volumes"]})
            secrets |= {
                (manifest["kind"], volume["secret"]["secretName"]) for volume in spec["volumes"] if "secret" in volume
            }
            for container in spec["containers"]:
                context = container["securityContext"]
                check(f"{kind} {name} writes nowhere", context["readOnlyRootFilesystem"])
                check(f"{kind} {name} has no capabilities", context["capabilities"]["drop"] == ["ALL"])
                check(f"{kind} {name} has a version", re.search(r":\d+\.\d+\.\d+$", container["image"]))
    for name, manifest in by_kind["Deployment"].items():
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        check(f"{name} is probed", {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys())
        for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            check(f"{name} has a {kind}", name in by_kind[kind])
        check(f"{name} has its migration", f"{name}-migrate" in by_kind["Job"])
    deny = by_kind["NetworkPolicy"]["deny-all"]["spec"]
    check("whatever is not named is denied", deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    reach = {
        (name, port["port"])
        for name in SERVICES
        for rule in by_kind["NetworkPolicy"][name]["spec"]["egress"]
        for port in rule["ports"]
    }
    arrows = {("registry", 7402), ("registry", 7403), ("equivalence", 7403)} | {(name, 443) for name in SERVICES}
    check("each service reaches what it calls and nothing else", reach == arrows)
    rules = by_kind["NetworkPolicy"]["registry"]["spec"]["ingress"]
    http = [rule["from"] for rule in rules if rule["ports"][0]["port"] == 7404]
    ingress = [[{"namespaceSelector": {"matchLabels": {"greenlane.example/ingress": "true"}}}]]
    check(f"{overlay}: the registry's HTTP is reached through the ingress alone", http == ingress)
    ports = {port["name"]: port["port"] for port in by_kind["Service"]["registry"]["spec"]["ports"]}
    check(f"{overlay}: the registry's HTTP has a name", ports["http"] == 7404)
    if overlay == "production":
        (rule,) = by_kind["Ingress"]["registry"]["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        backend = path["backend"]["service"]
        check("the world reaches the page", (backend["name"], backend["port"]["name"]) == ("registry", "http"))
        for name in SERVICES:
            check(f"{name} serves with its own password", ("Deployment", f"{name}-database") in secrets)
            check(f"{name} migrates with another", ("Job", f"{name}-owner-database") in secrets)
            check(f"{name} never sees that", ("Deployment", f"{name}-owner-database") not in secrets)
            check(f"{name} has TLS", ("Deployment", f"{name}-tls") in secrets)
            check(f"{name} scales", name in by_kind["HorizontalPodAutoscaler"])
            check(f"{name} is watched", name in by_kind["ServiceMonitor"])
    return by_kind


def rules_of_a_verifier(manifests):
    """Neither keys nor a migration, and nothing within reach but a replica and the two services that it asks."""
    by_kind = {}
    for manifest in manifests:
        by_kind.setdefault(manifest["kind"], {})[manifest["metadata"]["name"]] = manifest
    holds = {"Job", "Secret", "PersistentVolumeClaim"}
    check("a verifier migrates nothing and holds nothing", not holds & by_kind.keys())
    spec = by_kind["Deployment"]["verifier"]["spec"]["template"]["spec"]
    lent = [{"configMap", "secret"} & volume.keys() for volume in spec["volumes"]]
    check("a verifier has no volume of its own", all(lent))
    container = spec["containers"][0]
    check("a verifier is probed", {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys())
    check("a verifier writes nowhere", container["securityContext"]["readOnlyRootFilesystem"])
    check("a verifier mounts what it names", {mount["name"] for mount in container["volumeMounts"]}
        == {volume["name"] for volume in spec["volumes"]})
    running = {"HorizontalPodAutoscaler", "ServiceMonitor", "PodDisruptionBudget"}
    check("a verifier scales and is watched", running <= by_kind.keys())
    rules = by_kind["NetworkPolicy"]["verifier"]["spec"]["egress"]
    reach = {port["port"] for rule in rules for port in rule["ports"]}
    check("a verifier reaches what it asks and nothing else", reach == {443, 5432, 7402, 7403})
    check("its namespace may call", by_kind["Namespace"]["greenlane-verifier"]["metadata"]["labels"][
        "greenlane.example/client"] == "true")
    return by_kind


def configurations(greenlane, by_kind):
    """Each container's file and variables, as its own program reads them."""
    for kind in ("Deployment", "Job"):
        for name, manifest in by_kind.get(kind, {}).items():
            spec = manifest["spec"]["template"]["spec"]
            (source,) = (volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume)
            text = by_kind["ConfigMap"][source]["data"]["greenlane.toml"]
            variables = {entry["name"]: entry["value"] for entry in spec["containers"][0].get("env", [])}
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "greenlane.toml"
                file.write_text(text)
                done = subprocess.run(
                    [greenlane, "health", "--config", file], capture_output=True, text=True, env=variables, check=False
                )
            # It is understood, and nobody is there to answer.
            check(f"{kind} {name} is configured: {done.stderr}", "does not answer" in done.stderr)


def alerts_and_pages(promtool):
    monitoring = DEPLOY / "monitoring"
    run(promtool, "check", "rules", monitoring / "alerts.yaml")
    run(promtool, "check", "config", "--syntax-only", monitoring / "prometheus.yaml", cwd=monitoring)
    run(promtool, "test", "rules", "alerts_test.yaml", cwd=monitoring)
    groups = yaml.safe_load((monitoring / "alerts.yaml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    tested = (monitoring / "alerts_test.yaml").read_text()
    for alert in alerts:
        page = CHECKOUT / alert["annotations"]["runbook"]
        check(f"{alert['alert']} has its page {page}", page.is_file())
        check(f"{page.name} is about {alert['alert']}", alert["alert"] in page.read_text())
        check(f"{alert['alert']} is tested", f"alertname: {alert['alert']}" in tested)
    pages = sorted(path for path in (DEPLOY / "runbooks").glob("*.md") if path.name != "README.md")
    index = (DEPLOY / "runbooks/README.md").read_text()
    for page in pages:
        check(f"the index names {page.name}", f"({page.name})" in index)
        rehearsal = re.search(r"^Rehearsed by `([^` ]+)", page.read_text(), re.MULTILINE)
        check(f"{page.name} says what rehearses it", rehearsal)
        check(f"{page.name}: {rehearsal[1]} is there", (CHECKOUT / rehearsal[1]).exists())
    return len(alerts), len(pages)


def compose_and_collector():
    """The files on top of compose.yaml fit it, and the collector takes what the services send, where they send it."""
    files = {name: yaml.safe_load((DEPLOY / f"compose/{name}.yaml").read_text())
             for name in ("compose", "full", "verifier", "observability")}
    known = set(files["compose"]["services"])
    sent = set()
    for name in SERVICES:
        check(f"observability adds to {name}", name in known)
        sent.add(files["observability"]["services"][name]["environment"]["GREENLANE__TELEMETRY__OTLP_ENDPOINT"])
    collector = yaml.safe_load((DEPLOY / "monitoring/otel-collector.yaml").read_text())
    port = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rsplit(":", 1)[1]
    check("the collector listens where the services send", sent == {f"http://otel-collector:{port}"})
    for signal, pipeline in collector["service"]["pipelines"].items():
        for kind in ("receivers", "processors", "exporters"):
            for name in pipeline[kind]:
                check(f"{signal}: {kind} {name} is configured", name in collector[kind])
    check("traces and metrics are taken", {"traces", "metrics"} <= collector["service"]["pipelines"].keys())
    mounted = [volume for file in files.values() for service in file["services"].values()
               for volume in service.get("volumes", []) if volume.startswith(("./", "../"))]
    for volume in mounted:
        path = DEPLOY / "compose" / volume.split(":")[0]
        check(f"{path} is there", path.exists())
    for path in (DEPLOY / "monitoring/grafana").glob("*/*.yaml"):
        check(f"{path.name} is read", yaml.safe_load(path.read_text())["apiVersion"] == 1)


def dashboards():
    count = 0
    for path in sorted((DEPLOY / "monitoring/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        check(f"{path.name} has an identifier and a title", board["uid"] and board["title"])
        for panel in board["panels"]:
            queries = [target["expr"] for target in panel.get("targets", [])]
            check(f"{path.name}: {panel['title']} asks something", queries or panel["type"] == "row")
            count += len(queries)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("kubectl", "promtool", "greenlane"):
        parser.add_argument(f"--{program}", required=True, type=lambda path: pathlib.Path(path).resolve())
    programs = parser.parse_args()
    os.environ["HOME"] = tempfile.gettempdir()  # kubectl looks for a configuration there, and must find none
    for overlay in OVERLAYS:
        manifests = render(programs.kubectl, overlay)
        count = validate(manifests)
        configurations(programs.greenlane, rules_of_the_house(overlay, manifests))
        print(f"  {overlay}: {len(manifests)} manifests, {count} held against Kubernetes {KUBERNETES}")
    manifests = render(programs.kubectl, VERIFIER)
    count = validate(manifests)
    configurations(programs.greenlane, rules_of_a_verifier(manifests))
    print(f"  {VERIFIER}: {len(manifests)} manifests, {count} held against Kubernetes {KUBERNETES}")
    compose_and_collector()
    alerts, pages = alerts_and_pages(programs.promtool)
    print(f"  {alerts} alerts, tested; {pages} runbooks; {dashboards()} queries on dashboards")


if __name__ == "__main__":
    main()
