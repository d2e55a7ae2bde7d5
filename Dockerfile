# One bundled file on a bare Node image: no package manager, no dependency folder, no shell script of ours.
# Build:  docker build -t hco-migration-guard .
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node; the optional package only carries one for development.
RUN npm ci --omit=optional --ignore-scripts
COPY build.ts ./
COPY src src
COPY certs certs
RUN node build.ts dist

FROM docker.io/library/node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="hco-migration-guard" \
      org.opencontainers.image.description="Admission webhook for the live-migration settings of KubeVirt HyperConverged resources" \
      org.opencontainers.image.licenses="Apache-2.0"
# npm and yarn are not needed to run one file, and what is not there cannot be exploited.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
    && mkdir -p /app /var/lib/migration-guard /etc/migration-guard \
    && chown 65532:65532 /var/lib/migration-guard
COPY --from=build --chmod=0555 /src/dist/migration-guard.js /app/migration-guard.js
COPY --chmod=0444 LICENSE /app/LICENSE
WORKDIR /var/lib/migration-guard
# Any number works: OpenShift gives each namespace its own. The root file system may be read-only;
# only /var/lib/migration-guard (the audit log) is written to.
USER 65532:65532
ENV NODE_ENV=production
EXPOSE 8443 8081
VOLUME ["/var/lib/migration-guard"]
# V8 lets its young generation grow to 130 MB while the VMs of a large cluster are read. With 8 MB a review costs no more.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/migration-guard.js"]
CMD ["serve", "--host", "0.0.0.0", "--tls-dir", "/etc/migration-guard/tls", "--audit-file", "/var/lib/migration-guard/audit.jsonl"]
