# Writes HEADER, which names the commit that is built, unless it says the same already. Run at every build:
#
#     cmake -D SOURCE=DIR -D HEADER=FILE -P commit.cmake
#
# "-dirty": tracked files differ from the commit. "unknown": no git, or no work tree of it.
execute_process(
    COMMAND git --no-optional-locks -c safe.directory=* -C "${SOURCE}" describe --always --dirty --exclude=* --abbrev=8
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define WXGATE_BUILD_COMMIT \"${commit}\"\n")
