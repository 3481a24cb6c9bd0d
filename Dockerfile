# springtide as an image: built in one stage, its production dependencies gathered in another, neither a compiler nor npm's cache in the last.
# By digest: docker build --build-arg NODE=node:24-bookworm-slim@sha256:… .
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Fails where package-lock.json does not say exactly what is installed.
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY src ./src
RUN npx tsc -p tsconfig.build.json && npx vite build --logLevel error

FROM ${NODE} AS gather
# When the sources were changed last: files carry no other time, so that the same sources make the same image.
ARG SOURCE_DATE_EPOCH=0
WORKDIR /app
COPY package.json package-lock.json LICENSE ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
COPY scripts/sbom.mjs /gather/sbom.mjs
RUN node /gather/sbom.mjs > sbom.spdx.json
COPY config ./config
COPY --from=build /build/dist ./dist
RUN find dist -name '*.d.ts' -delete \
  && find . -name '.package-lock.json' -delete \
  && rm -f dist/.tsbuildinfo dist/.daemon-built dist/.page-built package-lock.json \
  && mkdir bin && ln -s ../dist/cli/main.js bin/springtide && chmod 0755 dist/cli/main.js \
  && mkdir -p /empty/springtide \
  && chmod -R go-w,a+rX /app \
  && find /app /empty -exec touch -h -d "@${SOURCE_DATE_EPOCH}" '{}' +

FROM ${NODE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="springtide" \
  org.opencontainers.image.description="Two-tier autoscaling for Kubernetes on OpenStack Magnum: pods first, then VMs, and the people on duty are told" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY --from=gather /app /app
# Where state.directory may point to without a volume; in a cluster a volume is mounted here.
COPY --from=gather --chown=65532:65532 /empty/springtide /var/lib/springtide
WORKDIR /var/lib/springtide
USER 65532:65532
EXPOSE 8080 9090 9093
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s CMD ["node", "-e", "fetch('http://127.0.0.1:9090/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run", "--config", "/etc/springtide"]
