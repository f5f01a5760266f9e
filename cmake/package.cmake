# cpack: Debian packages fedasio, python3-fedasio and libfedasio-dev. Use scripts/package.sh, which builds before.
set(FEDASIO_MAINTAINER "fedasio maintainers <fedasio@example.org>" CACHE STRING "Maintainer: of the Debian packages")

find_program(GZIP_PROGRAM gzip REQUIRED)
set(pages_dir ${PROJECT_BINARY_DIR}/packaging)

# Manual pages and completions, from the programs' own description of their command lines.
foreach(program IN ITEMS fedasio fedasio-master fedasio-worker)
  set(pages ${pages_dir}/${program}.1.gz ${pages_dir}/${program}.bash ${pages_dir}/_${program} ${pages_dir}/${program}.fish)
  add_custom_command(OUTPUT ${pages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${pages_dir}
    COMMAND sh -c "$<TARGET_FILE:${program}> --generate man | ${GZIP_PROGRAM} -9n > ${program}.1.gz"
    COMMAND sh -c "$<TARGET_FILE:${program}> --generate bash > ${program}.bash"
    COMMAND sh -c "$<TARGET_FILE:${program}> --generate zsh > _${program}"
    COMMAND sh -c "$<TARGET_FILE:${program}> --generate fish > ${program}.fish"
    WORKING_DIRECTORY ${pages_dir}
    DEPENDS ${program} VERBATIM)
  list(APPEND all_pages ${pages})
  set(optional COMPONENT packaging EXCLUDE_FROM_ALL)
  install(FILES ${pages_dir}/${program}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 ${optional})
  install(FILES ${pages_dir}/${program}.bash DESTINATION share/bash-completion/completions RENAME ${program} ${optional})
  install(FILES ${pages_dir}/_${program} DESTINATION share/zsh/vendor-completions ${optional})
  install(FILES ${pages_dir}/${program}.fish DESTINATION share/fish/vendor_completions.d ${optional})
endforeach()
file(MAKE_DIRECTORY ${pages_dir})
add_custom_target(pages DEPENDS ${all_pages})

string(TIMESTAMP FEDASIO_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/changelog.in ${pages_dir}/changelog @ONLY)
execute_process(COMMAND ${GZIP_PROGRAM} -9nkf ${pages_dir}/changelog COMMAND_ERROR_IS_FATAL ANY)
configure_file(packaging/preinst.in ${pages_dir}/preinst @ONLY)
file(COPY packaging/postinst packaging/prerm packaging/postrm DESTINATION ${pages_dir})
file(CHMOD ${pages_dir}/preinst ${pages_dir}/postinst ${pages_dir}/prerm ${pages_dir}/postrm
  PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

install(FILES packaging/fedasio-master@.service packaging/fedasio-worker@.service
  DESTINATION /lib/systemd/system COMPONENT packaging EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/fedasio COMPONENT packaging EXCLUDE_FROM_ALL)
install(FILES packaging/copyright packaging/README.Debian ${pages_dir}/changelog.gz
  DESTINATION share/doc/fedasio COMPONENT packaging EXCLUDE_FROM_ALL)
install(FILES packaging/copyright ${pages_dir}/changelog.gz
  DESTINATION share/doc/libfedasio-dev COMPONENT packaging-development EXCLUDE_FROM_ALL)

# The Python package, which finds the worker's program on the PATH.
install(DIRECTORY python/fedasio DESTINATION /usr/lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL
  PATTERN __pycache__ EXCLUDE PATTERN .mypy_cache EXCLUDE)
install(DIRECTORY examples DESTINATION share/doc/python3-fedasio COMPONENT python EXCLUDE_FROM_ALL
  PATTERN __pycache__ EXCLUDE)
install(FILES packaging/copyright docs/python.md ${pages_dir}/changelog.gz
  DESTINATION share/doc/python3-fedasio COMPONENT python EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fedasio)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "federated learning with one master and many workers")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${FEDASIO_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL programs packaging python development packaging-development)
set(CPACK_DEBIAN_FEDASIO_PACKAGE_NAME fedasio)
set(CPACK_DEBIAN_FEDASIO_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FEDASIO_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_FEDASIO_PACKAGE_CONTROL_EXTRA
  ${pages_dir}/preinst ${pages_dir}/postinst ${pages_dir}/prerm ${pages_dir}/postrm)
set(CPACK_DEBIAN_FEDASIO_DESCRIPTION
"Trains one model on tables or images that stay where they are: a master
drives the rounds, workers train next to their data, and a page in the
browser watches and steers.

This package has the programs fedasio, fedasio-master and fedasio-worker, and
services for systemd.")
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_NAME python3-fedasio)
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_DEPENDS "python3:any (>= 3.9), python3-numpy")
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_RECOMMENDS "fedasio")
set(CPACK_DEBIAN_PYTHON3-FEDASIO_PACKAGE_SUGGESTS "python3-pandas, python3-sklearn, python3-torch")
set(CPACK_DEBIAN_PYTHON3-FEDASIO_DESCRIPTION
"A training script in Python as a client of a federation: what is trained
with PyTorch, scikit-learn or NumPy stays as it is, and fedasio-worker keeps
the connection to the master.

It also reads runs and models, and drives a master.")
set(CPACK_DEBIAN_LIBFEDASIO-DEV_PACKAGE_NAME libfedasio-dev)
set(CPACK_DEBIAN_LIBFEDASIO-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBFEDASIO-DEV_PACKAGE_DEPENDS
  "libboost1.81-dev, libboost-json1.81-dev, libcsv-dev, libeigen3-dev, libfmt-dev, libisal-dev, libjpeg62-turbo-dev, libpng-dev, librandom123-dev, libsqlite3-dev, libssl-dev, zlib1g-dev")
set(CPACK_DEBIAN_LIBFEDASIO-DEV_DESCRIPTION
"The libraries that fedasio's programs are made of, for C++20: coroutine
networking that takes many peers through steps and waits for all of them,
networks and their training, plans and aggregation.

In CMake: find_package(fedasio).")

include(CPack)
cpack_add_component(programs GROUP fedasio)
cpack_add_component(packaging GROUP fedasio)
cpack_add_component(python GROUP python3-fedasio)
cpack_add_component(development GROUP libfedasio-dev)
cpack_add_component(packaging-development GROUP libfedasio-dev)
