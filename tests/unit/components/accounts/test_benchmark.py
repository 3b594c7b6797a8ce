import numpy as np

from components.accounts.benchmark import Exposure, average_exposure, benchmark_weights


def test_average_exposure_by_hand():
    assert average_exposure(np.array([[0.5, -0.25], [1.0, 0.25]])) == Exposure(net=0.75, gross=1.0)
    assert average_exposure(np.empty((0, 2))) == Exposure(net=0.0, gross=0.0)


def test_the_average_net_exposure_held_constant():
    weights_DS = np.array([[0.5, 0.0], [1.0, 0.3]])
    np.testing.assert_allclose(benchmark_weights(weights_DS), np.full((2, 2), 0.45))


def test_a_short_portfolio_has_a_short_benchmark():
    np.testing.assert_allclose(benchmark_weights(np.array([[-1.0], [-0.5]])), [[-0.75], [-0.75]])


def test_a_neutral_portfolio_is_compared_with_the_index_at_its_gross_exposure():
    np.testing.assert_allclose(benchmark_weights(np.array([[0.6, -0.6]])), [[0.6, 0.6]])
    # Net 0.1 of gross 1.1 is more than 5 %: no longer neutral.
    np.testing.assert_allclose(benchmark_weights(np.array([[0.6, -0.5]])), [[0.05, 0.05]])


def test_only_available_symbols_are_held():
    available_DS = np.array([[True, False], [True, True], [False, False]])
    weights_DS = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]])
    expected_DS = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]) * 2 / 3
    np.testing.assert_allclose(benchmark_weights(weights_DS, available_DS), expected_DS)


def test_a_portfolio_that_never_traded_has_a_flat_benchmark():
    np.testing.assert_array_equal(benchmark_weights(np.zeros((3, 2))), np.zeros((3, 2)))
