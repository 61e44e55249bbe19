"""Every fact that the page shows of a certificate is held against what proves it: each one altered on the way is
refused in the step of the proof that it belongs to."""

import html
import re
import urllib.request

REFUSED = ("Not proved, do not rely on this answer", "bad")
# More than the page lists.
PRODUCTS = 22
GTIN = "09506000134352"

# By the name of a fact: what it becomes, and why the document step refuses it.
ALTERED = {
    "number": ("GLXA-2222-2222-2222-22", "The document is another certificate’s."),
    "version": ("3", "The document is another certificate’s."),
    "issuer": ("Golden Institute", "The document names another issuer."),
    "holder": ("Another Solar Ltd", "The document names another holder."),
    "holder-economy": ("XB", "The document names another holder."),
    "product": ("Example photovoltaic module, 900 W", "The document names other products."),
    "model": ("EX-999X", "The document names other products."),
    "gtin": ("04012345123456", "The document names other products."),
    "more": ("3", "The document names other products."),
    "scheme": ("gold-safety-mark", "The document names another scheme."),
    "level": ("A+++", "The document names another scheme."),
    "standards": ("IEC 99999:2026", "The document names other standards."),
    "valid-from": ("2019-01-15", "The document names another validity."),
    "valid-until": ("2099-01-14", "The document names another validity."),
}
MARKED = re.compile(r'<(span|time)(?: class="[a-z]+")? data-(?:fact|entry)="([a-z-]+)">([^<]*)</\1>')


def crowded(example):
    """The facts of the example, of many products, and with all else that the page can show."""
    text = example.read_text()
    start, end = text.index("  - name: Example photovoltaic"), text.index("scheme:\n")
    product = text[start:end].replace("model: EX-450M", f'model: EX-450M\n      gtin: "{GTIN}"')
    watts = range(450, 450 + PRODUCTS)
    products = [product.replace("450 W", f"{each} W").replace("EX-450M", f"EX-{each}M") for each in watts]
    return text[:start] + "".join(products) + text[end:]


def alter(name, text, occurrence=0):
    """A lie about one marked fact."""

    def lie(path, body):
        if not path.startswith("/certificates/") or "/proof?" in path:
            return body
        page = body.decode()
        found = [match for match in MARKED.finditer(page) if match[2] == name][occurrence]
        return (page[: found.start(3)] + text + page[found.end(3) :]).encode()

    return lie


def replace(old, new):
    """A lie about the page that no mark is needed for."""

    def lie(path, body):
        if not path.startswith("/certificates/") or "/proof?" in path:
            return body
        changed = re.sub(old, new, body.decode(), count=1)
        if changed == body.decode():
            raise SystemExit(f"nothing to alter: {old}")
        return changed.encode()

    return lie


def hold_every_fact(expect, browser, relay, name):
    """`name` has all facts that a page can show."""
    page = urllib.request.urlopen(relay.address(name), timeout=10).read().decode()
    shown = [match[2] for match in MARKED.finditer(page)]
    expect("facts that are shown and not tried", sorted(set(shown) ^ set(ALTERED)), [])
    for language in ("en", "zh-CN"):
        page = browser(relay.address(name), language=language)
        expect(f"all of them, unaltered ({language})", (page.result, set(page.steps)), ("good", {"good"}))

    def refuses(what, change, why, step="document"):
        relay.lie = change
        page = browser(relay.address(name))
        good = ["good"] * {"document": 4, "standing": 5}[step]
        expect(f"{what} is refused", (page.title, page.result, page.steps), (*REFUSED, [*good, "bad"]))
        expect("in these words", page.texts["steps"].endswith(f"✗{why}"), True)

    for fact, (text, why) in ALTERED.items():
        refuses(f"another {fact}", alter(fact, text), why)
    products = "The document names other products."
    refuses("another model of the last product listed", alter("model", "EX-999X", occurrence=-1), products)
    listed = r"<li data-product>.*?</li>"
    refuses("two products in each other’s place", replace(f"({listed})({listed})", r"\2\1"), products)
    refuses("a product that is kept back", replace(listed, ""), products)
    refuses("a level that is kept back", replace(r', <span data-fact="level">.*?</span>', ""),
        "The document names another scheme.")
    more = "The page says more of the certificate than its document."
    refuses("a word beside a fact", replace(r'(<span data-fact="holder">)', r"Another Solar Ltd, once \1"), more)
    refuses("a fact without a mark", replace("</dl>", "<dt>Made in</dt><dd>XB</dd></dl>"), more)
    made = '<dt>Made in</dt><dd><span data-fact="made">XB</span></dd></dl>'
    refuses("a fact that no document states", replace("</dl>", made), "The evidence is malformed.")
    refuses("another headline", replace(">In force<", ">Withdrawn<"),
        "The log leaves the certificate in another state than this page says.", step="standing")
    refuses("the state of another day", replace(r'data-date="\d{4}', 'data-date="2025'),
        "The page is not about today, or this device’s clock is wrong.", step="standing")
    relay.lie = None


def hold_the_step(expect, browser, relay, ended):
    """When and why a step was taken, in `ended`'s entry of the log."""
    said = "The log leaves the certificate in another state than this page says."
    lies = (
        ("another day of the withdrawal", alter("since", "2030-01-01")), ("another reason", alter("reason", "safety")),
        ("a withdrawal told as a suspension", replace(">Withdrawn<", ">Suspended<")),
        ("a withdrawn one told as in force, in the headline alone", replace(">Withdrawn<", ">In force<")),
    )
    for what, change in lies:
        relay.lie = change
        page = browser(relay.address(ended))
        expect(f"{what} is refused", (page.title, page.result, page.steps), (*REFUSED, ["good"] * 5 + ["bad"]))
        expect("in these words", page.texts["steps"].endswith(f"✗{said}"), True)
    relay.lie = None


def prove_each_standing(expect, browser, relay, registry, example):
    """Whatever became of a certificate, its own page is proved."""

    def step(verb, name, *more):
        registry.call(registry.clerk, "certificate", verb, name, "--reason", "nonconformity", *more)

    def days(name, first, last):
        """Facts of the example, valid from one day to another."""
        file = registry.folder / name
        text = example.read_text().replace('valid_until: "2031-01-14"', f'valid_until: "{last}"')
        file.write_text(f'{text}valid_from: "{first}"\n')
        return registry.issue(file)

    suspended, conditional, terminated, annulled, amended = (registry.issue(example) for _ in range(5))
    step("suspend", suspended, "--remedy", "New cells.")
    step("continue", conditional, "--conditions", "Another inspection.")
    step("terminate", terminated, "--confirm")
    step("annul", annulled, "--confirm", annulled)
    first = registry.document(amended)
    registry.amend(amended)
    for what, path in (
        ("Suspended", suspended), ("In force, on conditions", conditional), ("Ended", terminated),
        ("Void from the start", annulled), ("In force", amended), ("Replaced by a newer version", f"verify?text={first}"),
        ("Not valid yet", days("later.yaml", "2030-01-01", "2031-01-14")),
        ("Expired", days("earlier.yaml", "2026-01-15", "2026-02-14")),
    ):
        page = browser(relay.address(path))
        expect("the page of one that is", (page.title, page.result), (what, "good"))


def told_apart(expect, relay, name):
    """What no document states stands below the proof, and says so, in both languages."""
    for language, heading in (("en", "The registry’s word alone"), ("zh", "仅为登记处的说法")):
        address = relay.address(f"{name}?lang={language}")
        page = html.unescape(urllib.request.urlopen(address, timeout=10).read().decode())
        proved, told = page.split('<section id="told"')
        found = (heading in told, 'id="proof"' in proved, "data-fact" in told)
        expect(f"told apart ({language})", found, (True, True, False))
