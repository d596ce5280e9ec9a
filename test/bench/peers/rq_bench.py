# rq_bench.py add|work - rq: lines from stdin, or a worker that does not fork
# until there is no job left
import json
import os
import sys

from redis import Redis
from rq import Queue, SimpleWorker

connection = Redis(unix_socket_path=os.environ["REDIS_HOST"])
queue = Queue("bench", connection=connection)
if sys.argv[1] == "add":
    jobs = [Queue.prepare_data("builtins.len", (line,), job_id=json.loads(line)["id"].replace("/", "_"))
            for line in sys.stdin]
    for i in range(0, len(jobs), 1000):
        queue.enqueue_many(jobs[i:i + 1000])
else:
    SimpleWorker([queue], connection=connection).work(burst=True, logging_level="WARNING")
