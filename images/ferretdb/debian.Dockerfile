ARG BASE
FROM ${BASE}

ARG FERRETDB_VERSION
ARG FERRETDB_HASH
ARG PG_MAJOR

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /

# The ids of the official MongoDB image; made before any package can take them.
RUN groupadd --system --gid 999 mongodb \
 && useradd --system --uid 999 --gid 999 --home-dir /data/db --no-create-home --shell /usr/sbin/nologin mongodb \
 && install -d -o 999 -g 999 /data/db /data/configdb

# FerretDB is compiled here and Go removed again. Go checks every module against its public list of hashes; the last lines hold
# FerretDB's own to the one that this recipe was written for.
COPY certificates.pem /opt/
RUN export DEBIAN_FRONTEND=noninteractive SSL_CERT_FILE=/opt/certificates.pem \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y golang-go \
 && apt-mark auto golang-go \
 && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-trimpath GOBIN=/usr/local/bin \
      go install -ldflags='-s -w' github.com/FerretDB/FerretDB/v2/cmd/ferretdb@${FERRETDB_VERSION} \
 && go version -m /usr/local/bin/ferretdb \
 && go version -m /usr/local/bin/ferretdb | grep -F "mod	github.com/FerretDB/FerretDB/v2	${FERRETDB_VERSION}	${FERRETDB_HASH}" \
 && apt-get autoremove -y \
 && rm -rf /root/go /root/.cache /root/.config /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

# The extensions' geographic data is of no use to documents.
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install -y tzdata postgresql-common \
 && sed -ri 's/^#?(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf \
 && apt-get install -y postgresql-${PG_MAJOR} postgresql-${PG_MAJOR}-documentdb postgresql-${PG_MAJOR}-cron \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old \
      /usr/lib/postgresql/${PG_MAJOR}/lib/bitcode /usr/share/proj /usr/share/gdal

COPY docker-entrypoint.sh /usr/local/bin/

ENV LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/${PG_MAJOR}/bin

VOLUME /data/db /data/configdb
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 27017
CMD ["ferretdb"]
