"""The inference export: data only, opened with numpy, numba and onnxruntime alone. Who may be exported is decided
in `runner.promotion`. Start at reader.py; stream.py forecasts bar by bar.
"""
