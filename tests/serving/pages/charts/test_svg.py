"""Nothing that comes into a drawing can leave its element."""

from markupsafe import Markup

from serving.pages.charts.svg import drawing, group, tag


def test_text_and_attributes_are_escaped():
    drawn = drawing([tag("text", "<script>", title='"onload="x')], 10, "a < b", "c & d")
    assert "<script>" not in drawn
    assert '"onload="' not in drawn
    assert "a &lt; b" in drawn


def test_elements_nest_unescaped():
    assert group([tag("circle", r=1)]) == Markup('<g><circle r="1"></circle></g>')


def test_a_drawing_is_named_for_who_cannot_see_it():
    drawn = drawing([], 10, "Nyquist", "0 to 5 ohm")
    assert 'role="img"' in drawn
    assert 'aria-label="Nyquist. 0 to 5 ohm"' in drawn
