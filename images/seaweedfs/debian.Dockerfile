ARG BASE
FROM ${BASE} AS build

ARG SEAWEEDFS_VERSION
ARG SEAWEEDFS_HASH

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /
COPY certificates.pem /opt/

# Compiled in one step that leaves nothing but the program. Its module replaces another one, so it can only be built as the main module: it
# is held to the hash that this recipe was written for, and holds every module below it to one.
#
# `weed mini` listens on one address for all its parts, and only S3 asks for credentials. Here S3 alone is for everybody, as `weed server`
# has it by `-s3.ip.bind`; everything else stays on `-ip.bind`, S3's gRPC among it, which takes accounts from anybody.
RUN export DEBIAN_FRONTEND=noninteractive SSL_CERT_FILE=/opt/certificates.pem CGO_ENABLED=0 GOTOOLCHAIN=local \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y golang-go \
 && apt-mark auto golang-go \
 && mkdir -p /root-files/usr/bin \
 && go mod download -json github.com/seaweedfs/seaweedfs@${SEAWEEDFS_VERSION} | grep -F "\"Sum\": \"${SEAWEEDFS_HASH}\"" \
 && cp -r /root/go/pkg/mod/github.com/seaweedfs/seaweedfs@${SEAWEEDFS_VERSION} /opt/source \
 && chmod -R u+w /opt/source \
 && cd /opt/source/weed/command \
 && grep -c 'miniS3Options.bindIp = miniBindIp$' mini.go | grep -x 1 \
 && sed -i 's/miniS3Options.bindIp = miniBindIp$/everywhere := "0.0.0.0"\n\tminiS3Options.bindIp = \&everywhere/' mini.go \
 && grep -c 'util.NewIpAndLocalListeners(\*s3opt.bindIp, grpcPort, ' s3.go | grep -x 1 \
 && sed -i 's/util.NewIpAndLocalListeners(\*s3opt.bindIp, grpcPort, /util.NewIpAndLocalListeners(*s3opt.ip, grpcPort, /' s3.go \
 && cd /opt/source \
 && go build -trimpath -ldflags="-s -w" -o /root-files/usr/bin/weed ./weed \
 && cd / \
 && apt-get autoremove -y \
 && rm -rf /opt/* /root/go /root/.cache /root/.config /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

# Its parts speak to each other over sockets there. A mount over a folder that is made for it belongs to root from the second start on.
RUN mkdir -m 1777 /root-files/tmp

FROM scratch

COPY --from=build /root-files/ /

EXPOSE 8333
CMD ["/usr/bin/weed"]
