"""Libraries with threads of their own, known by their shared objects."""

from concurlint.catalog.native import NativeLibrary, native_libraries, native_library

_NUMPY = "7f00-7f01 r-xp 0 08:01 5 /v/site-packages/numpy.libs/libscipy_openblas64_-56d6093b.so\n"
_SKLEARN = "7f02-7f03 r-xp 0 08:01 6 /v/site-packages/scikit_learn.libs/libgomp-a34b3233.so.1.0.0\n"


def test_a_mapped_library_is_known_whatever_its_version():
    assert native_libraries(_NUMPY) == ("OpenBLAS",)
    assert native_libraries(_SKLEARN + _NUMPY) == ("OpenBLAS", "OpenMP")
    assert native_libraries("7f00-7f01 r-xp 0 08:01 5 /usr/lib/libgompertz.so\n") == ()


def test_each_has_what_bounds_its_threads():
    assert native_library("OpenBLAS") == NativeLibrary("OpenBLAS", "OPENBLAS_NUM_THREADS")
    assert native_library("unheard of") is None
