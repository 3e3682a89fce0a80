# docker build -t signs .
# docker run --rm -v "$PWD/runs:/project/runs" signs                    make reproduce
# docker run --rm --gpus all signs make reproduce GPU=1
# docker run --rm signs make test
# docker run --rm -it -v "$PWD/assignments:/project/assignments" signs .venv/bin/signs watch lenet
FROM python:3.12-slim

# git lists the project's files for tests; bubblewrap puts walls around submissions where the
# container may use them (docker run --privileged).
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /project
COPY . .
RUN make

CMD ["make", "reproduce"]
