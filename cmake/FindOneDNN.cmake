# oneDNN as Debian packages it (libdnnl-dev).
#
# The package's own dnnl-config.cmake cannot be used: it requires OpenCL headers, which neither
# libdnnl-dev depends on nor a caller of the C interface on a CPU needs.
#
# Defines OneDNN::OneDNN.
find_path(OneDNN_INCLUDE_DIR oneapi/dnnl/dnnl_version.h)
find_library(OneDNN_LIBRARY dnnl)

if(OneDNN_INCLUDE_DIR)
    file(STRINGS ${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h OneDNN_LINES
        REGEX "define DNNL_VERSION_(MAJOR|MINOR|PATCH)")
    string(REGEX MATCHALL "[0-9]+" OneDNN_VERSION "${OneDNN_LINES}")
    list(JOIN OneDNN_VERSION "." OneDNN_VERSION)
endif()
if(OneDNN_VERSION VERSION_GREATER_EQUAL 3)
    # Version 3 has another way of describing operations; finding it would only fail later.
    set(OneDNN_LIBRARY OneDNN_LIBRARY-NOTFOUND)
    set(OneDNN_REASON REASON_FAILURE_MESSAGE "version 2.6 or a later 2.x is needed")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN
    REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR
    VERSION_VAR OneDNN_VERSION
    ${OneDNN_REASON})
mark_as_advanced(OneDNN_LIBRARY OneDNN_INCLUDE_DIR)

if(OneDNN_FOUND AND NOT TARGET OneDNN::OneDNN)
    add_library(OneDNN::OneDNN UNKNOWN IMPORTED)
    set_target_properties(OneDNN::OneDNN PROPERTIES
        IMPORTED_LOCATION ${OneDNN_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${OneDNN_INCLUDE_DIR})
endif()
