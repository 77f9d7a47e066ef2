# Builds the programs from this checkout, and keeps them with what they load. Not tried: there was no Docker where the
# rest was tested.
#
#   docker build -t gan . && docker run --rm -v "$PWD:/work" gan gan-train --data data/mnist-tiny --steps 100
FROM debian:12 AS build
WORKDIR /gan
COPY . .
RUN apt-get update && GAN_TORCH=cpu ./scripts/setup.sh && PATH=$PWD/.deps/venv/bin:$PATH \
    && ./scripts/configure.sh && cmake --build --preset release --target gan-train gan-sample gan-eval gan-export \
    && cmake --install build/release --prefix /out --component programs \
    && cmake --install build/release --prefix /out --component libraries

FROM debian:12-slim
COPY --from=build /out /usr
WORKDIR /work
CMD ["gan-train", "--help"]
