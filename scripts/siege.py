"""Puts hd-app under siege: slow uploads and images that are much work come from one process,
ordinary requests from another, and it prints how these fared.

siege.py APP GRAPH IMAGE [REQUESTS]"""

import http.client
import multiprocessing
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

SLOW, BOMBS, ORDINARY = 50, 50, 4  # Slow uploads, bombs, and ordinary requests, at a time.
LARGE, SIDE = 32 << 20, 11585  # Bytes that a slow upload claims; rows and columns of a bomb.
MOST = bytes(LARGE - 2000)  # The rest comes a byte a second.


def bomb():
    """A PNG of a few kilobytes, black, a bit a pixel."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    size = struct.pack(">II", SIDE, SIDE) + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes(1 + (SIDE + 7) // 8) * SIDE, 9)
    chunks = chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def post(connection, body):
    """The status of the answer, or 0 where there is none."""
    try:
        connection.request("POST", "/label", body)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0


def upload_slowly(address):
    """As much of a large upload as is taken, then a byte a second; and again, a second after its end."""
    head = f"POST /label HTTP/1.1\r\nHost: {address[0]}\r\nContent-Length: {LARGE}\r\n\r\n"
    while True:
        try:
            with socket.create_connection(address) as stream:
                stream.sendall(head.encode() + MOST)
                while True:
                    stream.sendall(b"x")
                    time.sleep(1)
        except OSError:
            time.sleep(1)


def post_bombs(address, body, statuses):
    """A refusal is followed by the pause that it asks for."""
    connection = http.client.HTTPConnection(*address)
    while True:
        status = post(connection, body)
        with statuses.get_lock():
            statuses[status // 100] += 1
        if status != 200:
            time.sleep(1)


def besiege(address, statuses):
    dear = (address, bomb(), statuses)
    threads = [threading.Thread(target=upload_slowly, args=(address,)) for _ in range(SLOW)]
    threads += [threading.Thread(target=post_bombs, args=dear) for _ in range(BOMBS)]
    for thread in threads:
        thread.start()


def ordinary(address, body, count, took):
    connection = http.client.HTTPConnection(*address)
    for _ in range(count):
        begin = time.monotonic()
        status = post(connection, body)
        took.append((time.monotonic() - begin, status))


def memory(process, line):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(text.split()[1]) // 1024 for text in status if text.startswith(line))


def ask(address, body, count):
    """Seconds and status of each ordinary request."""
    took = []
    asking = (address, body, count // ORDINARY, took)
    threads = [threading.Thread(target=ordinary, args=asking) for _ in range(ORDINARY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def main():
    app, graph, image = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 20_000
    command = [app, "--graph", graph, "--listen", "127.0.0.1:0", "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    host, port = process.stdout.readline().decode().strip().strip("/").split("/")[-1].split(":")
    address = (host, int(port))
    with open(image, "rb") as file:
        body = file.read()
    statuses = multiprocessing.Array("i", 6)
    hostile = multiprocessing.Process(target=besiege, args=(address, statuses))
    try:
        ask(address, body, 100)
        before = memory(process, "VmRSS")
        hostile.start()
        time.sleep(3)
        begin = time.monotonic()
        took = ask(address, body, count)
        length = time.monotonic() - begin
        hostile.kill()
        time.sleep(10)
        seconds = sorted(second * 1000 for second, _ in took)
        wrong = sum(status != 200 for _, status in took)
        at = [seconds[len(seconds) * part // 1000] for part in (500, 990)] + [seconds[-1]]
        print(f"{len(took)} ordinary requests in {length:.0f} s, {wrong} of them refused")
        print("median %.0f ms, 99th percentile %.0f ms, longest %.0f ms" % tuple(at))
        print(f"bombs: {statuses[2]} answered, {statuses[5]} refused")
        after, peak = memory(process, "VmRSS"), memory(process, "VmHWM")
        print(f"memory: {before} MB before, {after} MB after, {peak} MB at most")
    finally:
        hostile.kill()
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
