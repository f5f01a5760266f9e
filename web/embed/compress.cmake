# Compresses the files of the built page and writes the table that describes them.
# GZIP: program; FROM: folder of the built page; TO: folder for the results; TEMPLATE: of the table.

set(names index app_js app_css favicon)
set(files index.html app.js app.css favicon.svg)
file(MAKE_DIRECTORY ${TO})
foreach(name file IN ZIP_LISTS names files)
  execute_process(COMMAND ${GZIP} -9 -n -c ${FROM}/${file} OUTPUT_FILE ${TO}/${file}.gz
                  COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${TO}/${file}.gz ${name}_size)
  file(SHA256 ${TO}/${file}.gz digest)
  string(SUBSTRING ${digest} 0 16 ${name}_etag)
endforeach()
configure_file(${TEMPLATE} ${TO}/fedasio_web_assets.cpp @ONLY)
