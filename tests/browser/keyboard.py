"""The page by the keyboard alone: every control is reached, in the order of the page and back, is seen to have the focus,
does its work, and what comes of it is announced."""

import urllib.request

from camera import Visit, film

# By key: its code in the events of browsers of old, and the text that it gives.
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}
SHIFT = 8
MOST_STOPS = 20

# Whatever can be worked with, as it stands in the page; a control that is not shown is none.
CONTROLS = """
  [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, video[controls], [tabindex]")]
    .filter((node) => node.getClientRects().length && getComputedStyle(node).visibility === "visible")
    .map((node) => node.id || node.textContent.trim())
"""

# The element with the focus, and what shows it: an outline around it, or around the label that stands for it.
FOCUSED = """(() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const shown = node.type === "file" ? node.nextElementSibling : node;
  const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
  const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  return {
    name: node.id || node.textContent.trim(),
    seen: inside && box.width > 1 && box.height > 1 && node.matches(":focus-visible"),
    outline: style.outlineStyle === "solid" ? parseFloat(style.outlineWidth) : 0,
    colour: style.outlineColor,
  };
})()"""

READY = "document.getElementById('readers')?.hidden === false"
PROVED = "document.getElementById('proof')?.dataset.result"


class Hands:
    """Somebody who has a keyboard and no mouse, at a page."""

    def __init__(self, address, folder, camera=None):
        self.visit = Visit(address, folder, camera=camera)
        self.visit.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        self.visit.until(READY)

    def press(self, key, modifiers=0):
        code, text = KEYS[key]
        event = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.visit.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.visit.ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text):
        self.visit.ask("Input.insertText", text=text)

    def focused(self):
        return self.visit.run(FOCUSED)

    def walk(self):
        """The stops from here to the end of the page."""
        stops = []
        while len(stops) < MOST_STOPS:
            self.press("Tab")
            stop = self.focused()
            if stop is None or stop["name"] in (before["name"] for before in stops):
                return stops
            stops.append(stop)
        raise SystemExit(f"the focus goes on and on: {stops}")

    def back(self):
        self.press("Tab", SHIFT)
        return self.focused()

    def go_to(self, name):
        for _ in range(MOST_STOPS):
            self.press("Tab")
            if (self.focused() or {}).get("name") == name:
                return
        raise SystemExit(f"{name} is not reached")

    def announced(self, identifier):
        """What assistive technology is told when what is in this element changes: how urgently, and what is there now."""
        self.visit.ask("Accessibility.enable")
        node = self.visit.ask("Runtime.evaluate", expression=f"document.getElementById('{identifier}')")
        found = self.visit.ask("Accessibility.getPartialAXTree", objectId=node["result"]["objectId"], fetchRelatives=False)
        facts = {fact["name"]: fact["value"].get("value") for fact in found["nodes"][0].get("properties", [])}
        return facts.get("live"), self.visit.run(f"document.getElementById('{identifier}').textContent.trim()")

    def close(self):
        self.visit.close()


def by_keyboard(expect, relay, folder, counts):
    number = counts.removeprefix("certificates/")
    hands = Hands(relay.address("verify"), folder / "keyboard")
    try:
        controls = hands.visit.run(CONTROLS)
        expect("controls of the page", controls,
               ["To the content", "Greenlane", "中文", "text", "Verify", "camera", "file"])
        stops = hands.walk()
        expect("reached in their order", [stop["name"] for stop in stops] == controls, True)
        expect("not seen to have the focus", [stop for stop in stops if not (stop["seen"] and stop["outline"] >= 2)], [])
        # From the end of the page, where the way forward has led.
        expect("and back", [hands.back()["name"] for _ in controls] == controls[::-1], True)

        hands.go_to("To the content")
        hands.press("Enter")
        hands.press("Tab")
        expect("past what is on every page", hands.focused()["name"], "text")
        hands.type(number[:-1])
        hands.press("Enter")
        hands.visit.until("document.getElementById('verdict-title')")
        expect("a number that lacks something, read out first", hands.visit.run("document.title"),
               "That cannot be looked up – Greenlane")

        hands.visit.until(READY)
        hands.go_to("text")
        hands.type(number)
        hands.go_to("Verify")
        hands.press(" ")
        result = hands.visit.until(PROVED)
        expect("asked without a mouse", (hands.visit.run("document.title"), result), ("In force – Greenlane", "good"))
        controls = hands.visit.run(CONTROLS)
        expect("controls of the answer, in their order", [stop["name"] for stop in hands.walk()] == controls, True)
        # A region is announced when it changes: so it is there before, and empty.
        html = urllib.request.urlopen(relay.address(counts), timeout=10).read().decode()
        expect("the proof's result has its place from the beginning", '<p id="proof-result" role="status"></p>' in html, True)
        live, words = hands.announced("proof-result")
        expect("its result is announced", (live, words.split(".")[0]), ("polite", "Proved"))
        expect("and the verdict, should the proof contradict it", hands.announced("verdict")[0], "polite")
    finally:
        hands.close()
    work_the_camera(expect, relay, folder)


def work_the_camera(expect, relay, folder):
    """The camera is begun and ended from where the focus is, and what it says is announced."""
    wall = folder / "wall.y4m"
    film(None, wall)
    hands = Hands(relay.address("verify"), folder / "keyboard and camera", camera=wall)
    try:
        hands.go_to("camera")
        hands.press("Enter")
        hands.visit.until("document.activeElement.id === 'camera-stop'")
        stop = hands.focused()
        expect("the way to stop it has the focus", (stop["name"], stop["seen"]), ("camera-stop", True))
        expect("and what to do is announced", hands.announced("reader-status"), ("polite", "Point the camera at the QR code."))
        hands.press(" ")
        hands.visit.until("document.activeElement.id === 'camera'")
        expect("stopped, and back where it was begun", hands.focused()["name"], "camera")
    finally:
        hands.close()
