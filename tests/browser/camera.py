"""A QR code held before the browser's camera: the product's own picture, as a film that Chromium plays for a camera."""

import fcntl
import json
import os
import select
import struct
import subprocess
import time
import zlib

WIDTH, HEIGHT = 640, 480
# Neither ink nor paper is what it is in the file, and the code hangs beside the middle.
INK, PAPER, WALL = 60, 190, 120
PATIENCE_SECONDS = 60


def read_picture(path):
    """The rows of a greyscale picture (PNG), one number a pixel."""
    data = path.read_bytes()
    at, compressed = 8, b""
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[at + 8 : at + 18])
        if kind == b"IDAT":
            compressed += data[at + 8 : at + 8 + length]
        at += 12 + length
    if colour != 0:
        raise SystemExit(f"{path} is not greyscale")
    stride, plain, rows = (width * depth + 7) // 8, zlib.decompress(compressed), []
    before, step = bytes(stride), max(1, depth // 8)
    for y in range(height):
        kind, line = plain[y * (stride + 1)], bytearray(plain[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            left, above = line[x - step] if x >= step else 0, before[x]
            corner = before[x - step] if x >= step else 0
            line[x] = (line[x] + (0, left, above, (left + above) // 2, paeth(left, above, corner))[kind]) & 255
        before = bytes(line)
        highest = (1 << depth) - 1
        rows.append([before[x * depth // 8] >> (8 - depth - x * depth % 8) & highest for x in range(width)])
    return [[value > highest // 2 for value in row] for row in rows]


def paeth(left, above, corner):
    return min((left, above, corner), key=lambda value: abs(left + above - corner - value))


def film(picture, path):
    """What a camera sees of it, or of the bare wall, as YUV4MPEG2."""
    rows = read_picture(picture) if picture else []
    size = min(HEIGHT - 20, 440) if picture else 0
    plane = bytearray([WALL]) * (WIDTH * HEIGHT)
    for y in range(size):
        row = rows[y * len(rows) // size]
        line = bytes(PAPER if row[x * len(row) // size] else INK for x in range(size))
        start = (y + 15) * WIDTH + 130
        plane[start : start + size] = line
    frame = b"FRAME\n" + bytes(plane) + bytes([128]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)


class Visit:
    """A page in a browser that is driven while it is open (DevTools protocol, over a pipe)."""

    def __init__(self, address, folder, *, camera=None):
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        command += [f"--user-data-dir={folder}", "--remote-debugging-pipe", "--use-fake-ui-for-media-stream", "--lang=en"]
        if camera:
            command += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        theirs_in, self.out = os.pipe()
        self.back, theirs_out = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]

        def hand_over():
            """Chromium reads from 3 and writes to 4."""
            for end, theirs in zip(high, (3, 4)):
                os.dup2(end, theirs)

        self.process = subprocess.Popen(
            command, preexec_fn=hand_over, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for end in (theirs_in, theirs_out, *high):
            os.close(end)
        self.last, self.session, self.unread = 0, None, b""
        target = self.ask("Target.createTarget", url=address)["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            said, end, rest = self.unread.partition(b"\0")
            if end:
                self.unread = rest
                answer = json.loads(said)
                if answer.get("id") == self.last:
                    if "error" in answer and method != "Runtime.evaluate":
                        raise SystemExit(f"{method}: {answer['error']}")
                    return answer.get("result", {})
                continue
            if not select.select([self.back], [], [], max(0, deadline - time.monotonic()))[0]:
                raise SystemExit(f"{method}: the browser does not answer")
            more = os.read(self.back, 1 << 16)
            if not more:
                raise SystemExit(f"{method}: the browser has ended")
            self.unread += more

    def run(self, script):
        """A script's value, in the page; none while the page is another one already."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        return answer.get("result", {}).get("value")

    def until(self, script):
        """The first value that is true, or the last."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := self.run(script)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return value

    def choose(self, field, path):
        """A file in a field."""
        node = self.ask("Runtime.evaluate", expression=f"document.querySelector('{field}')")["result"]["objectId"]
        self.ask("DOM.setFileInputFiles", files=[str(path)], objectId=node)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.back)
