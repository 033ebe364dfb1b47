# The repository in, an image of the dashboard out, for infra/dashboard.yaml. From the repository's top folder:
#   docker buildx build --platform linux/arm64 -f infra/dashboard.Dockerfile -t REPOSITORY:TAG --push .
# Not built in our CI, which has no container runtime; tests/infra/test_image.py checks that what it copies is whole.

FROM python:3.13-slim AS packages
COPY requirements/dashboard.lock /tmp/dashboard.lock
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/dashboard.lock \
 && /opt/venv/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin cube
COPY --from=packages /opt/venv /opt/venv
COPY core /app/core
COPY dashboard /app/dashboard
COPY sql /app/sql
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8050
# Behind the load balancer only: the security group lets nobody else in.
CMD ["python", "-m", "dashboard", "--host", "0.0.0.0", "--port", "8050"]
