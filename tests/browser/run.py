"""The verification page in a real browser: headless Chromium asks a real registry, and proves the answers for itself.

    python3 tests/browser/run.py --greenlane PROGRAM [--pictures FOLDER]

Between the two stands a relay of this script, which can be told to lie: an answer of the log that was tampered with must
be refused by the browser. Nothing but the standard library and Debian's `chromium` is needed. QR codes are
held before its camera.
"""

import argparse
import contextlib
import html.parser
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from camera import Visit, film
from facts import crowded, hold_every_fact, hold_the_step, prove_each_standing, told_apart
from keyboard import by_keyboard
from phone import on_a_phone

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "deploy/examples/pv-module.yaml"
DESK = (1100, 900)
START_SECONDS = 30
BROWSER_SECONDS = 60


HELD = []


def free_port():
    """A port that nobody is given as long as this lives; whoever binds it by number has it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    HELD.append(held)
    return held.getsockname()[1]


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: {actual!r}, not {expected!r}")
    print(f"  {what}: {actual}")


class Registry:
    """A registry of its own, with one body and what is asked about."""

    def __init__(self, greenlane, folder, shows):
        self.greenlane, self.folder = greenlane, folder
        folder.mkdir()
        self.grpc, self.http = free_port(), free_port()
        (folder / "registry.toml").write_text(
            f'[server]\nlisten = "127.0.0.1:{self.grpc}"\n'
            f'[[auth.issuers]]\nissuer = "https://localhost/greenlane"\njwks = {{ file = "{folder}/jwks.json" }}\n'
            f'[registry]\nkey_directory = "{folder}/keys"\nhttp_listen = "127.0.0.1:{self.http}"\n'
            f'[registry.page]\nshows = "{shows}"\nrequests_per_minute = 600\n'
            f'[registry.store]\nurl = "sqlite:{folder}/registry.db"\n'
        )
        self.run("token", "jwks", "--data", folder / "data", "--out", folder / "jwks.json")
        self.run("migrate", "registry", "--config", folder / "registry.toml")
        log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [greenlane, "serve", "registry", "--config", folder / "registry.toml"], stdout=log, stderr=log
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.http}/verify", timeout=1).close()
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.1)
        self.admin = self.token("admin", "--scope", "admin")
        self.call(self.admin, "body", "create", "aurora-cert", "--display-name", "Aurora Certification", "--economy", "XA")
        self.call(self.admin, "body", "key", "create", "bodies/aurora-cert")
        self.clerk = self.token("clerk", "--scope", "certificates.write", "--scope", "certificates.read",
            "--body", "bodies/aurora-cert")

    def run(self, *arguments):
        command = [str(part) for part in (self.greenlane, *arguments)]
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=ours, check=False)
        if done.returncode != 0:
            raise SystemExit(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def call(self, token, *arguments):
        return self.run(*arguments, "--registry", f"http://127.0.0.1:{self.grpc}", "--token-file", token)

    def token(self, subject, *arguments):
        out = self.folder / f"{subject}.token"
        self.run("token", "mint", "--overwrite", "--data", self.folder / "data", "--out", out, "--subject", subject, *arguments)
        return out

    def issue(self, facts=EXAMPLE):
        return self.call(self.clerk, "certificate", "issue", "--body", "bodies/aurora-cert", "--file", facts, "-o", "name")

    def issue_all_facts(self):
        """One of which a page shows everything that it can: a second version, with more products than are listed."""
        facts = self.folder / "facts.yaml"
        facts.write_text(crowded(EXAMPLE))
        name = self.issue(facts)
        self.amend(name)
        return name

    def amend(self, name):
        change = self.folder / "change.yaml"
        change.write_text("authorised_by: Deputy head of certification\n")
        self.call(self.clerk, "certificate", "amend", name, "--kind", "correct", "--reason", "mistake", "--file", change)

    def withdraw(self, name):
        self.call(self.clerk, "certificate", "withdraw", name, "--reason", "nonconformity", "--text", "Cracked cells.",
            "--confirm")

    def document(self, name, profile="untp"):
        return self.call(self.clerk, "certificate", "get", name, "--document", "--profile", profile)

    def rotate(self):
        """Another key in place of the one that the body has."""
        old = self.call(self.admin, "body", "key", "list", "bodies/aurora-cert", "-o", "name")
        self.call(self.admin, "body", "key", "create", "bodies/aurora-cert")
        self.call(self.admin, "body", "key", "retire", old, "--confirm")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Relay(http.server.ThreadingHTTPServer):
    """Passes on what the registry answers, or what `lie(path, body)` makes of it."""

    daemon_threads = True

    def __init__(self, registry):
        self.registry, self.lie = registry, None
        super().__init__(("127.0.0.1", 0), Relayed)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Relayed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.registry.http, timeout=10)
        keep = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        upstream.request(self.command, self.path, body or None, keep)
        answer = upstream.getresponse()
        body = answer.read()
        if self.server.lie:
            body = self.server.lie(self.path, body)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Page(html.parser.HTMLParser):
    """What stands in a page: texts by identifier, and the elements."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts, self.steps = [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in ("meta", "link", "input", "img", "br"):
            self.open.append((tag, attributes))
        if tag == "li" and attributes.get("class") in ("good", "open", "bad"):
            self.steps.append(attributes["class"])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for _, attributes in self.open:
            if "id" in attributes:
                self.texts[attributes["id"]] = self.texts.get(attributes["id"], "") + data

    def one(self, identifier):
        return next((attributes for _, attributes in self.elements if attributes.get("id") == identifier), None)

    @property
    def result(self):
        proof = self.one("proof")
        return proof and proof.get("data-result")

    @property
    def title(self):
        return self.texts["verdict-title"].strip()


class Browser:
    def __init__(self, folder, pictures):
        self.folder, self.pictures = folder, pictures

    def __call__(self, address, *, profile=None, language="en", picture=None, more=()):
        folder = self.folder / (profile or f"profile-{time.monotonic_ns()}")
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--disable-background-networking", "--no-first-run", "--hide-scrollbars", f"--user-data-dir={folder}"]
        command += [f"--accept-lang={language}", f"--window-size={DESK[0]},{DESK[1]}", "--virtual-time-budget=8000", *more]
        said = self.run(command + ["--dump-dom", address])
        if picture and self.pictures:
            self.run(command + [f"--screenshot={self.pictures / picture}.png", address])
        return Page(said)

    @staticmethod
    def run(command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=BROWSER_SECONDS, check=False)
        if done.returncode != 0:
            raise SystemExit(f"$ {' '.join(command)}\n{done.stderr[-4000:]}")
        return done.stdout


def in_proof(change):
    """A lie about the proof alone."""

    def lie(path, body):
        if "/proof?" not in path:
            return body
        proof = json.loads(body)
        change(proof)
        return json.dumps(proof).encode()

    return lie


def flip(text):
    return ("B" if text[0] == "A" else "A") + text[1:]


def flip_hash(proof):
    proof["events"][0]["hashes"][0] = flip(proof["events"][0]["hashes"][0])


def flip_leaf(proof):
    leaf = proof["events"][-1]["leaf"]
    proof["events"][-1]["leaf"] = leaf[:40] + flip(leaf[40:])


def flip_signature(proof):
    head, line = proof["checkpoint"].rsplit(" ", 1)
    proof["checkpoint"] = f"{head} {line[:20]}{flip(line[20:])}"


def larger_tree(proof):
    lines = proof["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    proof["checkpoint"] = "\n".join(lines)


def hide_withdrawal(proof):
    proof["events"] = proof["events"][:1]


def other_key(proof):
    jwk = json.loads(proof["publicJwk"])
    jwk["x"] = flip(jwk["x"])
    proof["publicJwk"] = json.dumps(jwk, separators=(",", ":"), sort_keys=True)


def other_document(proof):
    proof["document"] = proof["document"][:-9] + flip(proof["document"][-9:])


def no_growth(proof):
    if proof["growth"]:
        proof["growth"]["hashes"] = []


def without_ed25519(path, body):
    """The browser as it would be without the algorithm."""
    if not path.startswith("/assets/verify.js"):
        return body
    patch = b"""
      for (const name of ["importKey"]) {
        const real = crypto.subtle[name].bind(crypto.subtle);
        SubtleCrypto.prototype[name] = (format, key, algorithm, ...rest) => algorithm.name === "Ed25519"
          ? Promise.reject(new DOMException("no", "NotSupportedError")) : real(format, key, algorithm, ...rest);
      }
    """
    return body.replace(b"const TEXTS", patch + b"const TEXTS", 1)


def look(browser, relay, registry, counts, ended, language_switch):
    page = browser(relay.address(counts), picture="good")
    expect("a good certificate", (page.title, page.result, set(page.steps)), ("In force", "good", {"good"}))
    page = browser(relay.address(ended), picture="withdrawn")
    expect("a withdrawn one", (page.title, page.result, set(page.steps)), ("Withdrawn", "good", {"good"}))
    page = browser(relay.address(counts), language="zh-CN")
    expect("in Chinese", (page.title, page.elements[0][1]["lang"], page.result), ("有效", "zh-Hans", "good"))
    page = browser(relay.address(f"{counts}?lang=en"), language="zh-CN")
    expect("switched to English", page.title, "In force")
    page = browser(relay.address("certificates/GLXA2222222222222"), picture="mistyped")
    expect("a mistyped number", page.title, "That cannot be looked up")
    without = Page(urllib.request.urlopen(relay.address(counts), timeout=10).read().decode())
    expect("without scripts", (without.title, without.result), ("In force", None))


def accessible(relay, counts):
    """What a screen reader needs."""
    page = Page(urllib.request.urlopen(relay.address(counts), timeout=10).read().decode())
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    expect("identifiers used twice", len(identifiers) - len(set(identifiers)), 0)
    tags = [tag for tag, _ in page.elements]
    expect("landmarks", [tags.count(tag) for tag in ("main", "header", "nav", "footer", "h1")], [1] * 5)
    labelled = {attributes.get("for") for tag, attributes in page.elements if tag == "label"}
    fields = [attributes["id"] for tag, attributes in page.elements
              if tag in ("input", "select") and attributes.get("type") != "hidden"]
    expect("fields without a label", [field for field in fields if field not in labelled], [])
    for reference in ("aria-labelledby", "aria-describedby"):
        named = {name for _, attributes in page.elements for name in attributes.get(reference, "").split()}
        expect(f"{reference} that lead nowhere", sorted(named - set(identifiers)), [])
    expect("the answer is announced", page.one("verdict")["aria-live"], "polite")
    expect("pictures without a text", [a for tag, a in page.elements if tag == "img" and "alt" not in a], [])
    css = urllib.request.urlopen(relay.address("assets/verify.css"), timeout=10).read().decode()
    for name, block in (("light", css.split("@media")[0]), ("dark", css.split("@media")[1])):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        pairs = [("ink", "ground"), ("ink", "sheet"), ("soft", "ground"), ("soft", "sheet"), ("accent", "sheet"),
                 ("accent", "ground"), ("on-accent", "accent"), ("good", "good-ground"), ("bad", "bad-ground"),
                 ("open", "open-ground"), ("ink", "good-ground"), ("ink", "bad-ground"), ("ink", "open-ground"),
                 ("good", "sheet"), ("bad", "sheet"), ("open", "sheet")]
        low = [pair for pair in pairs if contrast(colour[pair[0]], colour[pair[1]]) < 4.5]
        expect(f"{name} colours below WCAG's 4.5:1", low, [])


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lie(browser, relay, counts, ended):
    lies = [
        ("a hash of the path", counts, flip_hash), ("an entry", counts, flip_leaf),
        ("the checkpoint's signature", counts, flip_signature), ("the tree's size", counts, larger_tree),
        ("the withdrawal kept back", ended, hide_withdrawal), ("another key", counts, other_key),
        ("another document", counts, other_document),
    ]
    for what, name, change in lies:
        relay.lie = in_proof(change)
        page = browser(relay.address(name), picture="refused" if change is flip_hash else None)
        expect(f"{what} is refused", (page.title, page.result), ("Not proved, do not rely on this answer", "bad"))
        expect("and nothing else is claimed above it", "genuine" in page.texts["verdict"], False)
    # A page that says that a withdrawn certificate counts, over an honest log.
    relay.lie = lambda path, body: body if "/proof?" in path else body.replace(
        b"Withdrawn", b"In force").replace(b'data-state="withdrawn"', b'data-state="active"')
    page = browser(relay.address(ended))
    expect("a page that contradicts the log is refused", page.result, "bad")
    relay.lie = lambda path, body: body if "/proof?" in path else body.replace(b"Example Solar", b"Another Solar")
    page = browser(relay.address(counts))
    expect("a page that contradicts the document is refused", page.result, "bad")
    relay.lie = without_ed25519
    page = browser(relay.address(counts), picture="no-ed25519")
    expect("a browser without Ed25519 claims nothing", (page.title, page.result, set(page.steps)),
        ("In force", "open", {"open"}))
    relay.lie = None


def come_back(browser, relay, registry, counts):
    expect("a first visit", browser(relay.address(counts), profile="visitor").result, "good")
    registry.issue()
    page = browser(relay.address(counts), profile="visitor")
    expect("a later one finds the log grown", (page.result, "of your last visit" in page.texts["steps"]), ("good", True))
    registry.issue()
    relay.lie = in_proof(no_growth)
    expect("a log that was rewritten is refused", browser(relay.address(counts), profile="visitor").result, "bad")
    relay.lie = None


def hand_over(browser, relay, registry, counts):
    """Where documents are not handed out, one's own is proved."""
    page = browser(relay.address(counts), picture="directory")
    expect("without the document", (page.title, page.result), ("In force", "open"))
    address = relay.address(f"verify?text={registry.document(counts)}")
    page = browser(address, picture="own-document")
    expect("with it", (page.title, page.result, set(page.steps)), ("In force", "good", {"good"}))


def copies(browser, relay, registry, name, result):
    """A copy in another profile is no forgery, and no more is claimed of it than was checked."""
    for what, by_another in (("a copy in another profile", False), ("and one by another key", True)):
        if by_another:
            registry.rotate()
        page = browser(relay.address(f"verify?text={registry.document(name, 'w3c')}"))
        told = "The document is a copy, in another profile, of the one that the log names" in page.texts["steps"]
        expect(what, (page.title, page.result, told), ("In force", result, True))
        expect("its steps", set(page.steps), {"good"} if result == "good" else {"good", "open"})


READY = "document.getElementById('readers')?.hidden === false"
PROVED = "document.getElementById('proof')?.dataset.result && document.getElementById('verdict-title').textContent.trim()"


def scan(relay, registry, folder, counts):
    """A QR code before the camera, and in a picture, leads to its certificate."""
    for what, more in (("address", ()), ("offline code", ("--offline",))):
        picture, seen = folder / f"{what}.png", folder / f"{what}.y4m"
        registry.call(registry.clerk, "certificate", "qr", counts, "--form", "png", "--out", picture, *more)
        film(picture, seen)
        for how in ("camera", "picture"):
            visit = Visit(relay.address("verify"), folder / f"{what} by {how}", camera=seen)
            try:
                visit.until(READY)
                if how == "camera":
                    visit.run("document.getElementById('camera').click()")
                else:
                    visit.choose("#file", picture)
                expect(f"its {what}, by {how}", visit.until(PROVED), "In force")
                expect("which the browser proved", visit.run("document.getElementById('proof').dataset.result"), "good")
            finally:
                visit.close()
    for what, camera, script in (
        ("without a camera", None, "document.getElementById('camera').click()"),
        ("a picture without a code", None, None),
    ):
        visit = Visit(relay.address("verify"), folder / what, camera=camera)
        try:
            visit.until(READY)
            if script:
                visit.run(script)
            else:
                blank = folder / "blank.svg"
                blank.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80"/>')
                visit.choose("#file", blank)
            told = visit.until("document.getElementById('reader-status').textContent")
            expect(what, told, "The camera cannot be used." if script else "No QR code was found in the picture.")
        finally:
            visit.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--pictures", type=pathlib.Path, help="a folder for screenshots, to be looked at by eye")
    arguments = parser.parse_args()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="greenlane-browser-"))
    browser = Browser(folder, arguments.pictures)
    started = []
    try:
        registry = Registry(arguments.greenlane, folder / "documents", "documents")
        started.append(registry)
        counts, ended = registry.issue(), registry.issue()
        registry.withdraw(ended)
        relay = Relay(registry)
        print("The page")
        look(browser, relay, registry, counts, ended, None)
        print("Accessible")
        accessible(relay, counts)
        print("On a phone")
        on_a_phone(expect, relay, folder, counts, arguments.pictures)
        print("By the keyboard alone")
        by_keyboard(expect, relay, folder, counts)
        print("Lies")
        lie(browser, relay, counts, ended)
        print("Facts")
        all_facts = registry.issue_all_facts()
        hold_every_fact(expect, browser, relay, all_facts)
        hold_the_step(expect, browser, relay, ended)
        told_apart(expect, relay, all_facts)
        prove_each_standing(expect, browser, relay, registry, EXAMPLE)
        print("Another visit")
        come_back(browser, relay, registry, counts)
        print("QR codes")
        scan(relay, registry, folder, counts)
        print("Copies")
        copies(browser, relay, registry, counts, "good")
        print("A registry that keeps its documents")
        careful = Registry(arguments.greenlane, folder / "directory", "directory")
        started.append(careful)
        kept = careful.issue()
        hand_over(browser, Relay(careful), careful, kept)
        copies(browser, Relay(careful), careful, kept, "open")
    finally:
        for registry in started:
            registry.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("The browser proves what is so, and refuses what is not.")


if __name__ == "__main__":
    sys.exit(main())
