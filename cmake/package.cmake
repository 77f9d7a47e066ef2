# What `cmake --install` and `cpack` put where. Components: "programs"; "development" (library, its public header, CMake
# package); "libraries" (LibTorch and what else the programs load but glibc), which only packages hold.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(programs gan-train gan-sample gan-eval gan-export)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gan)

# ---- Programs, manual pages, completion, documents -----------------------------------------------
install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT programs)
foreach(program ${programs})
  set(man ${CMAKE_INSTALL_MANDIR}/man1/${program}.1)
  set(bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions/${program})
  set(zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions/_${program})
  set(fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/${program}.fish)
  foreach(kind man bash zsh fish)
    install(CODE "
      set(file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${${kind}}\")
      cmake_path(GET file PARENT_PATH folder)
      file(MAKE_DIRECTORY \"\${folder}\")
      message(STATUS \"Installing: \${file}\")
      execute_process(COMMAND \"$<TARGET_FILE:${program}>\" --generate ${kind} OUTPUT_FILE \"\${file}\"
                      COMMAND_ERROR_IS_FATAL ANY)"
            COMPONENT programs)
  endforeach()
endforeach()

# ---- For programs that link against the library --------------------------------------------------
install(TARGETS gan EXPORT ganTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES include/gan/generator.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gan COMPONENT development)
install(EXPORT ganTargets NAMESPACE gan:: DESTINATION ${package_dir} COMPONENT development)
file(CONFIGURE OUTPUT ganConfig.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
include(${CMAKE_CURRENT_LIST_DIR}/wheel_cuda.cmake)
find_dependency(Torch)
find_dependency(ZLIB)
if("@OpenMP_CXX_FOUND@")  # whether this library was built with it
  find_dependency(OpenMP COMPONENTS CXX)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/ganTargets.cmake)
]])
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ganConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/wheel_cuda.cmake ${PROJECT_BINARY_DIR}/ganConfig.cmake ${PROJECT_BINARY_DIR}/ganConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT development)

# ---- Packages: programs with all that they load, for machines without LibTorch --------------------
install(CODE "
  cmake_policy(VERSION 3.25)
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES \"$<TARGET_FILE:gan-train>\" RESOLVED_DEPENDENCIES_VAR found
       PRE_EXCLUDE_REGEXES \"^(ld-linux.*|lib(c|m|dl|pthread|rt|util|resolv))\\\\.so\")
  # where the programs look for them
  file(INSTALL \${found} FOLLOW_SYMLINK_CHAIN DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/gan\")"
        COMPONENT libraries EXCLUDE_FROM_ALL)
file(GLOB torch_licences ${torch_library_dir}/../../torch-*.dist-info/licenses/LICENSE)
foreach(licence ${torch_licences})
  cmake_path(GET licence FILENAME name)
  install(FILES ${licence} RENAME LibTorch-${name} DESTINATION ${CMAKE_INSTALL_DOCDIR}
          COMPONENT libraries EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME gan)
set(CPACK_PACKAGE_CONTACT "the gan project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_COMPONENTS_ALL programs libraries)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
# Of the archive only: a .deb begins at /.
file(WRITE ${PROJECT_BINARY_DIR}/cpack_archive.cmake
     "if(CPACK_GENERATOR STREQUAL TGZ)\n  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)\nendif()\n")
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/cpack_archive.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.36)")  # that of the machine it is built on, Debian 12
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_THREADS 0)
include(CPack)
