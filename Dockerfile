# Stages: build, test (runs the tests), tools, controller, worker; run and
# specs are what these are made of.
# scripts/build-image.sh builds them with docker, podman or buildah.
ARG BASE=docker.io/library/debian:bookworm-slim
ARG NODE=docker.io/library/node:22-bookworm-slim

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

FROM build AS test
RUN apt-get update && apt-get install -y --no-install-recommends \
	bats curl lighttpd perl procps redis-server && \
	apt-get clean && rm -rf /var/lib/apt/lists/* && \
	useradd --uid 10001 --user-group --create-home funkytown && \
	chown -R funkytown: /src
COPY --chown=funkytown:funkytown specs specs
COPY --chown=funkytown:funkytown test test
USER funkytown
RUN make check

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
LABEL org.opencontainers.image.title="funkytown" \
	org.opencontainers.image.description="Runs hundreds of functional specs on a Redis work queue" \
	org.opencontainers.image.base.name="debian:bookworm-slim"

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
CMD ["/usr/local/share/funkytown/scripts/container.sh"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}"

FROM ${NODE} AS specs
WORKDIR /specs
COPY specs/package.json specs/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY specs ./

FROM run AS worker
RUN apt-get update && apt-get install -y --no-install-recommends \
	chromium chromium-driver firefox-esr fonts-liberation && \
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
