# docker build -t detector . ; docker run --rm -v "$PWD:/work:ro" detector replay /work/logs -d cis/cloudwatch-2
FROM python:3.13-slim AS build
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends gcc libc6-dev libdeflate-dev pkg-config >/dev/null
COPY . /src
RUN python -m venv /opt/detector \
 && /opt/detector/bin/pip install --no-cache-dir --quiet --disable-pip-version-check '/src[iac,report,s3,sigma]'

FROM python:3.13-slim
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends libdeflate0 >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home detector
COPY --from=build /opt/detector /opt/detector
USER 10001
WORKDIR /work
ENTRYPOINT ["/opt/detector/bin/detector"]
CMD ["--help"]
