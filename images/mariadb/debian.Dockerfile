ARG BASE
FROM ${BASE}

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The official image's fixed ids; made before any package can take them.
RUN groupadd --system --gid 999 mysql \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/mysql --no-create-home --shell /usr/sbin/nologin mysql

RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y tzdata mariadb-server-core mariadb-client-core mariadb-client \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old /var/lib/mysql \
 && install -d -o 999 -g 999 -m 1777 /var/lib/mysql /run/mysqld

COPY sh0.cnf /etc/mysql/mariadb.conf.d/05-sh0.cnf
COPY server.sh /usr/local/lib/sh0/
COPY docker-entrypoint.sh /usr/local/bin/

ENV LANG=C.UTF-8

VOLUME /var/lib/mysql
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 3306
CMD ["mariadbd"]
