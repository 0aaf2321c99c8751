# The client library as others embed it: wxgate::client, one archive of the client and of what it needs of the layers below
# (no log, no metrics, no HTTP server), and what finds it when it is installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The objects of a target that stem from these sources.
function(wxgate_objects result target)
    string(REPLACE ";" "|" names "${ARGN}")
    set(${result} "$<FILTER:$<TARGET_OBJECTS:${target}>,INCLUDE,/(${names})[.]cpp[.]o>" PARENT_SCOPE)
endfunction()

wxgate_objects(of_base wxgate_base assert error ids text time)
wxgate_objects(of_async wxgate_async asio_impl asio_ssl_impl beast_impl deadline outgoing)
wxgate_objects(of_net wxgate_net address_rules certificates endpoints http_client identities tls url wire_text)
set(wxgate_parts
    ${PROJECT_SOURCE_DIR}/src/client/quiet.cpp
    ${of_base} ${of_async} ${of_net} $<TARGET_OBJECTS:wxgate_wire> $<TARGET_OBJECTS:wxgate_client>)

function(wxgate_embeddable target kind)
    add_library(${target} ${kind} ${wxgate_parts})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME wxgate)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:wxgate_flags,INTERFACE_COMPILE_DEFINITIONS>)
    target_compile_options(${target} PRIVATE $<TARGET_PROPERTY:wxgate_flags,INTERFACE_COMPILE_OPTIONS>)
    target_link_libraries(${target}
        PUBLIC Boost::headers Threads::Threads
        PRIVATE Boost::json OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
endfunction()

wxgate_embeddable(wxgate_embed STATIC)
set_target_properties(wxgate_embed PROPERTIES EXPORT_NAME client)
add_library(wxgate::client ALIAS wxgate_embed)
set(installed wxgate_embed)
if(WXGATE_SHARED)
    # Its symbols stay visible: what Asio keeps a process (the stack of a thread's calls, the ids of services) must be one
    # with the program's.
    wxgate_embeddable(wxgate_shared SHARED)
    set_target_properties(wxgate_shared PROPERTIES EXPORT_NAME client_shared VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}
        LINK_OPTIONS "-Wl,-z,relro,-z,now,-z,noexecstack,--no-undefined") # not the release build's -pie
    add_library(wxgate::client_shared ALIAS wxgate_shared)
    list(APPEND installed wxgate_shared)
endif()

if(NOT PROJECT_IS_TOP_LEVEL)
    return()
endif()

set(wxgate_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wxgate)
install(TARGETS ${installed} EXPORT wxgateTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/wxgate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library
    FILES_MATCHING PATTERN "*.hpp")
install(EXPORT wxgateTargets NAMESPACE wxgate:: DESTINATION ${wxgate_cmake_dir} COMPONENT library)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/wxgateConfig.cmake.in
    ${PROJECT_BINARY_DIR}/wxgateConfig.cmake INSTALL_DESTINATION ${wxgate_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/wxgateConfigVersion.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
# Wherever it is put, it finds itself.
file(RELATIVE_PATH wxgate_pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/wxgate.pc.in ${PROJECT_BINARY_DIR}/wxgate.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/wxgateConfig.cmake ${PROJECT_BINARY_DIR}/wxgateConfigVersion.cmake
    DESTINATION ${wxgate_cmake_dir} COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/wxgate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
