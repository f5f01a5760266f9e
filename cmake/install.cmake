# cmake --install: programs, libraries, headers, and a package for find_package(fedasio).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(floors GLOBAL PROPERTY FEDASIO_FLOORS)
install(TARGETS ${floors} EXPORT fedasio ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(TARGETS fedasio-master fedasio-worker fedasio RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(DIRECTORY include/fedasio DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY plans DESTINATION ${CMAKE_INSTALL_DATADIR}/fedasio COMPONENT programs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fedasio)
install(EXPORT fedasio NAMESPACE fedasio:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(cmake/fedasioConfig.cmake.in ${PROJECT_BINARY_DIR}/fedasioConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fedasioConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fedasioConfig.cmake ${PROJECT_BINARY_DIR}/fedasioConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)

include(cmake/package.cmake)
