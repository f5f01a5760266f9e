# Installs the build to a prefix, builds the program of this folder against it as a user would, and runs it.
# cmake -DBUILD=... -DSOURCE=... -DWORK=... -DBOOST=... -DCOMPILER=... -DFLAGS=... -P install_and_use.cmake
file(REMOVE_RECURSE ${WORK})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nended with ${result}:\n${text}")
  endif()
  message("${text}")
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
foreach(program IN ITEMS fedasio fedasio-master fedasio-worker)
  run(${WORK}/prefix/bin/${program} --version)
endforeach()
run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix -DBoost_DIR=${BOOST}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/five_peers)
