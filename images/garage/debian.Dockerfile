ARG BASE
FROM ${BASE} AS build

ARG GARAGE_VERSION
ARG GARAGE_SHA256

# apt's and dpkg's settings, where the base image is not our own.
COPY base-files/ /
COPY certificates.pem /opt/

# Garage is compiled here with Debian's Rust, in one step that leaves nothing but the program and the libraries it is linked to. Its lock
# file holds every crate below it to a hash; the line after the build holds its own to the one that this recipe was written for.
RUN export DEBIAN_FRONTEND=noninteractive CARGO_HOME=/opt/cargo CARGO_HTTP_CAINFO=/opt/certificates.pem \
      CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_STRIP=symbols \
 && apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y cargo g++ make pkgconf \
 && apt-mark auto cargo g++ make pkgconf \
 && cargo install garage --version "=${GARAGE_VERSION}" --locked --root /opt/garage --target-dir /opt/target \
 && echo "${GARAGE_SHA256}  $(echo /opt/cargo/registry/cache/*/garage-${GARAGE_VERSION}.crate)" | sha256sum --check \
 && mkdir /root-files \
 && cp /opt/garage/bin/garage /root-files/garage \
 && for library in $(ldd /root-files/garage | grep -o '/[^ ]*'); do cp --dereference --parents "$library" /root-files || exit 1; done \
 && apt-get autoremove -y \
 && rm -rf /opt/* /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

FROM scratch

COPY --from=build /root-files/ /

# glibc would keep what each hash of a token took (19 MiB) for itself.
ENV RUST_BACKTRACE=1 \
    RUST_LOG=garage=info \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072

CMD ["/garage", "server"]
