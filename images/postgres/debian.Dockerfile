ARG BASE
FROM ${BASE}

ARG PG_MAJOR
ARG PG_VOLUME
ARG PG_DATA

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The official image's fixed ids; made before any package can take them.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql

# Clusters made by the official image have the collation en_US.utf8, so that locale must exist here too.
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y locales tzdata postgresql-common \
 && localedef -i en_US -c -f UTF-8 en_US.UTF-8 \
 && sed -ri 's/^#?(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf \
 && apt-get install -y postgresql-${PG_MAJOR} postgresql-client-${PG_MAJOR} \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old \
      /usr/share/i18n /usr/lib/postgresql/${PG_MAJOR}/lib/bitcode

RUN sed -ri "s/^#?(listen_addresses)\s*=\s*\S+.*/\1 = '*'/" /usr/share/postgresql/${PG_MAJOR}/postgresql.conf.sample \
 && grep -q "^listen_addresses = '\*'" /usr/share/postgresql/${PG_MAJOR}/postgresql.conf.sample \
 && install -d -o 999 -g 999 -m 3777 /var/run/postgresql \
 && install -d -o 999 -g 999 -m 1777 ${PG_VOLUME}

COPY docker-entrypoint.sh /usr/local/bin/

ENV LANG=en_US.utf8 \
    PG_MAJOR=${PG_MAJOR} \
    PGDATA=${PG_DATA} \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/${PG_MAJOR}/bin

VOLUME ${PG_VOLUME}
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
