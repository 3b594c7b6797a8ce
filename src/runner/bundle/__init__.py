"""The inference export: data only, opened with numpy, numba and onnxruntime alone."""
