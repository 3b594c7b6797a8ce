"""How well forecasts order the symbols of a date."""

import numpy as np

from components.statistics.comparison import per_timestamp
from components.statistics.forecast import average_ranks
from components.values import Float, Int, Time

MIN_SYMBOLS = 3
"""Symbols below which a date has no cross-section to speak of: with two, every correlation is +-1."""


def cross_sections(timestamps_M: Time, fold_M: Int) -> Int:
    """(M,) number of the cross-section each row belongs to: the rows of one timestamp and one fold.

    Validation spans of neighbouring folds may overlap, and two forecasts of one symbol are no section.
    """
    _, date_M = np.unique(timestamps_M, return_inverse=True)
    _, fold_code_M = np.unique(fold_M, return_inverse=True)
    code_M = date_M * (int(fold_code_M.max(initial=0)) + 1) + fold_code_M
    section_M: Int = np.unique(code_M, return_inverse=True)[1]
    return section_M


def section_coefficients(y_M: Float, f_M: Float, section_M: Int, *, ranked: bool) -> Float:
    """(G,) correlation of forecasts and outcomes over the rows of each cross-section.

    Pearson (IC), or Spearman with average ranks (rank IC) if ranked (Grinold & Kahn 2000, Active
    Portfolio Management, ch. 6). NaN rows are left out; a section with fewer than MIN_SYMBOLS rows, or
    whose forecasts or outcomes are all the same, is NaN.
    """
    n_sections = int(section_M.max(initial=-1)) + 1
    known_M = np.isfinite(y_M) & np.isfinite(f_M)
    y_M, f_M, section_M = y_M[known_M], f_M[known_M], section_M[known_M]
    if ranked:
        y_M, f_M = average_ranks(y_M, section_M), average_ranks(f_M, section_M)
    count_G = np.bincount(section_M, minlength=n_sections)
    y_M, f_M = _standardised(y_M, section_M, count_G), _standardised(f_M, section_M, count_G)
    product_G = np.bincount(section_M, weights=y_M * f_M, minlength=n_sections)
    return np.where(count_G >= MIN_SYMBOLS, product_G / np.maximum(count_G, 1), np.nan)


def information_coefficients(y_M: Float, f_M: Float, timestamps_M: Time, fold_M: Int, *, ranked: bool) -> Float:
    """(T,) `section_coefficients` of each timestamp, in time order; what several folds forecast counts with
    their average.

    The mean over dates is not the correlation of all rows pooled, which mixes in how dates differ.
    """
    section_M = cross_sections(timestamps_M, fold_M)
    _, first_G = np.unique(section_M, return_index=True)
    return per_timestamp(section_coefficients(y_M, f_M, section_M, ranked=ranked), timestamps_M[first_G])


def _standardised(value_M: Float, section_M: Int, count_G: Int) -> Float:
    """Zero mean and unit population variance within each section; NaN where it does not vary."""
    n_sections, size_G = len(count_G), np.maximum(count_G, 1)
    scale_G = np.zeros(n_sections)
    np.maximum.at(scale_G, section_M, np.abs(value_M))
    mean_G = np.bincount(section_M, weights=value_M, minlength=n_sections) / size_G
    centred_M = value_M - mean_G[section_M]
    deviation_G = np.sqrt(np.bincount(section_M, weights=centred_M**2, minlength=n_sections) / size_G)
    deviation_G[deviation_G <= 1e-12 * scale_G] = np.nan
    standardised_M: Float = centred_M / deviation_G[section_M]
    return standardised_M
