# Stages: build, test (runs the tests), tools, controller, worker; run and
# specs are what these are made of.
# scripts/build-image.sh builds them with docker, podman or buildah.
ARG BASE=docker.io/library/debian:bookworm-slim
ARG NODE=docker.io/library/node:22-bookworm-slim
# What the sample specs are run with; your own may want less.
ARG BROWSERS="chromium chromium-driver firefox-esr webkit2gtk-driver xvfb xauth"

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
	gcc libc6-dev make pkg-config jq libhiredis-dev libcjson-dev && \
	apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY lib lib
COPY src src
COPY scripts scripts
COPY k8s k8s
RUN make && make install PREFIX=/usr/local DESTDIR=/out
# What a stage copies from here changes with it: else buildah's cache, which
# does not look at what is in a LABEL's ARG, would keep the first revision.
ARG REVISION=unknown
RUN echo "$REVISION" >/out/usr/local/share/funkytown/revision

FROM ${NODE} AS specs
WORKDIR /specs
COPY specs/package.json specs/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY specs ./

# All but the tests in browsers: what is fetched is fetched as root, before.
FROM build AS test
RUN apt-get update && apt-get install -y --no-install-recommends \
	bats curl libxml2-utils lighttpd perl procps python3 redis-server time \
	unzip && \
	apt-get clean && rm -rf /var/lib/apt/lists/* && \
	useradd --uid 10001 --user-group --create-home funkytown
COPY --from=specs /usr/local/bin/node /usr/local/bin/node
COPY --from=specs /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
COPY --from=specs /specs specs
COPY test test
RUN for folder in formats k8s; do \
		(cd test/$folder && ../../scripts/npm-ci.sh) || exit; \
	done && test/k8s/kubectl.sh && \
	chown -R funkytown: /src
USER funkytown
RUN FT_NO_BROWSER=1 make check

# What all images share, and what changes least: later stages put the programs
# on top of their packages, so that a new build fetches no browser again.
FROM ${BASE} AS run
RUN apt-get update && apt-get install -y --no-install-recommends \
	jq libcjson1 libhiredis0.14 tini && \
	apt-get clean && rm -rf /var/lib/apt/lists/* && \
	groupadd --gid 10001 funkytown && \
	useradd --uid 10001 --gid 10001 --home-dir /home/funkytown \
		--create-home --shell /usr/sbin/nologin funkytown && \
	install -d -o 10001 -g 10001 /var/lib/funkytown /var/lib/redis /artifacts
ENV HOME=/home/funkytown
WORKDIR /home/funkytown
ENTRYPOINT ["/usr/bin/tini", "--"]
STOPSIGNAL SIGTERM
ARG BASE
LABEL org.opencontainers.image.title="funkytown" \
	org.opencontainers.image.description="Runs hundreds of functional specs on a Redis work queue" \
	org.opencontainers.image.base.name="${BASE}"

FROM run AS tools
COPY --from=build /out/usr/local /usr/local
USER 10001:10001
CMD ["ft-stats", "-h"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}"

FROM run AS controller
RUN apt-get update && apt-get install -y --no-install-recommends \
	lighttpd redis-server && \
	apt-get clean && rm -rf /var/lib/apt/lists/* /etc/redis/redis.conf && \
	chown -R 10001:10001 /var/lib/redis
COPY k8s/base/redis.conf k8s/base/map.json /etc/funkytown/
# For maps that name specs by a pattern.
COPY specs /specs
COPY --from=build /out/usr/local /usr/local
USER 10001:10001
ENV FT_STATE=/var/lib/funkytown \
	GROUP_TASKS_FILE=/etc/funkytown/map.json \
	SPEC_ROOT=/specs
EXPOSE 3000 6379
VOLUME /var/lib/funkytown
# For docker; Kubernetes has its own probes. The web server is the last to start.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
	CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${FT_PORT:-3000} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -qx ok <&3"]
CMD ["/usr/local/share/funkytown/scripts/container.sh"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}"

FROM run AS worker
ARG BROWSERS
RUN apt-get update && apt-get install -y --no-install-recommends \
	${BROWSERS} fonts-liberation && \
	apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=specs /usr/local/bin/node /usr/local/bin/node
COPY --from=specs /specs /specs
COPY --from=build /out/usr/local /usr/local
USER 10001:10001
ENV SPEC_ROOT=/specs \
	FT_ARTIFACTS=/artifacts \
	REDIS_HOST=controller
CMD ["/usr/local/share/funkytown/scripts/worker.sh"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}"
