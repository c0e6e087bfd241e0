"""Servers of more than one process, or with TLS in front: started for a test, stopped by their process ids."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from examples.local_redis import HOST, server_program, start, stop
from tests.redis_fixture import free_port

SLOTS = 16_384
READY_SECONDS = 20.0
BUS_OFFSET = 10_000  # the cluster bus listens on the port plus this
CLUSTER_INFO = "return redis.call('CLUSTER', 'INFO')"  # as text, whatever the client's release makes of the command


def wait(done: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} doesn't happen within {seconds} s"
        time.sleep(0.02)


@contextmanager
def running(folder: Path, *extra: str, port: int | None = None) -> Iterator[int]:
    """The port of a server with further options."""
    chosen = port or free_port()
    try:
        start(chosen, folder, extra)
        yield chosen
    finally:
        stop(chosen, folder, keep_lists=False)


@contextmanager
def cluster(folder: Path, nodes: int = 3) -> Iterator[list[int]]:
    """The ports of a cluster's nodes, which share the slots evenly."""
    with ExitStack() as stack:
        ports: list[int] = []
        for number in range(nodes):
            port = free_port()
            while port + BUS_OFFSET > 65_535 or port in ports:
                port = free_port()
            options = ("--cluster-enabled", "yes", "--cluster-announce-ip", HOST, "--cluster-node-timeout", "2000")
            ports.append(stack.enter_context(running(folder / str(number), *options, port=port)))
        clients = [stack.enter_context(redis.Redis(host=HOST, port=port)) for port in ports]
        for number, client in enumerate(clients):
            first, last = number * SLOTS // nodes, (number + 1) * SLOTS // nodes
            client.execute_command("CLUSTER", "ADDSLOTS", *range(first, last))
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            clients[0].execute_command("CLUSTER", "MEET", HOST, ports[number])
        for client in clients:
            wait(lambda client=client: _sees_all(client, nodes), "a cluster")  # type: ignore[misc]
        yield ports


def _sees_all(client: redis.Redis, nodes: int) -> bool:
    info = client.eval(CLUSTER_INFO, 0).decode()
    parts = (
        "cluster_state:ok",
        f"cluster_known_nodes:{nodes}\r",
        f"cluster_slots_ok:{SLOTS}",
        f"cluster_size:{nodes}\r",
    )
    return all(part in info for part in parts)


@contextmanager
def sentinel(folder: Path, primary: int, service: str) -> Iterator[int]:
    """The port of one sentinel that watches the server at `primary` and alone decides that it is down."""
    port = free_port()
    folder.mkdir(parents=True)
    config = folder / "sentinel.conf"
    config.write_text(
        f"bind {HOST}\nport {port}\ndir {folder}\n"
        f"sentinel monitor {service} {HOST} {primary} 1\n"
        f"sentinel down-after-milliseconds {service} 500\n"
        f"sentinel failover-timeout {service} 3000\n"
    )
    log = (folder / "sentinel.log").open("w")
    process = subprocess.Popen([server_program(), str(config), "--sentinel"], stdout=log, stderr=log)
    try:
        client = redis.Redis(host=HOST, port=port)
        wait(lambda: _knows_a_replica(client), "a sentinel that knows the replica")
        yield port
        client.close()
    finally:
        process.terminate()
        process.wait(READY_SECONDS)
        log.close()


def _knows_a_replica(client: redis.Redis) -> bool:
    try:
        return client.info("sentinel")["master0"]["slaves"] == 1
    except redis.RedisError:
        return False


def certificate(folder: Path) -> tuple[Path, Path]:
    """The files of a new self-signed certificate for this machine, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "predawn test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    certificate_file.write_bytes(made.public_bytes(encoding))
    key_file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    return certificate_file, key_file


@contextmanager
def proxy(target: int, tls: tuple[Path, Path] | None = None, delay: float = 0.0) -> Iterator[int]:
    """The port of a proxy of the server at `target`, which speaks TLS if given files, and answers late if told to."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    listener = socket.create_server((HOST, 0))
    opened: list[socket.socket] = [listener]

    def pump(source: socket.socket, sink: socket.socket, late: float) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                time.sleep(late)
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while True:
            try:
                outside, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError):
                inside = socket.create_connection((HOST, target))
                opened.extend((outside, inside))
                outside = context.wrap_socket(outside, server_side=True) if context else outside
                opened.append(outside)
                threading.Thread(target=pump, args=(outside, inside, 0.0), daemon=True).start()
                threading.Thread(target=pump, args=(inside, outside, delay), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        for each in opened:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
