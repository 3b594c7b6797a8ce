"""What vendors of data and programs write, by their documents and by what users of theirs show in public.

Every function writes one shape into a folder, with numbers of its own, and says what stands in it.
"""

from shapes.truth import Shape
from shapes.vendors import binary, crypto, platforms, sites, yahoo

VENDORS: dict[str, Shape] = {
    shape.__name__: shape for module in (yahoo, crypto, platforms, sites, binary) for shape in module.SHAPES
}
