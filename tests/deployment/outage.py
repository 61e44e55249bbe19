"""Whether somebody is paged when everything rendered is gone: the rules in the manifests, on targets as the Prometheus
operator makes them of ServiceMonitors and Services, through promtool."""

import pathlib
import tempfile

import yaml

from checks import check, run

MINUTES_UP = 10
MINUTES_PATIENCE = 15


def targets(by_kind):
    """The labels of each target: the operator's job and service."""
    for monitor in by_kind["ServiceMonitor"].values():
        spec = monitor["spec"]
        wanted = spec["selector"]["matchLabels"].items()
        services = [
            service["metadata"]
            for service in by_kind["Service"].values()
            if wanted <= service["metadata"]["labels"].items()
            and all(end["port"] in {port["name"] for port in service["spec"]["ports"]} for end in spec["endpoints"])
        ]
        check(f"{monitor['metadata']['name']} watches one Service", len(services) == 1)
        (service,) = services
        yield {
            "job": service["labels"].get(spec.get("jobLabel"), service["name"]),
            "service": service["name"],
            "namespace": service["namespace"],
            "instance": "192.0.2.1:1",
        }


def series(target, values):
    labels = ",".join(f'{name}="{value}"' for name, value in target.items())
    return {"series": f"up{{{labels}}}", "values": values}


def fires(alert, target, claim):
    """An expectation of promtool: that alert, for that service, pages."""
    expression = f'count(ALERTS{{alertname="{alert}",alertstate="firing",severity="page",service="{target["service"]}"}})'
    return {"expr": expression, "eval_time": f"{MINUTES_UP + MINUTES_PATIENCE}m",
            "exp_samples": [{"labels": "{}", "value": 1}] if claim else []}


def check_outage(promtool, by_kind, absent):
    """`absent`: by service, the alert that tells that none is left."""
    (rule,) = by_kind["PrometheusRule"].values()
    all_targets = list(targets(by_kind))
    check(f"those are watched: {all_targets}", {target["service"] for target in all_targets} == absent.keys())
    until_then, after = f"1x{MINUTES_UP}", f"x{2 * MINUTES_PATIENCE}"
    silence = {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{MINUTES_UP}m", "exp_samples": []}
    cases = {
        "all is well": (f"{until_then} 1{after}", False, False),
        "nobody answers": (f"{until_then} 0{after}", True, False),
        "nobody is left": (f"{until_then} stale _{after}", False, True),
    }
    tests = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "30s",
        "tests": [
            {
                "name": name,
                "interval": "1m",
                "input_series": [series(target, values) for target in all_targets],
                "promql_expr_test": [
                    fires(alert, target, claim)
                    for target in all_targets
                    for alert, claim in (("GreenlaneDown", down), (absent[target["service"]], gone))
                ] + ([] if down or gone else [silence]),
            }
            for name, (values, down, gone) in cases.items()
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("rules.yaml", rule["spec"]), ("tests.yaml", tests)):
            (pathlib.Path(folder) / name).write_text(yaml.safe_dump(content))
        run(promtool, "test", "rules", "tests.yaml", cwd=folder)
