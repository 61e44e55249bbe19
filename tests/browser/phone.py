"""The page as wide as a phone. A window of the browser is never so narrow: its tools say what the page is to be laid out for."""

import base64

from camera import Visit

# Wide and high as phones are: of these years, the narrowest that are sold, and one for which text is as large as WCAG wants it
# to reflow (1.4.10: 1280 pixels at 400 %).
SCREENS = {"phone": (390, 844), "small": (360, 640), "narrow": (320, 640)}
RESULT = "document.getElementById('proof')?.dataset.result ?? 'none'"
# WCAG 1.4.4 wants nothing lost where text is twice as large.
BESIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What of the page lies beside the screen, and what a thumb does not hit (WCAG 2.5.8 has 24).
MEASURED = """[innerWidth, document.documentElement.scrollWidth - document.documentElement.clientWidth,
    [...document.querySelectorAll("button, .button, input[type=text], nav a")]
        .filter((node) => node.offsetParent && node.getBoundingClientRect().height < 40).length].join(' ')"""


def on_a_phone(expect, relay, folder, counts, pictures):
    pages = {"certificate": (counts, "good"), "form": ("verify", "none"), "mistyped": ("certificates/GLXA2222222222222", "none")}
    visit = Visit("about:blank", folder / "phone")
    try:
        visit.ask("Page.enable")
        for screen, (width, height) in SCREENS.items():
            visit.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
            for page, (path, result) in pages.items():
                for language in ("en", "zh"):
                    visit.ask("Page.navigate", url=relay.address(f"{path}?lang={language}"))
                    is_there = f"document.readyState === 'complete' && location.href.endsWith('{path}?lang={language}')"
                    visit.until(f"{is_there} && ({RESULT}) === '{result}'")
                    expect(f"{screen}, {page}, {language}: proved", visit.run(RESULT), result)
                    expect("  width, what lies beside it, targets too small", visit.run(MEASURED), f"{width} 0 0")
                    if pictures:
                        shot = visit.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
                        (pictures / f"{screen}-{page}-{language}.png").write_bytes(base64.b64decode(shot))
                    if screen == "phone":
                        visit.run("document.documentElement.style.fontSize = '200%'")
                        expect("  what lies beside it with text twice as large", visit.run(BESIDE), 0)
    finally:
        visit.close()
