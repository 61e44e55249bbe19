"""Containers are killed under load, and come back."""

import time

from engine import BACK_SECONDS, crash_and_wait, expect, mint
from load import GOODS, Load

QUIET_SECONDS = 3
# What was on its way when a process was killed.
MARGIN_SECONDS = 0.1
# Of another edition: the registry has to ask classification, when nobody has asked for it before.
OTHER_EDITION = {"edition": "HS2017", "code": "854140"}


def kill_each(deployment, program, services, border=False):
    """Under load. `border`: a verifier is asked too, for any of the certificates that were issued, and must answer. Without,
    the registry is: each time what it has not asked the market before."""
    def token(*arguments):
        return mint(deployment, program, *arguments).read_text().strip()

    clerk = token("loader", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    customs = token("customs", "verify log.read certificates.read")
    load = Load(
        "localhost:7401", (deployment.folder / "public/ca.crt").read_bytes(), clerk=clerk, customs=customs,
        name=f"load-{deployment.project}-{len(services)}", market=True,
        readers={"border": ("localhost:7411", True)} if border else {"new": ("localhost:7401", True)},
    )
    load.start()
    rows, guessed = [], 0
    try:
        time.sleep(QUIET_SECONDS)
        for service in services:
            if service in ("classification", "equivalence"):
                does_not_answer(deployment, load, service)
            load.mark()
            killed, back = crash_and_wait(deployment, service)
            if service == "equivalence":
                guessed += nothing_is_guessed(load, killed, deployment.started_at(service))
            load.wait_until_flowing(BACK_SECONDS)
            time.sleep(QUIET_SECONDS)
            rows.append((service, back, load.since_mark()))
    finally:
        load.stop()
    print_table(load, rows)
    try:
        acknowledged, lost, doubled, wrong, left_open = load.audit()
    finally:
        load.close()
    print(f"  certificates acknowledged: {acknowledged}")
    expect("lost", lost, 0)
    expect("acknowledged twice under different names", doubled, 0)
    expect("wrong answers to customs", wrong, 0)
    expect("answers for a market that nobody could ask", guessed, 0)
    expect("answers that leave open whether a certificate is genuine and in force", left_open, 0)


def print_table(load, rows):
    print("  killed           healthy again   issued  longest gap" + "   verified  not answered  longest gap" * len(load.readers))
    for service, back, seen in rows:
        print(
            f"  {service:<16} {back:>11.1f} s {seen.writes:>8} {seen.write_gap:>10.2f} s"
            + "".join(f"{one.answered:>11} {one.refused:>13} {one.gap:>10.2f} s" for one in seen.reads.values())
        )


def nothing_is_guessed(load, killed, started):
    """While no process of the equivalence service is there, the market's answer is what was remembered, or is not known; how
    often it was neither."""
    meanwhile = [one for one in load.heard_since_mark("new") if killed + MARGIN_SECONDS < one.asked and one.at < started]
    guessed = sum(one.recognised and not one.remembered for one in meanwhile)
    left_open = sum(not one.recognised for one in meanwhile)
    print(f"  equivalence was away for {started - killed:.1f} s: the market's answer was left open {left_open} times")
    return guessed


def does_not_answer(deployment, load, service):
    """While equivalence or classification hangs, what has to be asked of it is not known, and afterwards it is."""
    if service == "equivalence":
        asks, parts, expected = load.any(), ("recognised",), ["UNDETERMINED", "YES"]
    else:
        asks, parts, expected = load.one(), ("coversGoods", "recognised"), ["UNDETERMINED", "UNDETERMINED", "YES"]
        asks["goods"] = GOODS | {"code": OTHER_EDITION}

    def says():
        verdict = load.registry.call("VerificationService/Verify", asks, load.customs)["verdict"]
        return [verdict[part]["outcome"].removeprefix("PART_OUTCOME_") for part in parts]

    with deployment.hanging(service):
        told = says()
    deadline = time.monotonic() + BACK_SECONDS
    while (after := says()[0]) == "UNDETERMINED" and time.monotonic() < deadline:
        time.sleep(0.2)
    expect(f"{' and '.join(parts)} while {service} does not answer, and then", [*told, after], expected)
