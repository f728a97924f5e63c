ARG BASE
FROM ${BASE}

# redis or valkey: the name of Debian's packages, of the program and of its user.
ARG KIND

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The official image's fixed ids; made before any package can take them.
RUN groupadd --system --gid 999 ${KIND} \
 && useradd --system --uid 999 --gid 999 --home-dir /data --no-create-home --shell /usr/sbin/nologin ${KIND} \
 && install -d -o 999 -g 999 /data

RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y tzdata ${KIND}-server ${KIND}-tools \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old /etc/${KIND} /var/lib/${KIND}

# Valkey's programs answer to the names of Redis's as well, as in the official image.
RUN for name in server cli benchmark check-aof check-rdb; do \
      test -e /usr/bin/redis-$name || ln -s ${KIND}-$name /usr/bin/redis-$name; \
    done

COPY docker-entrypoint.sh /usr/local/bin/

ENV SERVER=${KIND}-server \
    SERVER_USER=${KIND}

VOLUME /data
WORKDIR /data
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 6379
CMD ["redis-server"]
