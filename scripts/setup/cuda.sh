# shellcheck shell=bash disable=SC2154 # setup.sh sources this file and sets the variables
# The GPU, and what compiling against CUDA needs.

has_gpu() { [[ -e /dev/nvidia0 ]] || { has nvidia-smi && timeout 20 nvidia-smi -L >/dev/null 2>&1; }; }

find_toolkit() {
  local nvcc
  for nvcc in "${CUDACXX:-}" "$(command -v nvcc)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" /usr/local/cuda/bin/nvcc; do
    if [[ -n $nvcc && -s $nvcc && -x $nvcc ]]; then
      say "$nvcc"
      return
    fi
  done
  return 1
}

# No .cu file is compiled, so the wheel's CUDA runtime and headers suffice (cmake/wheel_cuda.cmake), together with two
# packages of headers that torch does not require. Any other LibTorch with CUDA needs a CUDA toolkit.
cuda_headers=$deps/cuda-headers

has_cuda_headers() { # SITE_PACKAGES
  local header folder found
  for header in cuda_runtime.h cublas_v2.h crt/host_config.h nv/target; do
    found=
    for folder in "$1"/nvidia/*/include "$cuda_headers"/nvidia/*/include "${CUDA_HOME:-/usr/local/cuda}/include"; do
      if [[ -f $folder/$header ]]; then found=yes; fi
    done
    if [[ -z $found ]]; then return 1; fi
  done
}

cuda_header_packages() { # CUDA_VERSION
  local release
  release=$(cut -d. -f1,2 <<<"$1")
  case $release in
    12.*) say "nvidia-cuda-nvcc-cu12==$release.* nvidia-cuda-cccl-cu12==$release.*" ;;
    *) say "nvidia-cuda-crt==$release.* nvidia-cuda-cccl==$release.*" ;;
  esac
}

# Whether the LibTorch in torch_prefix, with CUDA torch_cuda, can be compiled against. Fetches missing headers.
has_cuda_to_build_with() {
  local site=${torch_prefix%/} packages # a prefix is the wheel's torch/share/cmake, or its torch
  site=${site%/share/cmake} site=${site%/torch}
  if [[ -d $site/nvidia ]]; then
    if has_cuda_headers "$site"; then return; fi
    read -ra packages <<<"$(cuda_header_packages "$torch_cuda")"
    say "Installing CUDA headers that torch's packages lack into .deps/cuda-headers with pip"
    ensure_venv
    if pip install -qq --no-deps --upgrade --target "$cuda_headers" "${packages[@]}" && has_cuda_headers "$site"; then
      return
    fi
  fi
  find_toolkit >/dev/null
}

no_cuda="This LibTorch needs CUDA headers: pip could not install them, and there is no CUDA toolkit."
no_cuda+=" Install a toolkit, or use the CPU build: GAN_TORCH=cpu ./scripts/setup.sh"
