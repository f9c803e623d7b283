# One sync and out: `docker build --tag franpos-qbo .`, then
# `docker run --rm --env-file .env --volume franpos-qbo:/var/lib/franpos-qbo franpos-qbo`.
# Its health is its exit code (orchestrate/README.md): a job that ends has nothing for a HEALTHCHECK to ask.

FROM python:3.13.9-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /opt/franpos-qbo
COPY requirements requirements
RUN python3 -m venv /build && /build/bin/pip install --quiet --no-cache-dir --requirement requirements/tools.txt
RUN for part in plugins:.venv meltano:.venv-meltano; do \
        /build/bin/uv venv --quiet "${part#*:}" \
        && /build/bin/uv pip sync --quiet --python "${part#*:}/bin/python" --require-hashes "requirements/${part%:*}.txt" \
        || exit 1; \
    done
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY franpos_night franpos_night
COPY franpos_qbo franpos_qbo
COPY tap_franpos tap_franpos
COPY target_qbo target_qbo
# Both plugins in one environment, which Meltano finds where it would have installed each.
RUN /build/bin/uv pip install --quiet --python .venv/bin/python --no-deps --build-constraints requirements/build.txt . \
    && mkdir -p .meltano/extractors/tap-franpos .meltano/loaders/target-qbo \
    && ln -s ../../../.venv .meltano/extractors/tap-franpos/venv \
    && ln -s ../../../.venv .meltano/loaders/target-qbo/venv \
    && rm -rf schemas franpos_night franpos_qbo tap_franpos target_qbo pyproject.toml requirements

FROM python:3.13.9-slim-trixie
LABEL org.opencontainers.image.title="franpos-qbo" \
      org.opencontainers.image.description="A shop's tickets from Franpos into QuickBooks Online, once" \
      org.opencontainers.image.licenses="Apache-2.0"
# The image brings Python's own modules uncompiled, and nothing may be written beside them later.
RUN python3 -m compileall -q "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" > /dev/null; \
    groupadd --gid 10001 franpos-qbo \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/franpos-qbo --create-home --shell /usr/sbin/nologin franpos-qbo
WORKDIR /opt/franpos-qbo
COPY --from=build /opt/franpos-qbo .
COPY meltano.yml ./
COPY orchestrate/__init__.py orchestrate/nightly.py orchestrate/
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/franpos-qbo/.venv/bin:/opt/franpos-qbo/.venv-meltano/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MELTANO_DATABASE_URI=sqlite:////var/lib/franpos-qbo/meltano.db \
    TARGET_QBO_LEDGER_URL=sqlite:////var/lib/franpos-qbo/ledger.db
USER 10001:10001
VOLUME /var/lib/franpos-qbo
STOPSIGNAL SIGTERM
ENTRYPOINT ["python3", "-m", "orchestrate.nightly"]
