# LibTorch's CUDA wheel without a CUDA toolkit. No .cu file is compiled here, so the wheel's own CUDA runtime and the
# headers beside it are enough; but find_package(Torch) asks for nvcc and a whole toolkit, unless torch::cudart is there
# already. Where a header is missing nothing is defined, and LibTorch looks for a toolkit.

function(gan_take_cuda_of_wheel)
  find_path(torch_config TorchConfig.cmake PATHS ${Torch_DIR} ${CMAKE_PREFIX_PATH} ENV CMAKE_PREFIX_PATH
            PATH_SUFFIXES share/cmake/Torch Torch NO_CACHE)
  get_filename_component(site_packages ${torch_config}/../../../.. ABSOLUTE)  # of site-packages/torch/share/cmake/Torch
  if(TARGET torch::cudart OR NOT EXISTS ${site_packages}/torch/lib/libtorch_cuda.so)
    return()
  endif()
  # nvidia/cu13/{include,lib} since CUDA 13, nvidia/<library>/{include,lib} before; scripts/setup.sh fetches what torch's
  # packages lack, and a toolkit's headers will do as well.
  file(GLOB runtimes ${site_packages}/nvidia/*/lib/libcudart.so.*)
  file(GLOB includes ${site_packages}/nvidia/*/include ${PROJECT_SOURCE_DIR}/.deps/cuda-headers/nvidia/*/include)
  foreach(header cuda_runtime.h cublas_v2.h crt/host_config.h nv/target)
    unset(folder)
    find_path(folder ${header} PATHS ${includes} $ENV{CUDA_HOME}/include /usr/local/cuda/include NO_DEFAULT_PATH NO_CACHE)
    if(NOT folder OR NOT runtimes)
      message(STATUS "LibTorch has CUDA, and its packages lack ${header}: looking for a CUDA toolkit")
      return()
    endif()
    list(APPEND used ${folder})
  endforeach()
  list(APPEND includes ${used})
  list(REMOVE_DUPLICATES includes)
  list(GET runtimes 0 runtime)
  add_library(torch::cudart INTERFACE IMPORTED GLOBAL)
  target_include_directories(torch::cudart INTERFACE ${includes})
  target_link_libraries(torch::cudart INTERFACE ${runtime})
  get_filename_component(library_dir ${runtime} DIRECTORY)
  set(gan_cuda_library_dir ${library_dir} PARENT_SCOPE)
  message(STATUS "CUDA runtime of LibTorch's packages, without a toolkit: ${runtime}")
endfunction()

gan_take_cuda_of_wheel()
if(NOT DEFINED CMAKE_CUDA_STANDARD)
  set(CMAKE_CUDA_STANDARD 17)  # with a toolkit LibTorch asks for that of C++, which CMake 3.25 does not know of nvcc
endif()
