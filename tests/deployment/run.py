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
import tempfile
import tomllib

import yaml

from checks import CHECKOUT, DEPLOY, SERVICES, check, run
from manifests import check_overlays
from pages import check_pages
from typed import check_typed


def alerts_and_pages(promtool):
    monitoring = DEPLOY / "monitoring"
    run(promtool, "check", "rules", monitoring / "alerts.yaml")
    made = (DEPLOY / "kubernetes/components/alerts/prometheus-rule.yaml").read_text()
    check("the PrometheusRule is made of alerts.yaml", run(monitoring / "prometheus-rule") == made)
    run(promtool, "check", "config", "--syntax-only", monitoring / "prometheus.yaml", cwd=monitoring)
    tests = sorted(monitoring.glob("alerts*_test.yaml"))
    run(promtool, "test", "rules", *tests, cwd=monitoring)
    groups = yaml.safe_load((monitoring / "alerts.yaml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    tested = "".join(file.read_text() for file in tests)
    for alert in alerts:
        check(f"{alert['alert']} is tested", f"alertname: {alert['alert']}" in tested)
        severity = alert["labels"]["severity"]
        check(f"{alert['alert']} wakes somebody or does not: {severity}", severity in ("page", "ticket"))
    steps_are_counted((monitoring / "alerts.yaml", *(monitoring / "dashboards").glob("*.json")))
    routes(yaml.safe_load((monitoring / "alertmanager.yaml").read_text()))
    return len(alerts), check_pages(alerts)


def labels_of_the_image():
    """The command at the head of the Dockerfile labels an image with the version that Cargo.toml has, and nothing else says one."""
    text = (DEPLOY / "Dockerfile").read_text()
    version = tomllib.loads((CHECKOUT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    check(f"the Dockerfile repeats no version {version}", not re.search(rf"^ARG \w+={re.escape(version)}$", text, re.MULTILINE))
    (command,) = re.findall(r"^#     (docker build (?:.*\\\n#)*.*)$", text, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        docker = pathlib.Path(folder) / "docker"
        docker.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        docker.chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        given = run("bash", "-c", command.replace("\n#", "\n"), cwd=CHECKOUT, env=os.environ | {"PATH": path}).splitlines()
    check(f"its head labels the version {version}: {given}", f"VERSION={version}" in given)
    check("and the revision", any(re.fullmatch(r"REVISION=\w*", argument) for argument in given))


def routes(alertmanager):
    """The example leads each severity to somebody who is there. (`amtool check-config` is by hand.)"""
    there = {receiver["name"] for receiver in alertmanager["receivers"]}
    led = {matcher: route["receiver"] for route in alertmanager["route"]["routes"] for matcher in route["matchers"]}
    check("pages and tickets are led apart", led == {'severity="page"': "page", 'severity="ticket"': "ticket"})
    check("to receivers that are there", {alertmanager["route"]["receiver"], *led.values()} == there)


def steps_are_counted(files):
    """Whoever asks how steps in a certificate's life go asks for all of them, and the contract says which there are."""
    contract = (CHECKOUT / "proto/greenlane/registry/v1/certificate_service.proto").read_text()
    steps = set(re.findall(r"rpc (\w+)Certificate\(", contract)) - {"Prepare", "Get"}
    for file in files:
        asked = re.findall(r"CertificateService/\(([^)]*)\)Certificate", file.read_text())
        check(f"{file.name} asks for steps", asked)
        for names in asked:
            check(f"{file.name} asks for {sorted(steps)} and not for {names}", set(names.split("|")) == steps)


def compose_and_collector():
    """The files on top of compose.yaml fit it, and the collector takes what the services send, where they send it."""
    files = {name: yaml.safe_load((DEPLOY / f"compose/{name}.yaml").read_text())
             for name in ("compose", "full", "verifier", "observability", "verifier-observability")}
    known = set(files["compose"]["services"])
    sent = set()
    for name in SERVICES:
        check(f"observability adds to {name}", name in known)
        sent.add(files["observability"]["services"][name]["environment"]["GREENLANE__TELEMETRY__OTLP_ENDPOINT"])
    sent.add(files["verifier-observability"]["services"]["verifier"]["environment"]["GREENLANE__TELEMETRY__OTLP_ENDPOINT"])
    for name in SERVICES:
        migrates, maintains = (files["full"]["services"][f"{does}-{name}"] for does in ("migrate", "maintain"))
        check(f"on PostgreSQL {name} is maintained where it is migrated, and by whom",
              all(maintains[given] == migrates[given] for given in ("environment", "volumes")))
    for file in files:
        for name, service in files[file]["services"].items():
            bounded = service.get("logging", {}).get("options", {}).keys() == {"max-size", "max-file"}
            check(f"{file}: what {name} writes has a bound", bounded or "image" not in service)
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


def tables(value):
    """All tables in a table."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from tables(inner)


def revoked_ones_are_refused_in_compose():
    """Wherever an authority is named, the list is named of what it has revoked, which `init` makes beside its certificate."""
    configs = [tomllib.loads((DEPLOY / f"compose/config/{name}.toml").read_text()) for name in SERVICES]
    files = [yaml.safe_load(file.read_text()) for file in (DEPLOY / "compose").glob("*.yaml")]
    named = 0
    for table in (table for whole in (*configs, *files) for table in tables(whole)):
        for ca in ("ca", "client_ca", "GREENLANE__SERVER__TLS__CLIENT_CA"):
            if ca in table:
                crl = re.sub("(ca|CA)$", lambda end: "crl" if end[1] == "ca" else "CRL", ca)
                check(f"{table[ca]} comes with its list", table.get(crl) == "/etc/greenlane/public/ca.crl")
                named += 1
    check(f"in {named} places", named == 6)
    check("which init makes", "public/ca.crl" in (DEPLOY / "compose/init").read_text())


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
    check_overlays(programs.kubectl, programs.promtool, programs.greenlane)
    compose_and_collector()
    revoked_ones_are_refused_in_compose()
    labels_of_the_image()
    alerts, pages = alerts_and_pages(programs.promtool)
    print(f"  {check_typed()} jobs by hand and the steps of a release, as they are typed into kubectl")
    print(f"  {alerts} alerts, tested; {pages} runbooks; {dashboards()} queries on dashboards")


if __name__ == "__main__":
    main()
