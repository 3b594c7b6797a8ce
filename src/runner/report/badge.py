"""The verdict as a small picture, for a README or a dashboard."""

from html import escape

OPEN = "#3b4450"
COLORS = {"Hallmarked": "#14532d", "Candidate": "#8a5300", "Rejected": "#7f1d1d", "Not judged yet": OPEN}
LEFT = "assay"
CHARACTER, PADDING, HEIGHT = 6.6, 8.0, 20


def badge(word: str) -> str:
    """SVG text with the word that opens the report; grey where the run has no verdict or broke."""
    left, right = (round(2 * PADDING + CHARACTER * len(text)) for text in (LEFT, word))
    width, color, shown = left + right, COLORS.get(word, OPEN), escape(word.lower())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img" '
        f'aria-label="{LEFT}: {shown}"><title>{LEFT}: {shown}</title>'
        f'<clipPath id="r"><rect width="{width}" height="{HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{HEIGHT}" fill="#555e68"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{color}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2}" y="14">{LEFT}</text><text x="{left + right / 2}" y="14">{shown}</text></g></svg>\n'
    )
