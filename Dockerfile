# The gateway as a small image that runs without root:
#   docker build -t localtop . && docker run -p 7070:7070 -v localtop:/app/data localtop
# Flags of `localtop start` may follow. `npm run test:docker` runs these steps without Docker.
FROM node:24-alpine AS build
WORKDIR /src
COPY . .
RUN npm ci
RUN npm pack && tar xzf localtop-*.tgz

FROM node:24-alpine
WORKDIR /app
# The command carries its dependencies with it: nothing is installed here.
COPY --from=build /src/package ./
RUN mkdir data && chown 1000:1000 data
USER 1000:1000
VOLUME /app/data
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:7070/_localtop/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js", "start", "--host", "0.0.0.0", "--port", "7070", "--data", "data"]
