#!/usr/bin/env python3
"""Makes several hosts of this machine, joined by slow links, and times gan-train's exchange and training on them.

    scripts/bench/hosts.py link                 what the links of --rate and --rtt really do
    scripts/bench/hosts.py exchange             seconds of one sum over 2, 4 and 8 hosts, by size
    scripts/bench/hosts.py train                images/s of one host and of two, each with one thread
    scripts/bench/hosts.py plan                 what the model below says of 2 to 512 hosts

The model: a step takes its computation and, for each turn, a sum that passes the gradients around a ring,
2 (n - 1) hops of a round trip each, with 2 (n - 1) / n of the gradients' bytes through each host's link.

Each host is a network namespace with a TUN device; a process carries packets between them, and lets each host send
--rate Gbit/s, delayed by half of --rtt ms. Needs root, iproute2 and, for `exchange`, the Python of scripts/setup.sh.
"""
import argparse
import collections
import ctypes
import fcntl
import json
import multiprocessing
import os
import pathlib
import select
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTU = 65000  # as segmentation offload hands packets over
PORT = 29500


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def namespace(host):
    return f"gan-host-{host}"


def address(host):
    return f"10.77.0.{host + 1}"


def open_tun(name):
    flags_tun_without_header, set_interface = 0x1001, 0x400454CA
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, set_interface, struct.pack("16sH", name.encode(), flags_tun_without_header))
    return tun


def carry(tuns, bits_per_second, delay):
    """Forwards packets by their destination: each host sends at the rate, what it sends comes after the delay."""
    ctypes.CDLL(None).prctl(29, 1000)  # PR_SET_TIMERSLACK, ns: wake on time
    free_at = [0.0] * len(tuns)  # when a host's link has sent what it was given
    flying = [collections.deque() for _ in tuns]  # by sender: (when it arrives, receiver, packet)
    sender = {tun: host for host, tun in enumerate(tuns)}
    while True:
        due = min((queue[0][0] for queue in flying if queue), default=None)
        wait = None if due is None else max(0.0, due - time.monotonic())
        for tun in select.select(tuns, [], [], wait)[0]:
            host = sender[tun]
            for _ in range(64):
                try:
                    packet = os.read(tun, 65536)
                except BlockingIOError:
                    break
                receiver = packet[19] - 1 if packet[0] >> 4 == 4 else -1  # the last byte of the IPv4 destination
                if 0 <= receiver < len(tuns):
                    free_at[host] = max(free_at[host], time.monotonic()) + len(packet) * 8 / bits_per_second
                    flying[host].append((free_at[host] + delay, receiver, packet))
        now = time.monotonic()
        for queue in flying:
            while queue and queue[0][0] <= now:
                _, receiver, packet = queue.popleft()
                try:
                    os.write(tuns[receiver], packet)
                except OSError:
                    pass  # lost: its queue is full, or its host is gone


class Hosts:
    """Namespaces and their links, as long as it is entered."""

    def __init__(self, count, gigabits, rtt_ms):
        self.count, self.rate, self.delay = count, gigabits * 1e9, rtt_ms / 2000

    def __enter__(self):
        self.tuns = []
        for host in range(self.count):
            name = f"gan{host}"
            ip("netns", "add", namespace(host))
            self.tuns.append(open_tun(name))
            ip("link", "set", name, "netns", namespace(host), "mtu", str(MTU), "txqueuelen", "10000")
            ip("-n", namespace(host), "addr", "add", address(host) + "/24", "dev", name)
            ip("-n", namespace(host), "link", "set", name, "up")
            ip("-n", namespace(host), "link", "set", "lo", "up")
        self.carrier = multiprocessing.Process(target=carry, args=(self.tuns, self.rate, self.delay), daemon=True)
        self.carrier.start()
        return self

    def __exit__(self, *_):
        self.carrier.terminate()
        self.carrier.join()
        for host, tun in enumerate(self.tuns):
            os.close(tun)
            ip("netns", "delete", namespace(host))

    def start(self, host, command):
        env = {**os.environ, "RANK": str(host), "LOCAL_RANK": "0", "WORLD_SIZE": str(self.count),
               "MASTER_ADDR": address(0), "MASTER_PORT": str(PORT), "GLOO_SOCKET_IFNAME": f"gan{host}",
               "TORCH_CPP_LOG_LEVEL": "ERROR"}
        return subprocess.Popen(["ip", "netns", "exec", namespace(host), *command], env=env, stdout=subprocess.PIPE,
                                text=True)

    def run(self, command):
        """Runs a command on every host; what the first printed."""
        processes = [self.start(host, command) for host in range(self.count)]
        outputs = [process.communicate()[0] for process in processes]
        if any(process.returncode for process in processes):
            sys.exit(f"exit codes {[process.returncode for process in processes]}")
        return outputs[0]


# ---- On the hosts --------------------------------------------------------------------------------


def on_host_link():
    """Prints the round trip in ms and the rate in Gbit/s between the first two hosts."""
    rank, size = int(os.environ["RANK"]), 64 << 20
    if rank > 1:
        return
    if rank == 1:
        server = socket.create_server((address(1), PORT))
        peer, _ = server.accept()
        for _ in range(50):
            peer.sendall(peer.recv(1))
        left = size
        while left:
            left -= len(peer.recv(min(left, 1 << 20)))
        peer.sendall(b"x")
        return
    for _ in range(100):
        try:
            peer = socket.create_connection((address(1), PORT))
            break
        except OSError:
            time.sleep(0.1)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        peer.sendall(b"x")
        peer.recv(1)
        times.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    peer.sendall(bytes(size))
    peer.recv(1)
    seconds = time.perf_counter() - begin
    print(json.dumps([statistics.median(times) * 1e3, size * 8 / seconds / 1e9]))


def on_host_exchange(megabytes, repeats):
    """Prints the median seconds of a sum of each size."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # as gan-train does
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    medians = []
    for size in megabytes:
        values = torch.ones(int(size * 1e6 / 4))
        times = []
        for _ in range(repeats + 2):
            dist.barrier()
            begin = time.perf_counter()
            dist.all_reduce(values)
            times.append(time.perf_counter() - begin)
        medians.append(statistics.median(times[2:]))
    if dist.get_rank() == 0:
        print(json.dumps(medians))


# ---- Tables --------------------------------------------------------------------------------------


def myself(*words):
    python = (ROOT / ".deps/python").read_text().strip()
    return [python, __file__, *words]


def show_link(options):
    with Hosts(2, options.rate, options.rtt) as hosts:
        rtt, rate = json.loads(hosts.run(myself("on-host-link")))
    print(f"asked: {options.rate:g} Gbit/s, {options.rtt:g} ms; measured: {rate:.2f} Gbit/s, {rtt:.2f} ms")


def show_exchange(options):
    sizes = [0.02, 1, 4, 16]
    print("hosts  " + "".join(f"{size:>10g} MB" for size in sizes) + "   (ms)")
    for count in (2, 4, 8):
        with Hosts(count, options.rate, options.rtt) as hosts:
            words = ["on-host-exchange", "--repeats", str(options.repeats), "--megabytes", *map(str, sizes)]
            medians = json.loads(hosts.run(myself(*words)))
        print(f"{count:<7}" + "".join(f"{1e3 * seconds:>13.1f}" for seconds in medians))


def rate_of(run):
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in steps if line["kind"] == "step"][-1]["images_per_second"]


def show_train(options):
    print("recipe       batch   one host   two hosts   efficiency")
    for recipe, batch, steps in options.runs:
        words = ["--recipe", recipe, "--batch-size", str(batch), "--data", str(ROOT / "data/mnist"), "--steps",
                 str(steps), "--log-every", str(steps // 2), "--sample-every", "0", "--eval-every", "0",
                 "--checkpoint-every", "0", "--grid", "2x2", "--threads", "1", "--quiet"]
        program = str(ROOT / "build/release/gan-train")
        one, two = [], []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder, Hosts(2, options.rate, options.rtt) as hosts:
                folder = pathlib.Path(folder)
                subprocess.run([program, *words, "--out", str(folder / "one")], check=True, stdout=subprocess.DEVNULL)
                one.append(rate_of(folder / "one"))
                hosts.run([program, *words, "--out", str(folder / "two")])
                two.append(rate_of(folder / "two"))
        a, b = statistics.median(one), statistics.median(two)
        print(f"{recipe:<12} {batch:>5} {a:>10.0f} {b:>11.0f} {b / (2 * a):>12.2f}", flush=True)


HOP_MS = 0.12  # a hop beyond its round trip: of `exchange` at 10 Gbit/s, 0.02 MB, two hosts
TURNS = 2
# Version 0.1.0, on which docs/processes.md rests.
MEGABYTES = {"mlp": 11.8, "dcgan": 1.65, "dcgan-wide": 16.4}  # of G's and D's gradients
RATES = {"mlp": 4172, "dcgan": 1874, "dcgan-wide": 236}  # images/s of a host: two threads of processes.sh 3


def exchange_ms(hosts, megabytes, options):
    """Of all turns of a step."""
    latency = TURNS * 2 * (hosts - 1) * (options.rtt + HOP_MS)
    return latency + 2 * (hosts - 1) / hosts * megabytes * 8 / options.rate


def show_plan(options):
    print("                      a step, ms            efficiency                speed-up")
    print("recipe      hosts   compute  exchange   now  bf16  overlapped   batch 2,048")
    for recipe, megabytes in MEGABYTES.items():
        for hosts in (2, 8, 64, 512):
            compute = options.rows / RATES[recipe] * 1e3
            exchange = exchange_ms(hosts, megabytes, options)
            now = compute / (compute + exchange)
            bf16 = compute / (compute + exchange_ms(hosts, megabytes / 2, options))
            overlapped = compute / max(compute, exchange)
            whole = 2048 / RATES[recipe] * 1e3
            speed_up = whole / (whole / hosts + exchange)
            print(f"{recipe:<11} {hosts:>5} {compute:>9.0f} {exchange:>9.0f} {now:>5.2f} {bf16:>5.2f} "
                  f"{overlapped:>11.2f} {speed_up:>13.1f}")


def triple(text):
    recipe, batch, steps = text.split(":")
    return recipe, int(batch), int(steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["link", "exchange", "train", "plan", "on-host-link", "on-host-exchange"])
    parser.add_argument("--rate", type=float, default=1, help="Gbit/s of each host's link")
    parser.add_argument("--rtt", type=float, default=10, help="round trip, ms")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=64, help="images of a host in each batch")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--megabytes", type=float, nargs="*")
    parser.add_argument("--runs", type=triple, nargs="*", metavar="RECIPE:BATCH:STEPS",
                        default=[("mlp", 64, 100), ("dcgan", 64, 100), ("dcgan-wide", 64, 30), ("dcgan", 512, 30)])
    options = parser.parse_args()
    if options.what == "on-host-link":
        on_host_link()
    elif options.what == "on-host-exchange":
        on_host_exchange(options.megabytes, options.repeats)
    else:
        {"link": show_link, "exchange": show_exchange, "train": show_train, "plan": show_plan}[options.what](options)


if __name__ == "__main__":
    main()
