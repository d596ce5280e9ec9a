# beanstalk.py add|work COUNT - beanstalkd over one plain socket: put lines from
# stdin in batches, or reserve and delete COUNT jobs
import os
import socket
import sys

s = socket.socket(socket.AF_UNIX)
s.connect(os.environ["BEANSTALK"])
f = s.makefile("rb")
if sys.argv[1] == "add":
    lines = [line.rstrip("\n").encode() for line in sys.stdin]
    for i in range(0, len(lines), 200):
        batch = lines[i:i + 200]
        s.sendall(b"".join(b"put 0 0 60 %d\r\n%s\r\n" % (len(x), x) for x in batch))
        for _ in batch:
            assert f.readline().startswith(b"INSERTED")
else:
    for _ in range(int(sys.argv[2])):
        s.sendall(b"reserve\r\n")
        _, job, size = f.readline().split()
        f.read(int(size) + 2)
        s.sendall(b"delete %s\r\n" % job)
        assert f.readline() == b"DELETED\r\n"
