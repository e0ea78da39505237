"""Real tus clients against the real server, with everything broken off that can be.

Usage: clients.py ZHIFA NODE_FOLDER WORK {disk|bucket}

tus-js-client and tuspy upload random files side by side through a proxy that cuts connections at random bytes; they break off by themselves;
the server is killed (SIGKILL) and started again in between. `bucket` runs two servers on one PostgreSQL (ZHIFA_TEST_POSTGRES) and one bucket
of an S3 server (moto, a process of its own), kills one of them at a time, and every connection reaches either. In the end every file must be
there under its digest, with one row, no piece may be left, and at no time may there have been anything else under a digest.

ZHIFA_CLIENT_FILES says how many files, ZHIFA_CLIENT_SEED repeats a run as far as its random bytes go.
"""

import atexit
import hashlib
import json
import os
import queue
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from tusclient import client as tus
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

ZHIFA, NODE, WORK, STORE = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
SEED = int(os.environ.get("ZHIFA_CLIENT_SEED") or random.randrange(2**31))
COUNT = int(os.environ.get("ZHIFA_CLIENT_FILES") or (200 if STORE == "disk" else 40))
LONGEST = 240  # seconds
PASSWORD = "correct horse battery"
BUCKET = "evidence"


def log(text):
    print(text, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server process that is started again on the same port with the same data."""

    def __init__(self, name, options, env):
        self.port, self.env, self.options = free_port(), env, options
        self.log = open(WORK / f"{name}.log", "ab")
        self.process = None
        atexit.register(self.end)

    def end(self):
        """Leaves no process behind, however the run ends."""
        if self.process and self.process.poll() is None:
            self.process.kill()

    def start(self):
        command = [ZHIFA, "serve", "--listen", f"127.0.0.1:{self.port}", "--workers", "2", *self.options]
        self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                return
        raise SystemExit(f"the server ended before it listened: see {self.log.name}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()


class Proxy:
    """Passes connections on to one of the servers, and cuts half of them after a random number of bytes, either way."""

    def __init__(self, ports, rng):
        self.ports, self.rng, self.cut, self.ended = ports, rng, 0, False
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            caller, _ = self.socket.accept()
            with self.lock:
                to = self.rng.choice(self.ports)
                budget = self.rng.randrange(6_000_000) if not self.ended and self.rng.random() < 0.5 else None
            threading.Thread(target=self.serve, args=(caller, to, budget), daemon=True).start()

    def serve(self, caller, to, budget):
        try:
            server = socket.create_connection(("127.0.0.1", to), 5)
        except OSError:
            caller.close()
            return
        server.settimeout(None)
        left = [budget]

        def pass_on(source, sink):
            try:
                while part := source.recv(65_536):
                    with self.lock:
                        if left[0] is not None:
                            part, left[0] = part[: left[0]], left[0] - len(part)
                        over = left[0] is not None and left[0] <= 0
                    sink.sendall(part)
                    if over:
                        self.cut += 1
                        break
            except OSError:
                pass
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        back = threading.Thread(target=pass_on, args=(server, caller), daemon=True)
        back.start()
        pass_on(caller, server)
        back.join()
        caller.close()
        server.close()


def call(port, method, path, body=None, token=None):
    headers = {"Content-Type": "application/json", "Tus-Resumable": "1.0.0"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers=headers, data=json.dumps(body).encode() if body else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def python_client(endpoint, jobs, done, seed):
    """Uploads by tuspy, in chunks of random size, and with a new client whenever one gave up."""
    rng = random.Random(seed)
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return
        client = tus.TusClient(endpoint, headers={"Authorization": f"Bearer {job['token']}"})
        metadata = {"sha256": job["sha256"], "filename": job["name"]}
        url, outcome = None, "failed: it took too long"
        chunk = rng.randrange(262_144, 4_194_304) if rng.random() < 0.7 else 2**31
        checked = rng.random() < 0.5
        stop = rng.randrange(1, job["size"]) if rng.random() < 0.5 else None
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            try:
                up = Uploader(job["path"], client=client, url=url, chunk_size=chunk, metadata=metadata, retries=2, retry_delay=0.2, upload_checksum=checked)
                if not url:
                    up.set_url(up.create_url())
                    up.offset, url = 0, up.url
                up.upload(stop_at=stop)
                # Broken off by the client itself: another goes on with nothing but the address.
                if stop and up.offset < job["size"]:
                    stop = None
                    continue
                outcome = "whole"
                break
            except (TusUploadFailed, TusCommunicationError) as error:
                if getattr(error, "status_code", None) in (404, 410):
                    url = None
                time.sleep(0.2)
        done.put((job["sha256"], outcome))


def js_clients(endpoint, jobs, done, seed):
    """Uploads by tus-js-client in a process of its own."""
    script = Path(__file__).with_name("upload.mjs")
    node = subprocess.Popen(["node", str(script), NODE, endpoint, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read():
        for line in node.stdout:
            told = json.loads(line)
            done.put((told["sha256"], told["outcome"]))

    threading.Thread(target=read, daemon=True).start()
    atexit.register(node.kill)
    node.stdin.write("".join(json.dumps(job) + "\n" for job in jobs))
    node.stdin.close()
    return node


class DiskStore:
    """What lies in the folder of files."""

    def __init__(self, data):
        self.root, self.database = data / "files", data / "zhifa.db"

    def whole(self):
        return {path.name: path for path in (self.root / "whole").glob("*/*")}

    def sizes(self):
        return {name: path.stat().st_size for name, path in self.whole().items()}

    def digest(self, name):
        with open(self.whole()[name], "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def parts(self):
        return [path.name for path in (self.root / "parts").iterdir()]

    def rows(self, sql):
        with sqlite3.connect(self.database) as db:
            return db.execute(sql).fetchall()


class BucketStore:
    """What lies in the bucket, read by another client than the server's."""

    def __init__(self, endpoint, database):
        import boto3

        keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "tester-secret"}
        self.s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        self.s3.create_bucket(Bucket=BUCKET)
        self.database = database

    def objects(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"zhifa/{prefix}/")
        return {o["Key"].split("/", 2)[2]: o["Size"] for page in pages for o in page.get("Contents", [])}

    def sizes(self):
        return self.objects("files")

    def digest(self, name):
        return hashlib.sha256(self.s3.get_object(Bucket=BUCKET, Key=f"zhifa/files/{name}")["Body"].read()).hexdigest()

    def parts(self):
        open_uploads = self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        log(f"{len(open_uploads)} multipart uploads were left by killed servers")
        return list(self.objects("parts"))

    def rows(self, sql):
        out = subprocess.run(["psql", "-AtX", "-F", "|", self.database, "-c", sql], check=True, capture_output=True, text=True).stdout
        return [tuple(int(cell) if cell.isdigit() else cell for cell in line.split("|")) for line in out.splitlines()]


def expect(what, found, wanted):
    if found != wanted:
        raise SystemExit(f"{what}: {found!r} instead of {wanted!r} (seed {SEED})")


def main():
    rng = random.Random(SEED)
    log(f"seed {SEED}, {COUNT} files, {STORE}")
    env = {**os.environ, "ZHIFA_PASSWORD": PASSWORD, "RUST_LOG": "warn"}
    data = WORK / "data"
    extra, moto, store, datas = [], None, None, [data]
    if STORE == "bucket":
        port = free_port()
        moto = subprocess.Popen([str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(moto.kill)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        admin, own = os.environ["ZHIFA_TEST_POSTGRES"], f"zhifa_clients_{SEED}_{os.getpid()}"
        subprocess.run(["psql", "-qX", admin, "-c", f"CREATE DATABASE {own}"], check=True)
        database = admin.rsplit("/", 1)[0] + "/" + own
        endpoint = f"http://127.0.0.1:{port}"
        env |= {"AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "tester-secret"}
        extra = ["--database", database, "--files", f"s3://{BUCKET}/zhifa"]
        store = BucketStore(endpoint, database)
        datas = [data, WORK / "data2"]
    officers = [f"field-{n}" for n in range(4)]
    for who in officers:
        subprocess.run([ZHIFA, "admin", "--data", str(data), *extra, "create-officer", who, "--name", who, "--unit", "squad"], env=env, check=True, stdout=subprocess.DEVNULL)
    if len(datas) > 1:
        # The same keys, and nothing else in common on disk.
        subprocess.run(["cp", "-a", str(data), str(datas[1])], check=True)
    servers = [Server(f"server{n}", ["--data", str(folder), *extra], env) for n, folder in enumerate(datas)]
    for server in servers:
        server.start()
    store = store or DiskStore(data)
    tokens = []
    for who in officers:
        status, body = call(servers[0].port, "POST", "/auth/login", {"officer": who, "password": PASSWORD})
        expect("log-in", status, 200)
        tokens.append(json.loads(body)["access_token"])

    (WORK / "source").mkdir()
    jobs = []
    for n in range(COUNT):
        size = rng.randrange(1_000_000, 8_000_000)
        content = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + rng.randbytes(size - 11)
        path = WORK / "source" / f"{n}.jpg"
        path.write_bytes(content)
        jobs.append({"path": str(path), "name": f"现场 {n}.jpg", "size": size, "sha256": hashlib.sha256(content).hexdigest(), "token": tokens[n % 4]})
    wanted = {job["sha256"]: job["size"] for job in jobs}
    expect("different files", len(wanted), COUNT)

    proxy = Proxy([server.port for server in servers], random.Random(rng.randrange(2**31)))
    endpoint, done = f"http://127.0.0.1:{proxy.port}/files", queue.Queue()
    began = time.monotonic()
    half = COUNT // 2
    node = js_clients(endpoint, jobs[:half], done, rng.randrange(2**31))
    mine = queue.Queue()
    for job in jobs[half:]:
        mine.put(job)
    for _ in range(4):
        threading.Thread(target=python_client, args=(endpoint, mine, done, rng.randrange(2**31)), daemon=True).start()

    kills, outcomes, next_kill = 0, {}, began + 1
    while len(outcomes) < COUNT:
        if time.monotonic() - began > LONGEST:
            raise SystemExit(f"{COUNT - len(outcomes)} files were not whole after {LONGEST} s (seed {SEED})")
        try:
            sha256, outcome = done.get(timeout=0.1)
            expect(f"upload of {sha256}", outcome, "whole")
            outcomes[sha256] = outcome
        except queue.Empty:
            pass
        if node.poll() not in (None, 0):
            raise SystemExit(f"tus-js-client ended with {node.returncode}")
        if time.monotonic() >= next_kill:
            server = rng.choice(servers)
            server.kill()
            kills += 1
            for name, size in store.sizes().items():
                expect(f"bytes under the digest {name} after kill {kills}", size, wanted.get(name))
            whole = {row[0].lower() for row in store.rows("SELECT " + ("hex(sha256)" if STORE == "disk" else "encode(sha256, 'hex')") + " FROM file")}
            missing = whole - set(store.sizes())
            expect("files that are said to be there and are not", missing, set())
            # What was acknowledged to a client is there though the power went.
            expect("acknowledged files without a row", set(outcomes) - whole, set())
            server.start()
            next_kill = time.monotonic() + rng.uniform(0.5, 2.5)
    took = time.monotonic() - began
    proxy.ended = True
    if kills < 3:
        raise SystemExit(f"the server was killed only {kills} times (seed {SEED})")

    # Nothing is to be had by a digest, whole or not, nor another's upload by its id.
    upload = store.rows("SELECT id, owner FROM upload LIMIT 1")[0]
    stranger = tokens[(officers.index(upload[1]) + 1) % 4]
    for path in (f"/files/{jobs[0]['sha256']}", f"/files/{upload[0]}"):
        expect(f"HEAD {path} by a stranger", call(servers[0].port, "HEAD", path, token=stranger)[0], 404)

    if moto:
        # What a killed server was still sending to the store goes at the first look of the next.
        servers[0].kill()
        servers[0].start()
        until = time.monotonic() + 30
        while store.objects("parts") and time.monotonic() < until:
            time.sleep(0.5)
    for server in servers:
        server.stop()
    expect("files by size", store.sizes(), wanted)
    for name in wanted:
        expect("digest", store.digest(name), name)
    expect("pieces left", store.parts(), [])
    expect("rows", store.rows("SELECT count(*), coalesce(sum(size), 0) FROM file"), [(COUNT, sum(wanted.values()))])
    expect("holders", store.rows("SELECT count(*) FROM file_holder"), [(COUNT,)])
    expect("types", store.rows("SELECT DISTINCT mime FROM file"), [("image/jpeg",)])
    expect("uploads that are not whole", store.rows("SELECT count(*) FROM upload WHERE at <> size"), [(0,)])
    if moto:
        subprocess.run(["psql", "-qX", admin, "-c", f"DROP DATABASE {own} WITH (FORCE)"], check=True)
        moto.terminate()
    log(f"{COUNT} files, {sum(wanted.values()) / 1e6:.0f} MB, whole in {took:.0f} s; {kills} kills, {proxy.cut} connections cut")


if __name__ == "__main__":
    main()
