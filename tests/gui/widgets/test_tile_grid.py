"""Tiles are arranged by the room there is."""

from PySide6.QtWidgets import QPushButton

from playground.gui.widgets import theme
from playground.gui.widgets.tile_grid import MOST, WIDTH, TileGrid


def test_it_has_as_many_columns_as_there_is_room_for(qtbot):
    tiles = [QPushButton(str(number)) for number in range(5)]
    grid = TileGrid(tiles)
    qtbot.addWidget(grid)
    grid.show()
    found = []
    grid.rearranged.connect(found.append)
    for columns in (1, 2, MOST):
        grid.resize(theme.em(grid, WIDTH) * columns + theme.em(grid), 600)
        assert grid.columns == columns
        grid.layout().activate()
        assert len({tile.x() for tile in tiles}) == columns
        assert len({tile.y() for tile in tiles}) == -(-len(tiles) // columns)
    grid.resize(theme.em(grid, WIDTH) * 9, 600)
    assert grid.columns == MOST
    assert found == [*dict.fromkeys(found)]  # only what changes is said
