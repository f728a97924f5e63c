ARG BASE
FROM ${BASE} AS build

ARG MINIO_VERSION
ARG MINIO_HASH

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /
COPY certificates.pem /opt/

# Compiled in one step that leaves nothing but the program. Go checks every module against its public list of hashes; the lines after the
# build hold MinIO's own to the one that this recipe was written for.
RUN export DEBIAN_FRONTEND=noninteractive SSL_CERT_FILE=/opt/certificates.pem \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y golang-go \
 && apt-mark auto golang-go \
 && mkdir -p /root-files/usr/bin \
 && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-trimpath GOBIN=/root-files/usr/bin \
      go install -ldflags="-s -w" github.com/minio/minio@${MINIO_VERSION} \
 && go version -m /root-files/usr/bin/minio | grep -F "mod	github.com/minio/minio	${MINIO_VERSION}	${MINIO_HASH}" \
 && apt-get autoremove -y \
 && rm -rf /opt/* /root/go /root/.cache /root/.config /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

FROM scratch

COPY --from=build /root-files/ /

# Where it looks for certificates of its own; there is no user database to read it from.
ENV HOME=/tmp

EXPOSE 9000
CMD ["/usr/bin/minio"]
